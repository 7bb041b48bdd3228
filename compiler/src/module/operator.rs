//! Operators: their name in the text format, and the planned proposals they need.

use crate::error::Error;
use wasmparser::Operator;

/// The operator as the text format spells it: `i32.add`, `memory.atomic.wait32`.
pub(crate) fn name(operator: &Operator<'_>) -> String {
    text_name(visit_name_and_proposal(operator).0)
}

/// The error for an operator of a proposal that is validated but not compiled yet.
pub(crate) fn unsupported(operator: &Operator<'_>, offset: u64) -> Option<Error> {
    let (visit, proposal) = visit_name_and_proposal(operator);
    let proposal = match proposal {
        "gc" => "gc",
        "exceptions" => "exceptions",
        _ => return None,
    };
    let name = text_name(visit);
    Some(Error::unsupported(format!("`{name}` needs the {proposal} proposal, which is not supported yet")).at(offset))
}

/// The name of wasmparser's visitor method and of the proposal, both as wasmparser spells them.
pub(crate) fn visit_name_and_proposal(operator: &Operator<'_>) -> (&'static str, &'static str) {
    macro_rules! table {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            match operator {
                $( Operator::$op { .. } => (stringify!($visit), stringify!($proposal)), )*
                _ => ("visit_unknown", "unknown"),
            }
        };
    }
    wasmparser::for_each_operator!(table)
}

/// `visit_i32_atomic_rmw8_add_u` → `i32.atomic.rmw8.add_u`: names of types and index spaces end in a dot, as do the two
/// words of the threads proposal that follow them.
fn text_name(visit: &str) -> String {
    const NAMESPACES: &[&str] = &[
        "i32", "i64", "f32", "f64", "v128", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2", "local", "global",
        "table", "memory", "data", "elem", "ref", "struct", "array", "i31", "any", "extern", "atomic", "rmw", "rmw8",
        "rmw16", "rmw32",
    ];
    match visit.strip_prefix("visit_").unwrap_or(visit) {
        "typed_select" | "typed_select_multi" => "select".to_owned(),
        "ref_test_non_null" | "ref_test_nullable" => "ref.test".to_owned(),
        "ref_cast_non_null" | "ref_cast_nullable" => "ref.cast".to_owned(),
        mut rest => {
            let mut name = String::with_capacity(rest.len());
            while let Some((word, tail)) = rest.split_once('_')
                && NAMESPACES.contains(&word)
            {
                name.push_str(word);
                name.push('.');
                rest = tail;
            }
            name.push_str(rest);
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_text_format() {
        for (visit, expected) in [
            ("visit_i32_add", "i32.add"),
            ("visit_i32_trunc_sat_f32_s", "i32.trunc_sat_f32_s"),
            ("visit_i32_atomic_rmw8_add_u", "i32.atomic.rmw8.add_u"),
            ("visit_i64_atomic_rmw_cmpxchg", "i64.atomic.rmw.cmpxchg"),
            ("visit_memory_atomic_wait32", "memory.atomic.wait32"),
            ("visit_atomic_fence", "atomic.fence"),
            ("visit_br_on_non_null", "br_on_non_null"),
            ("visit_return_call_indirect", "return_call_indirect"),
            ("visit_i8x16_extract_lane_s", "i8x16.extract_lane_s"),
            ("visit_v128_load32_splat", "v128.load32_splat"),
            ("visit_ref_as_non_null", "ref.as_non_null"),
            ("visit_struct_new_default", "struct.new_default"),
            ("visit_throw_ref", "throw_ref"),
            ("visit_typed_select", "select"),
            ("visit_elem_drop", "elem.drop"),
        ] {
            assert_eq!(text_name(visit), expected);
        }
        assert_eq!(name(&Operator::I64Add128), "i64.add128");
    }

    #[test]
    fn only_planned_proposals_are_unsupported() {
        assert!(unsupported(&Operator::MemoryAtomicNotify { memarg: memarg() }, 3).is_none());
        let error = unsupported(&Operator::ThrowRef, 3).unwrap();
        assert_eq!(error.message(), "`throw_ref` needs the exceptions proposal, which is not supported yet");
        assert_eq!(error.offset(), Some(3));
    }

    fn memarg() -> wasmparser::MemArg {
        let bytes = [0x41, 0, 0xfe, 0, 2, 0, 0x0b];
        let mut reader = wasmparser::OperatorsReader::new(wasmparser::BinaryReader::new(&bytes, 0));
        loop {
            if let Operator::MemoryAtomicNotify { memarg } = reader.read().unwrap() {
                return memarg;
            }
        }
    }
}
