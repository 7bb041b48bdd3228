//! What a host allows: memory, tables, stack, time and work; and instances made fresh again.

use aot_embed::{CreateError, Epoch, ExternRef, Settings, TrapCode, Value};
use aot_embed_tests::{fuelled, guard, needs, nothing, stop};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Adds one, or calls the guest again.
struct Again(bool);

impl stop::Imports for Again {
    fn env_again(caller: &mut stop::Caller<'_, Self>, value: i32) -> std::result::Result<i32, aot_embed::Error> {
        if caller.host().0 { Ok(caller.by_host(value)?) } else { Ok(value + 1) }
    }
}

impl fuelled::Imports for Again {
    fn env_again(caller: &mut fuelled::Caller<'_, Self>, _: i32) -> std::result::Result<i32, aot_embed::Error> {
        // What is left, and a little more for later.
        let left = caller.dynamic().fuel()?;
        caller.dynamic_mut().add_fuel(1000)?;
        Ok(left as i32)
    }
}

fn all(settings: &Settings) -> std::result::Result<guard::Instance<guard::Host>, CreateError> {
    guard::Instance::with(guard::Host::new(|_, value| Ok(value)), settings)
}

#[test]
fn memory_is_limited_over_all_memories() -> Result {
    let mut instance = all(&Settings::new().memory_bytes(2 * 65536))?;
    assert_eq!(instance.grow(1)?, 1);
    assert_eq!((instance.grow(1)?, instance.second_mut().grow(1)), (-1, None));
    assert_eq!(instance.memory().byte_length(), 2 * 65536);
    let refused = all(&Settings::new().memory_bytes(65535)).expect_err("the module starts with more");
    assert!(matches!(refused, CreateError::Instantiate(_)), "{refused}");
    Ok(())
}

#[test]
fn tables_are_limited() -> Result {
    let mut instance = all(&Settings::new().table_elements(5))?;
    assert_eq!(instance.functions_mut().grow(1, None)?, 4);
    assert!(instance.functions_mut().grow(1, None).is_err());
    assert!(all(&Settings::new().table_elements(3)).is_err());
    Ok(())
}

#[test]
fn stacks_are_limited() -> Result {
    // How deep the guest gets shows in how often the host is called.
    fn depth(settings: &Settings) -> Result<i64> {
        let mut instance = guard::Instance::with(
            guard::Host::new(|caller, value| {
                caller.host_mut().notes.push(value.into());
                Ok(caller.call_host(value + 1)?)
            }),
            settings,
        )?;
        let trap = instance.call_host(0).expect_err("the stack ends");
        let mut innermost = &trap;
        while let Some(inner) = innermost.downcast_ref::<aot_embed::Trap>() {
            innermost = inner;
        }
        assert_eq!(innermost.code(), TrapCode::StackOverflow);
        Ok(*instance.host().notes.last().expect("it was called"))
    }
    let (small, usual) = (depth(&Settings::new().stack_bytes(64 << 10))?, depth(&Settings::new())?);
    assert!(small > 3 && usual > 5 * small, "{small} calls in 64 KiB, {usual} in 1 MiB");
    Ok(())
}

#[test]
fn a_reset_instance_is_a_new_one() -> Result {
    let mut instance = guard::Host::instance(|_, value| Ok(value));
    let double = instance.dynamic().function("double");
    instance.store(16, 1)?;
    instance.count()?;
    assert_eq!(instance.grow(1)?, 1);
    instance.functions_mut().set(0, None)?;
    instance.host_mut().notes.push(5);
    instance.reset()?;
    assert_eq!(instance.load(16)?, i32::from_le_bytes(*b"hell"));
    assert_eq!((instance.counter(), instance.memory().byte_length()), (0, 65536));
    assert_eq!(instance.call_table(0, 4)?, 8);
    assert_eq!(instance.host().notes, [5]);
    assert!(instance.set_held(double).is_err(), "a reference from before");
    instance.set_held(instance.dynamic().function("double"))?;
    Ok(())
}

