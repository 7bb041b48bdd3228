//! The global that is worth a machine register: the one that most functions write, as C's stack pointer and Go's are.

use super::uses::{Use, Uses};
use super::world::World;
use crate::index::{FuncIndex, GlobalIndex};
use crate::module::{Entity, Module, ValType};
use crate::target::Arch;
use cranelift_codegen::entity::SecondaryMap;

/// Of so many functions that can run, one at least writes the global: all others lose a register. On aarch64 a memory's
/// base has one as well, and only what nearly all functions use is worth another.
fn share(arch: Arch) -> usize {
    match arch {
        Arch::X86_64 => 8,
        Arch::Aarch64 => 2,
    }
}

/// Chooses it. Strangers do not see it, and it is no import.
pub(super) fn choose(
    module: &Module<'_>,
    uses: &Uses,
    reachable: &SecondaryMap<FuncIndex, bool>,
    world: &World,
    arch: Arch,
) -> Option<GlobalIndex> {
    let mut writers: SecondaryMap<GlobalIndex, usize> = SecondaryMap::new();
    let mut functions = 0;
    for (_, uses) in uses.reachable_bodies(module, reachable) {
        functions += 1;
        for &usage in uses {
            if let Use::WriteGlobal(global) = usage {
                writers[global] += 1;
            }
        }
    }
    let fits = |global: GlobalIndex| {
        let whole_number = matches!(module.globals[global].ty, ValType::I32 | ValType::I64);
        let defined = global.as_u32() >= module.imported_globals;
        whole_number && defined && !world.sees(Entity::Global(global))
    };
    let candidates = module.globals.keys().filter(|&global| fits(global));
    // The first of several.
    let most = candidates.rev().max_by_key(|&global| writers[global])?;
    (writers[most] > 0 && writers[most] * share(arch) >= functions).then_some(most)
}

#[cfg(test)]
mod tests {
    use crate::facts::prove;
    use crate::module::test_support::{options, with_module};
    use crate::options::Options;
    use crate::target::Target;

    fn chosen(globals: &str, others: usize) -> Option<u32> {
        chosen_for("x86_64-linux", globals, others)
    }

    fn chosen_for(target: &str, globals: &str, others: usize) -> Option<u32> {
        let others: String = (0..others).map(|number| format!(r#"(func (export "{number}"))"#)).collect();
        let wat = format!(r#"(module {globals} {others})"#);
        with_module(&wat, |module| {
            let target = Target::parse(target).expect("a supported target");
            let facts = prove(module, &Options { target, roots: None, ..options() });
            facts.register_global.map(|global| global.as_u32())
        })
    }

    const WRITERS: &str = r#"(func (export "a") (global.set $b (i32.const 1)) (global.set $a (i32.const 1)))
        (func (export "b") (global.set $b (i32.const 2)))"#;

    #[test]
    fn the_global_that_most_functions_write() {
        let globals = "(global $a (mut i32) (i32.const 0)) (global $b (mut i32) (i32.const 0))";
        assert_eq!(chosen(&format!("{globals} {WRITERS}"), 0), Some(1));
        assert_eq!(chosen(&format!("{globals} {WRITERS}"), 14), Some(1));
        assert_eq!(chosen(&format!("{globals} {WRITERS}"), 15), None);
        assert_eq!(chosen("(global (mut i32) (i32.const 0)) (func (export \"g\") (drop (global.get 0)))", 0), None);
        assert_eq!(chosen("", 3), None);
        assert_eq!(chosen_for("aarch64-linux", &format!("{globals} {WRITERS}"), 2), Some(1));
        assert_eq!(chosen_for("aarch64-linux", &format!("{globals} {WRITERS}"), 3), None);
    }

    #[test]
    fn neither_what_strangers_see_nor_imports_nor_fractions() {
        let seen = r#"(global $a (mut i32) (i32.const 0)) (global $b (export "g") (mut i32) (i32.const 0))"#;
        assert_eq!(chosen(&format!("{seen} {WRITERS}"), 0), Some(0));
        let imported = r#"(import "" "" (global $b (mut i32))) (global $a (mut i32) (i32.const 0))"#;
        assert_eq!(chosen(&format!("{imported} {WRITERS}"), 0), Some(1));
        let fraction = r#"(global $a (mut f64) (f64.const 0)) (func (export "a") (global.set $a (f64.const 1)))"#;
        assert_eq!(chosen(fraction, 0), None);
    }
}
