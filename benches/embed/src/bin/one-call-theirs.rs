//! One plugin of wasmtime, one call. Its compiler is in the program, because the crate is built with it.

use wasmtime::{Engine, Instance, Module, Store};

fn main() {
    let engine = Engine::default();
    let module = Module::new(&engine, include_str!("../../modules/recursion.wat")).expect("a valid module");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run").expect("an export of this type");
    println!("{}", run.call(&mut store, 10).expect("no trap"));
}
