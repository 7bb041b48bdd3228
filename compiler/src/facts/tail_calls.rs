//! Functions that tail calls leave alone, so that they may have a convention without rules for tail calls.

use super::uses::{Use, Uses};
use crate::index::FuncIndex;
use crate::module::Module;
use cranelift_codegen::entity::SecondaryMap;

/// `true` for functions that make a tail call of any kind or are the target of a direct one. Targets of others have a
/// reference, and what has a reference has the convention for that anyway. What cannot run does not count.
pub(super) fn prove(
    module: &Module<'_>,
    uses: &Uses,
    reachable: &SecondaryMap<FuncIndex, bool>,
) -> SecondaryMap<FuncIndex, bool> {
    let mut tail_calls = SecondaryMap::with_default(false);
    for (function, uses) in uses.reachable_bodies(module, reachable) {
        for &usage in uses {
            match usage {
                Use::TailCall(target) => {
                    tail_calls[function] = true;
                    tail_calls[target] = true;
                }
                Use::TailCallUnknown => tail_calls[function] = true,
                _ => {}
            }
        }
    }
    tail_calls
}

#[cfg(test)]
mod tests {
    use crate::facts::prove;
    use crate::module::test_support::{options, with_module};

    #[test]
    fn callers_and_direct_targets_take_part() {
        let wat = r#"(module (type $v (func)) (table 1 funcref)
            (func $caller (export "a") (return_call $target)) (func $target (call $plain)) (func $plain)
            (func $indirect (export "b") (return_call_indirect (type $v) (i32.const 0)))
            (func $ref (export "c") (return_call_ref $v (ref.null $v)))
            (func $dead (return_call $plain)))"#;
        with_module(wat, |module| {
            let facts = prove(module, &options());
            let names = module.functions.keys().filter(|&function| facts.tail_calls[function]);
            let names: Vec<_> = names.map(|function| module.names.symbol_name(function)).collect();
            assert_eq!(names, ["caller", "target", "indirect", "ref"]);
        });
    }
}
