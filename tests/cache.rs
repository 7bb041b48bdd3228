//! A store of functions changes how long compiling takes, and never the bytes.

use anyhow::Result;
use aot_compiler::options::Model;
use aot_compiler::timing::Timer;
use aot_compiler::{FunctionStore, Options, Target};
use std::collections::BTreeMap;
use std::sync::Mutex;

const FUNCTIONS: usize = 200;

#[derive(Default)]
struct Memory {
    packs: Mutex<BTreeMap<String, Vec<u8>>>,
    identity: &'static str,
}

impl FunctionStore for Memory {
    fn identity(&self) -> String {
        self.identity.to_owned()
    }

    fn load(&self, name: &str) -> Option<Vec<u8>> {
        self.packs.lock().expect("nobody panics with it").get(name).cloned()
    }

    fn save(&self, name: &str, pack: &[u8]) {
        self.packs.lock().expect("nobody panics with it").insert(name.to_owned(), pack.to_vec());
    }
}

/// Functions that call each other, trap, use memory, tables and helpers; of one, the body is given.
fn module(changed: &str, data: &str) -> Result<Vec<u8>> {
    let mut text = format!(
        r#"(module (memory (export "memory") 1) (table 4 funcref) (elem (i32.const 1) $f1 $f2) (data (i32.const 8) "{data}")
        (type $t (func (param i32) (result i32))) (global $g (mut i32) (i32.const 7))
        (func $changed (param i32) (result i32) {changed})"#
    );
    for number in 0..FUNCTIONS {
        let callee = if number % 3 == 0 { "$changed".to_owned() } else { format!("$f{}", number / 2) };
        text.push_str(&format!(
            r#"(func $f{number} (export "f{number}") (param i32) (result i32)
                (i32.store offset={number} (local.get 0) (i32.div_s (i32.const {number}) (local.get 0)))
                (f64.store (i32.const 16) (f64.nearest (f64.load (i32.const 16))))
                (global.set $g (i32.add (global.get $g) (i32.const {number})))
                (drop (memory.grow (i32.const 0)))
                (i32.add (call {callee} (local.get 0)) (call_indirect (type $t) (local.get 0) (i32.const {number}))))"#
        ));
    }
    text.push(')');
    Ok(wat::parse_str(text)?)
}

fn options(target: &str) -> Result<Options> {
    let mut options = Options::new(Target::parse(target)?);
    options.model = Model::Executable;
    options.debug_info = true;
    Ok(options)
}

/// The bytes, and how many functions were taken from the store.
fn compile(wasm: &[u8], options: &Options, store: Option<&Memory>) -> Result<(Vec<u8>, u64)> {
    let timer = Timer::new();
    let store = store.map(|store| store as &dyn FunctionStore);
    Ok((aot_compiler::compile_with(wasm, options, &timer, store)?.bytes, timer.reused()))
}

const ONE: &str = "(local.get 0)";
/// Of another size, so that whatever comes behind it moves.
const OTHER: &str = "(if (i32.eqz (local.get 0)) (then unreachable)) (i32.mul (local.get 0) (i32.const 77777))";

#[test]
fn an_unchanged_module_is_taken_whole_and_a_changed_function_alone_is_compiled() -> Result<()> {
    for target in ["x86_64-linux", "aarch64-linux"] {
        let (options, store) = (options(target)?, Memory::default());
        let (first, second) = (module(ONE, "data")?, module(OTHER, "other data")?);
        let all = FUNCTIONS as u64 + 1;
        let (expected, none) = compile(&first, &options, None)?;
        assert_eq!(none, 0);
        assert_eq!(compile(&first, &options, Some(&store))?, (expected.clone(), 0), "{target}: an empty store");
        assert_eq!(compile(&first, &options, Some(&store))?, (expected, all), "{target}: everything is there");
        let (expected, _) = compile(&second, &options, None)?;
        let (bytes, reused) = compile(&second, &options, Some(&store))?;
        assert_eq!(bytes, expected, "{target}: one function and the data changed");
        assert!(reused < all, "{target}: the changed function cannot have been there");
        assert!(reused > 0, "{target}: functions that did not change were compiled again");
        assert_eq!(compile(&second, &options, Some(&store))?, (expected, all), "{target}: and everything again");
    }
    Ok(())
}

#[test]
fn other_options_and_other_compilers_share_nothing() -> Result<()> {
    let wasm = module(ONE, "")?;
    let mut store = Memory::default();
    let plain = options("x86_64-linux")?;
    compile(&wasm, &plain, Some(&store))?;
    let mut changed = plain.clone();
    changed.deterministic = true;
    assert_eq!(compile(&wasm, &changed, Some(&store))?, compile(&wasm, &changed, None)?);
    store.identity = "another build";
    assert_eq!(compile(&wasm, &plain, Some(&store))?.1, 0);
    Ok(())
}

#[test]
fn damaged_packs_are_not_believed() -> Result<()> {
    let (wasm, options, store) = (module(ONE, "")?, options("x86_64-linux")?, Memory::default());
    let (expected, _) = compile(&wasm, &options, Some(&store))?;
    for damage in [|pack: &mut Vec<u8>| pack.truncate(1000), |pack: &mut Vec<u8>| pack[5000] ^= 1, Vec::clear] {
        store.packs.lock().expect("nobody panics with it").values_mut().for_each(damage);
        assert_eq!(compile(&wasm, &options, Some(&store))?, (expected.clone(), 0));
    }
    Ok(())
}
