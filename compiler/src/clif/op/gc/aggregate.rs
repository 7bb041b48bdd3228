//! Structures and arrays.

not_supported! {
    visit_struct_new => "struct.new" (u32);
    visit_struct_new_default => "struct.new_default" (u32);
    visit_struct_get => "struct.get" (u32, u32);
    visit_struct_get_s => "struct.get_s" (u32, u32);
    visit_struct_get_u => "struct.get_u" (u32, u32);
    visit_struct_set => "struct.set" (u32, u32);
    visit_array_new => "array.new" (u32);
    visit_array_new_default => "array.new_default" (u32);
    visit_array_new_fixed => "array.new_fixed" (u32, u32);
    visit_array_new_data => "array.new_data" (u32, u32);
    visit_array_new_elem => "array.new_elem" (u32, u32);
    visit_array_get => "array.get" (u32);
    visit_array_get_s => "array.get_s" (u32);
    visit_array_get_u => "array.get_u" (u32);
    visit_array_set => "array.set" (u32);
    visit_array_len => "array.len" ();
    visit_array_fill => "array.fill" (u32);
    visit_array_copy => "array.copy" (u32, u32);
    visit_array_init_data => "array.init_data" (u32, u32);
    visit_array_init_elem => "array.init_elem" (u32, u32);
}
