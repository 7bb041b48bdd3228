//! Identity, type tests, casts, and branches on casts.

use wasmparser::{HeapType, RefType};

not_supported! {
    visit_ref_eq => "ref.eq" ();
    visit_ref_test_non_null => "ref.test" (HeapType);
    visit_ref_test_nullable => "ref.test" (HeapType);
    visit_ref_cast_non_null => "ref.cast" (HeapType);
    visit_ref_cast_nullable => "ref.cast" (HeapType);
    visit_br_on_cast => "br_on_cast" (u32, RefType, RefType);
    visit_br_on_cast_fail => "br_on_cast_fail" (u32, RefType, RefType);
}