#[test]
fn an_endless_loop_is_stopped_from_another_thread() -> Result {
    let epoch = Arc::new(Epoch::new());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
                epoch.increment();
            }
        });
        let result = (|| {
            let mut instance = stop::Instance::new(Again(false))?;
            instance.dynamic_mut().set_epoch(&epoch, 5)?;
            for _ in 0..3 {
                let trap = instance.spin().expect_err("it would never end");
                assert_eq!(trap.code(), TrapCode::Interrupted);
                assert_eq!(trap.frames().next().and_then(|frame| frame.function), Some("spin"));
                instance.dynamic_mut().set_ticks(5)?;
            }
            // It still works, with its memory as it was; and by way of the host, too.
            instance.dynamic_mut().set_ticks(1_000_000)?;
            assert_eq!(instance.work(4)?, 10);
            assert!(instance.memory().array(0).map(u32::from_le_bytes)? > 0);
            instance.host_mut().0 = true;
            instance.dynamic_mut().set_ticks(1)?;
            assert!(instance.by_host(0).is_err());
            Result::Ok(())
        })();
        done.store(true, Ordering::Relaxed);
        result
    })
}

#[test]
fn fuel_is_used_up() -> Result {
    let mut instance = fuelled::Instance::new(Again(false))?;
    instance.dynamic_mut().set_fuel(100)?;
    assert_eq!(instance.work(3)?, 6);
    let left = instance.dynamic().fuel()?;
    assert!((1..90).contains(&left), "{left}");
    let trap = instance.spin().expect_err("it would never end");
    assert_eq!(trap.code(), TrapCode::OutOfFuel);
    assert!(instance.dynamic().fuel()? <= 0);
    instance.dynamic_mut().set_fuel(50)?;
    let seen = instance.by_host(0)?;
    assert!((30..50).contains(&seen), "{seen}");
    assert!(instance.dynamic().fuel()? > 1000);
    Ok(())
}

#[test]
fn what_was_not_compiled_in_is_an_error() -> Result {
    let mut instance = nothing::Instance::new(())?;
    let instance = instance.dynamic_mut();
    assert!(instance.set_epoch(&Arc::new(Epoch::new()), 1).is_err());
    assert!(instance.set_ticks(1).is_err() && instance.set_fuel(1).is_err() && instance.fuel().is_err());
    Ok(())
}

#[test]
fn each_instance_has_its_own_of_what_is_imported() -> Result {
    let globals = |base| {
        let thing = ExternRef::new(77);
        let settings = Settings::new().global("env", "base", Value::I32(base)).global("env", "top", Value::I64(-1));
        settings.global("env", "thing", thing.into())
    };
    let mut one = needs::Instance::with((), &globals(100))?;
    let larger = globals(200).memory("env", "memory", 2, Some(3)).table("env", "table", 5, None);
    let mut other = needs::Instance::with((), &larger)?;
    let here = i32::from_le_bytes(*b"here");
    assert_eq!((one.load(100)?, one.load(200)?, other.load(200)?), (here, 0, here));
    assert_eq!((one.size()?, other.size()?), ((1, 2), (2, 5)));
    one.rise()?;
    assert_eq!((one.top(), other.top(), one.thing()), (0, -1, ExternRef::new(77)));
    assert!(one.table().get(1)?.is_some() && other.table().get(0)?.is_none());

    let refused = |settings: &Settings| needs::Instance::with((), settings).expect_err("it does not fit").to_string();
    let missing = refused(&Settings::new());
    assert_eq!(missing, "the module imports `base` from `env`, a global of type i32, whose value nothing gives");
    let mistyped = refused(&globals(0).global("env", "base", Value::I64(0)));
    assert_eq!(mistyped, "the module imports `base` from `env`, a global of type i32, and something else was given");
    assert!(refused(&globals(0).memory("env", "memory", 0, Some(4))).starts_with("incompatible import type"));
    assert!(refused(&globals(0).memory("env", "table", 2, None)).contains("a table, and something else was given"));
    assert_eq!(refused(&globals(65536)), "out of bounds memory access");
    Ok(())
}
