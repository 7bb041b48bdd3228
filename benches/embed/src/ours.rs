//! What is measured, with plugins of aot.

use crate::clock::{each, seconds};
use crate::{CALLS, INSTANCES, Kernel, Measured, TRAPS};
use aot_embed::{Error, Settings};
use std::hint::black_box;

aot_embed::include!(plugin);
aot_embed::include!(data);
aot_embed::include!(recursion);
aot_embed::include!(recursion_epoch);
aot_embed::include!(recursion_fuel);
aot_embed::include!(sieve);
aot_embed::include!(sieve_epoch);
aot_embed::include!(sieve_fuel);
aot_embed::include!(matrix);
aot_embed::include!(matrix_epoch);
aot_embed::include!(matrix_fuel);

struct Host;

impl plugin::Imports for Host {
    fn env_nothing(_: &mut plugin::Caller<'_, Self>) -> Result<(), Error> {
        Ok(())
    }

    fn env_add(_: &mut plugin::Caller<'_, Self>, a: i32, b: i32) -> Result<i32, Error> {
        Ok(a.wrapping_add(b))
    }
}

fn instance() -> plugin::Instance<Host> {
    plugin::Instance::new(Host).expect("an instance")
}

/// Calls in either direction, and traps.
pub fn calls() -> Measured {
    let mut instance = instance();
    let mut sum = 0;
    let noop = each(CALLS, |_| instance.noop().expect("no trap"));
    let add = each(CALLS, |round| sum = instance.sum(sum, round as i32).expect("no trap"));
    black_box(sum);
    let nothing = seconds(|| instance.call_nothing(CALLS as i32).expect("no trap")) / f64::from(CALLS);
    let host_add = seconds(|| {
        black_box(instance.call_add(CALLS as i32).expect("no trap"));
    }) / f64::from(CALLS);
    let fail = each(TRAPS, |_| {
        black_box(instance.fail().expect_err("a trap"));
    });
    let outside = each(TRAPS, |_| {
        black_box(instance.outside().expect_err("a trap"));
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
    let create = || data::Instance::new(()).expect("an instance");
    let empty = each(INSTANCES, |_| drop(create()));
    let touched = each(INSTANCES, |_| {
        black_box(create().touch(70_000).expect("no trap"));
    });
    let mut kept = create();
    let reset = each(INSTANCES, |_| {
        black_box(kept.touch(70_000).expect("no trap"));
        kept.reset().expect("no trap");
    });
    let limited = each(INSTANCES, |_| {
        let settings = Settings::new().memory_bytes(32 << 20);
        drop(data::Instance::with((), &settings).expect("an instance"));
    });
    vec![
        ("instance created and dropped", empty),
        ("instance created, called once, dropped", touched),
        ("instance called once and reset", reset),
        ("instance with a memory limit created and dropped", limited),
    ]
}

/// One kernel, in seconds: as it is, with epochs, with fuel.
pub fn kernel(kernel: Kernel) -> [f64; 3] {
    macro_rules! run {
        ($instance:ident, $argument:expr) => {
            seconds(|| {
                black_box($instance.run($argument).expect("no trap"));
            })
        };
    }
    macro_rules! variants {
        ($plain:ident, $epoch:ident, $fuel:ident, $argument:expr) => {{
            let mut plain = $plain::Instance::new(()).expect("an instance");
            let mut epoch = $epoch::Instance::new(()).expect("an instance");
            let mut fuel = $fuel::Instance::new(()).expect("an instance");
            [run!(plain, $argument), run!(epoch, $argument), run!(fuel, $argument)]
        }};
    }
    match kernel {
        Kernel::Recursion => variants!(recursion, recursion_epoch, recursion_fuel, kernel.argument()),
        Kernel::Sieve => variants!(sieve, sieve_epoch, sieve_fuel, kernel.argument()),
        Kernel::Matrix => variants!(matrix, matrix_epoch, matrix_fuel, kernel.argument()),
    }
}

/// From nothing to the end of the first call.
pub fn first_call() -> i32 {
    instance().sum(2, 40).expect("no trap")
}
