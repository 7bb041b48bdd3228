//! 31-bit integers as references.

not_supported! {
    visit_ref_i31 => "ref.i31" ();
    visit_i31_get_s => "i31.get_s" ();
    visit_i31_get_u => "i31.get_u" ();
}
