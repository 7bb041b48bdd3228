//! Between internal and external references.

not_supported! {
    visit_any_convert_extern => "any.convert_extern" ();
    visit_extern_convert_any => "extern.convert_any" ();
}
