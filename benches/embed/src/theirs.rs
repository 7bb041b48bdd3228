//! What is measured, with the wasmtime crate: typed functions, instances from its pooling allocator with copy-on-write
//! memories, everything else as it is by default.
#![allow(unsafe_code, reason = "wasmtime takes precompiled modules on trust")]

use crate::clock::{each, seconds};
use crate::{CALLS, INSTANCES, Kernel, Measured, TRAPS};
use std::hint::black_box;
use wasmtime::{
    Config, Engine, Instance, InstanceAllocationStrategy, InstancePre, Linker, Module, PoolingAllocationConfig, Store,
    TypedFunc, WasmParams, WasmResults,
};

const PLUGIN: &str = include_str!("../modules/plugin.wat");
const DATA: &str = include_str!(concat!(env!("OUT_DIR"), "/data.wat"));

fn pooling() -> Config {
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::default()));
    config
}

fn linker(engine: &Engine) -> Linker<()> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("env", "nothing", || ()).expect("a new name");
    linker.func_wrap("env", "add", |a: i32, b: i32| a.wrapping_add(b)).expect("a new name");
    linker
}

fn prepared(engine: &Engine, text: &str) -> InstancePre<()> {
    let module = Module::new(engine, text).expect("a valid module");
    linker(engine).instantiate_pre(&module).expect("all imports")
}

fn function<P: WasmParams, R: WasmResults>(instance: &Instance, store: &mut Store<()>, name: &str) -> TypedFunc<P, R> {
    instance.get_typed_func(store, name).expect("an export of this type")
}

/// Calls in either direction, and traps.
pub fn calls() -> Measured {
    let engine = Engine::new(&pooling()).expect("a supported machine");
    let prepared = prepared(&engine, PLUGIN);
    let mut store = Store::new(&engine, ());
    let instance = prepared.instantiate(&mut store).expect("an instance");
    let noop = function::<(), ()>(&instance, &mut store, "noop");
    let sum = function::<(i32, i32), i32>(&instance, &mut store, "sum");
    let call_nothing = function::<i32, ()>(&instance, &mut store, "call_nothing");
    let call_add = function::<i32, i32>(&instance, &mut store, "call_add");
    let fail = function::<(), ()>(&instance, &mut store, "fail");
    let outside = function::<(), i32>(&instance, &mut store, "outside");
    let mut total = 0;
    let noop = each(CALLS, |_| noop.call(&mut store, ()).expect("no trap"));
    let add = each(CALLS, |round| total = sum.call(&mut store, (total, round as i32)).expect("no trap"));
    black_box(total);
    let nothing = seconds(|| call_nothing.call(&mut store, CALLS as i32).expect("no trap")) / f64::from(CALLS);
    let host_add = seconds(|| {
        black_box(call_add.call(&mut store, CALLS as i32).expect("no trap"));
    }) / f64::from(CALLS);
    let fail = each(TRAPS, |_| {
        black_box(fail.call(&mut store, ()).expect_err("a trap"));
    });
    let outside = each(TRAPS, |_| {
        black_box(outside.call(&mut store, ()).expect_err("a trap"));
    });
    vec![
        ("call of an export that does nothing", noop),
        ("call of an export that adds", add),
        ("call of a host function that does nothing", nothing),
        ("call of a host function that adds", host_add),
        ("trap and return: `unreachable`", fail),
        ("trap and return: a load out of bounds", outside),
    ]
}

/// Instances that come and go.
pub fn instances() -> Measured {
    let engine = Engine::new(&pooling()).expect("a supported machine");
    let prepared = prepared(&engine, DATA);
    let empty = each(INSTANCES, |_| {
        let mut store = Store::new(&engine, ());
        prepared.instantiate(&mut store).expect("an instance");
    });
    let touched = each(INSTANCES, |_| {
        let mut store = Store::new(&engine, ());
        let instance = prepared.instantiate(&mut store).expect("an instance");
        let touch = function::<i32, i32>(&instance, &mut store, "touch");
        black_box(touch.call(&mut store, 70_000).expect("no trap"));
    });
    vec![("instance created and dropped", empty), ("instance created, called once, dropped", touched)]
}

/// One kernel, in seconds: as it is, with epochs, with fuel.
pub fn kernel(kernel: Kernel) -> [f64; 3] {
    [(false, false), (true, false), (false, true)].map(|(epochs, fuel)| {
        let mut config = Config::new();
        config.epoch_interruption(epochs).consume_fuel(fuel);
        let engine = Engine::new(&config).expect("a supported machine");
        let prepared = prepared(&engine, kernel.text());
        let mut store = Store::new(&engine, ());
        if epochs {
            store.set_epoch_deadline(1);
        }
        if fuel {
            store.set_fuel(u64::MAX).expect("fuel is on");
        }
        let instance = prepared.instantiate(&mut store).expect("an instance");
        let run = function::<i32, i32>(&instance, &mut store, "run");
        seconds(|| {
            black_box(run.call(&mut store, kernel.argument()).expect("no trap"));
        })
    })
}

/// The plugin, compiled ahead of time.
pub fn precompile() -> Vec<u8> {
    let engine = Engine::new(&Config::new()).expect("a supported machine");
    Module::new(&engine, PLUGIN).expect("a valid module").serialize().expect("a module can be written")
}

/// From nothing to the end of the first call, with what [`precompile`] made.
pub fn first_call(precompiled: &std::path::Path) -> i32 {
    let engine = Engine::new(&Config::new()).expect("a supported machine");
    // SAFETY: the file was written by `precompile` of this very program.
    let module = unsafe { Module::deserialize_file(&engine, precompiled) }.expect("a module of this program");
    let mut store = Store::new(&engine, ());
    let instance = linker(&engine).instantiate(&mut store, &module).expect("an instance");
    function::<(i32, i32), i32>(&instance, &mut store, "sum").call(&mut store, (2, 40)).expect("no trap")
}
