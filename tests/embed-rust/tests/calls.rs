//! Calls in both directions: values, references, re-entrance; errors and panics of the host; traps; and what is left of an
//! instance after each. All of it in both memory strategies.

use aot_embed::{ExternRef, Function, Trap, TrapCode, Value};
use aot_embed_tests::{names, nothing, start};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An error that only this file has.
#[derive(Debug, PartialEq, Eq)]
struct Refused(i32);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused", self.0)
    }
}

impl std::error::Error for Refused {}

macro_rules! suite {
    ($strategy:ident) => {
        mod $strategy {
            use super::*;
            use aot_embed_tests::$strategy::{Caller, Host, Instance, module};

            fn instance() -> Instance<Host> {
                Host::instance(|_, value| Ok(value + 1))
            }

            #[test]
            fn values_go_in_and_come_out() -> Result<(), Trap> {
                let mut instance = instance();
                assert_eq!(instance.add(2, 40)?, 42);
                assert_eq!(instance.add(i32::MAX, 1)?, i32::MIN);
                instance.nothing()?;
                assert_eq!(instance.swap(-1, i64::MIN)?, (i64::MIN, -1));
                let nan = f32::from_bits(0x7fa0_1234);
                let vector: [u8; 16] = std::array::from_fn(|index| index as u8);
                let thing = ExternRef::new(u64::MAX);
                let (a, b, c, d, e) = instance.echo(nan, -0.0, vector, thing, None)?;
                assert_eq!((a.to_bits(), b.to_bits(), c, d, e), (nan.to_bits(), 1 << 63, vector, thing, None));
                Ok(())
            }

            #[test]
            fn values_go_through_the_host_and_back() -> Result<(), Trap> {
                let mut instance = instance();
                let double = instance.dynamic().function("double");
                assert!(double.is_some());
                let thing = ExternRef::new(9);
                let mut vector = [0; 16];
                vector[0] = 1;
                let (g, f, e, d, c, b, a) = instance.pass_on(1, 2, 3.0, 4.0, vector, double, thing)?;
                vector.reverse();
                assert_eq!((a, b, c, d, e, f, g), (2, 3, 4.0, 5.0, vector, double, thing));
                let (g, f, ..) = instance.pass_on(1, 2, 3.0, 4.0, vector, None, None)?;
                assert_eq!((g, f), (None, None));
                Ok(())
            }

            #[test]
            fn a_host_function_uses_its_caller() -> Result<(), Trap> {
                let mut instance = Host::instance(|caller, value| {
                    caller.host_mut().notes.push(value.into());
                    let text = caller.memory().text(16, 5)?.to_owned();
                    assert_eq!(text, "hello");
                    let (mut memory, host) = caller.memory_and_host();
                    memory.write(16, b"HELLO")?;
                    host.notes.push(-1);
                    assert_eq!(memory.grow(1), Some(1));
                    memory.write(2 * 65536 - 1, &[7])?;
                    caller.set_counter(value)?;
                    Ok(caller.count()?)
                });
                assert_eq!(instance.call_host(41)?, 42);
                assert_eq!(instance.host().notes, [41, -1]);
                assert_eq!(instance.memory().text(16, 5), Ok("HELLO"));
                assert_eq!((instance.counter(), instance.memory().byte_length()), (42, 2 * 65536));
                assert_eq!(instance.load(2 * 65536 - 4)?, 7 << 24);
                Ok(())
            }

            #[test]
            fn calls_nest() -> Result<(), Trap> {
                // Twice the way down at each step, by way of the host.
                let mut instance = Host::instance(|caller, value| {
                    caller.host_mut().notes.push(value.into());
                    if value >= 5 { Ok(1) } else { Ok(caller.call_twice(value + 1)?) }
                });
                assert_eq!(instance.call_host(0)?, 13);
                assert_eq!(instance.host().notes.len(), 25);
                assert_eq!(instance.add(1, 1)?, 2);
                Ok(())
            }

            #[test]
            fn an_error_of_the_host_arrives_intact() {
                let mut instance = Host::instance(|_, value| Err(Box::new(Refused(value))));
                let trap = instance.call_host(7).expect_err("the host refuses");
                assert_eq!(trap.code(), TrapCode::HostError);
                assert_eq!(trap.downcast_ref(), Some(&Refused(7)));
                assert_eq!(trap.to_string(), "7 is refused");
                assert!(trap.frames().any(|frame| frame.function == Some("call_host")), "{trap:?}");
                let error = trap.into_host_error().expect("it was the host's");
                assert_eq!(*error.downcast::<Refused>().expect("it is what the host returned"), Refused(7));
                // The instance goes on.
                instance.host_mut().callback = |_, value| Ok(value);
                assert_eq!(instance.call_host(8).expect("the host does not refuse"), 8);
            }

            #[test]
            fn a_trap_inside_of_the_host_s_call_can_be_handled_or_passed_on() {
                let mut instance = Host::instance(|caller, value| {
                    let trap = caller.nested_trap().expect_err("it traps");
                    assert_eq!(trap.code(), TrapCode::Unreachable);
                    if value == 0 { Ok(5) } else { Err(trap.into()) }
                });
                assert_eq!(instance.call_host(0).expect("the trap was handled"), 5);
                let outer = instance.call_host(1).expect_err("the trap was passed on");
                let inner: &Trap = outer.downcast_ref().expect("it was a trap");
                assert_eq!((outer.code(), inner.code()), (TrapCode::HostError, TrapCode::Unreachable));
                let names: Vec<_> = inner.frames().filter_map(|frame| frame.function).collect();
                assert_eq!(names[..2], ["inner", "outer"]);
            }

            #[test]
            fn a_panic_of_the_host_goes_on_behind_the_guest() {
                let mut instance = Host::instance(|caller, value| {
                    if value > 0 {
                        return Ok(caller.call_host(value - 1)?);
                    }
                    std::panic::panic_any(Refused(99))
                });
                for depth in [0, 1, 5] {
                    let call = AssertUnwindSafe(|| instance.call_host(depth));
                    let payload = catch_unwind(call).expect_err("the host panics");
                    assert_eq!(payload.downcast_ref(), Some(&Refused(99)));
                }
                assert_eq!(instance.add(1, 2).expect("the instance can be used"), 3);
            }

            #[test]
            fn traps_say_why_and_where() {
                let mut instance = instance();
                let trap = instance.nested_trap().expect_err("it traps");
                assert_eq!((trap.code(), trap.message()), (TrapCode::Unreachable, "unreachable".to_owned()));
                let names: Vec<_> = trap.frames().map(|frame| (frame.module, frame.function)).collect();
                let name = module().name();
                assert_eq!(names, [(name, Some("inner")), (name, Some("outer"))]);
                assert!(trap.backtrace().starts_with("  at `inner` ("), "{}", trap.backtrace());
                assert!(format!("{trap:?}").contains("at `outer`"));
                assert!(trap.host_error().is_none() && std::error::Error::source(&trap).is_none());

                let code = |result: Result<i32, Trap>| result.expect_err("it traps").code();
                assert_eq!(code(instance.divide(1, 0)), TrapCode::IntegerDivideByZero);
                assert_eq!(code(instance.divide(i32::MIN, -1)), TrapCode::IntegerOverflow);
                assert_eq!(code(instance.load(-1)), TrapCode::MemoryOutOfBounds);
                assert_eq!(code(instance.load(65533)), TrapCode::MemoryOutOfBounds);
                assert_eq!(code(instance.recurse(0)), TrapCode::StackOverflow);
                assert_eq!(code(instance.call_table(2, 0)), TrapCode::UninitializedElement);
                assert_eq!(code(instance.call_table(4, 0)), TrapCode::UndefinedElement);
                let fill = instance.fill(65535, 0, 2).expect_err("it is out of bounds");
                assert_eq!(fill.code(), TrapCode::MemoryOutOfBounds);
                // After all of that, it is as good as before.
                assert_eq!(instance.load(16).expect("inside"), i32::from_le_bytes(*b"hell"));
                assert_eq!(instance.call_table(1, 9).expect("a function"), 81);
            }

            #[test]
            fn what_a_guest_did_before_a_trap_is_done() {
                let mut instance = Host::instance(|caller, value| {
                    caller.store(0, value)?;
                    Err("enough".into())
                });
                assert!(instance.call_host(1234).is_err());
                assert_eq!(instance.load(0).expect("inside"), 1234);
            }

            #[test]
            fn functions_of_the_guest_are_values() -> Result<(), Box<dyn std::error::Error>> {
                let mut instance = instance();
                let double = instance.dynamic().function("double").expect("it is exported");
                let square = instance.functions().get(1)?.expect("the guest put it there");
                assert_eq!(Some(square), instance.dynamic().function("square"));
                assert_ne!(double, square);
                assert_eq!(instance.dynamic_mut().call_function::<(i32,), i32>(square, (5,))?, 25);
                // Another type is refused.
                let trap = instance.dynamic_mut().call_function::<(i64,), i32>(square, (5,)).expect_err("it takes i32");
                assert_eq!(trap.to_string(), "the function is (i32) -> (i32)");
                // To the guest, by a table and as the result of a host function.
                instance.functions_mut().set(2, Some(double))?;
                assert_eq!(instance.call_table(2, 21)?, 42);
                instance.host_mut().function = Some(square);
                assert_eq!(instance.call_picked(0, 6)?, 36);
                instance.host_mut().function = None;
                let trap = instance.call_picked(0, 6).expect_err("null cannot be called");
                assert_eq!(trap.code(), TrapCode::UninitializedElement);
                Ok(())
            }

            #[test]
            fn functions_of_another_instance_are_refused() {
                let (mut one, mut other) = (instance(), instance());
                let foreign = other.dynamic().function("double");
                assert!(one.echo(0.0, 0.0, [0; 16], None, foreign).is_err());
                assert!(one.set_held(foreign).is_err());
                assert!(one.functions_mut().set(0, foreign).is_err());
                assert!(one.functions_mut().grow(1, foreign).is_err());
                let function: Function = foreign.expect("it is exported");
                let trap = one.dynamic_mut().call_function::<(i32,), i32>(function, (1,)).expect_err("it is foreign");
                assert_eq!(trap.to_string(), "a function of another instance");
                assert!(one.dynamic_mut().call_function_values(function, &[Value::I32(1)]).is_err());
                one.host_mut().function = foreign;
                let trap = one.call_picked(0, 1).expect_err("the host gives what is foreign");
                assert_eq!(
                    (trap.code(), trap.to_string()),
                    (TrapCode::HostError, "a function of another instance".into())
                );
                // Also when its instance is gone, and another may be at the same place.
                assert_eq!(other.dynamic_mut().call_function::<(i32,), i32>(function, (4,)).expect("its own"), 8);
                drop(other);
                let mut next = instance();
                assert!(next.dynamic_mut().call_function::<(i32,), i32>(function, (1,)).is_err());
                assert!(next.set_held(foreign).is_err());
            }

            #[test]
            fn tables_are_seen_and_changed() -> Result<(), aot_embed::TableError> {
                let mut instance = instance();
                assert_eq!((instance.functions().length(), instance.things().length()), (4, 2));
                assert!(instance.functions().get(4).is_err() && instance.functions().get(u64::MAX).is_err());
                assert_eq!(instance.functions_mut().grow(6, None), Ok(4));
                assert_eq!(instance.functions_mut().grow(1, None), Err(aot_embed::TableError::Full));
                instance.things_mut().set(1, ExternRef::new(3))?;
                assert_eq!((instance.things().get(0)?, instance.things().get(1)?), (None, ExternRef::new(3)));
                assert!(instance.things_mut().set(2, None).is_err());
                assert!(instance.dynamic().table::<Option<ExternRef>>("functions").is_none(), "of another type");
                Ok(())
            }

            #[test]
            fn globals_are_seen_and_changed() -> Result<(), Trap> {
                let mut instance = instance();
                assert_eq!((instance.constant(), instance.counter()), (-5, 0));
                instance.set_counter(41).expect("no function");
                assert_eq!((instance.count()?, instance.counter()), (42, 42));
                assert_eq!(instance.vector()[8], 2);
                instance.set_vector([9; 16]).expect("no function");
                assert_eq!(instance.vector(), [9; 16]);
                let double = instance.dynamic().function("double");
                instance.set_held(double).expect("its own function");
                assert_eq!(instance.held(), double);
                Ok(())
            }

            #[test]
            fn instances_are_independent_and_give_back_their_host() -> Result<(), Trap> {
                let (mut one, mut other) = (instance(), instance());
                one.store(0, 5)?;
                one.count()?;
                assert_eq!((other.load(0)?, other.counter()), (0, 0));
                other.host_mut().notes.push(3);
                assert_eq!(other.into_host().notes, [3]);
                assert_eq!(one.load(0)?, 5);
                Ok(())
            }

            #[test]
            fn a_caller_cannot_be_told_from_its_instance() -> Result<(), Trap> {
                // A function that is generic over neither: both have the same methods.
                fn sum(caller: &mut Caller<'_, Host>) -> Result<i32, Trap> {
                    caller.add(caller.counter(), 1)
                }
                let mut instance = Host::instance(|caller, _| Ok(sum(caller)?));
                instance.set_counter(10).expect("no function");
                assert_eq!(instance.call_host(0)?, 11);
                Ok(())
            }
        }
    };
}

suite!(guard);
suite!(bounds);

/// Counts its drops in a cell of the test's.
#[derive(Debug)]
struct Started<'a> {
    result: Result<i32, &'static str>,
    drops: &'a std::cell::Cell<u32>,
}

impl Drop for Started<'_> {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
    }
}

impl start::Imports for Started<'_> {
    fn env_started(caller: &mut start::Caller<'_, Self>, value: i32) -> Result<i32, aot_embed::Error> {
        match caller.host().result {
            Ok(more) => Ok(value + more),
            Err("panic") => panic!("the host panics"),
            Err(why) => Err(why.into()),
        }
    }
}

#[test]
fn a_start_function_calls_the_host() {
    let drops = std::cell::Cell::new(0);
    let mut instance = start::Instance::new(Started { result: Ok(3), drops: &drops }).expect("it starts");
    assert_eq!(instance.got().expect("it does not trap"), 10);
    drop(instance);
    assert_eq!(drops.get(), 1);

    let refused = start::Instance::new(Started { result: Err("no"), drops: &drops }).expect_err("the host refuses");
    assert_eq!(refused.to_string(), "no");
    assert!(matches!(refused, aot_embed::CreateError::Trap(trap) if trap.code() == TrapCode::HostError));
    assert_eq!(drops.get(), 2);

    let create = || start::Instance::new(Started { result: Err("panic"), drops: &drops });
    assert!(catch_unwind(AssertUnwindSafe(create)).is_err());
    assert_eq!(drops.get(), 3);
}

#[test]
fn a_module_without_imports_takes_any_host() -> Result<(), Box<dyn std::error::Error>> {
    assert_eq!(nothing::Instance::new(())?.answer()?, 42);
    assert_eq!(nothing::Instance::new("anything")?.into_host(), "anything");
    Ok(())
}

struct Names;

impl names::Imports for Names {
    fn type_fn(_: &mut names::Caller<'_, Self>, _: i32) -> Result<(), aot_embed::Error> {
        Ok(())
    }

    fn a_b_c_d(_: &mut names::Caller<'_, Self>) -> Result<(), aot_embed::Error> {
        Ok(())
    }

    fn a_b_c_d_2(_: &mut names::Caller<'_, Self>) -> Result<(), aot_embed::Error> {
        Ok(())
    }
}

#[test]
fn any_name_has_a_method() -> Result<(), Box<dyn std::error::Error>> {
    let mut instance = names::Instance::new(Names)?;
    let numbers = [
        instance.match_()?,
        instance.new_2()?,
        instance.host_2()?,
        instance.__()?,
        instance.___2()?,
        instance._9_lives______()?,
        instance.memory_mut()?,
    ];
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(instance.memory_mut_2().byte_length(), 65536);
    let arguments: Vec<Value> = (1..=17).map(Value::I32).collect();
    assert_eq!(instance.many(&arguments)?, [Value::I32(18)]);
    assert!(instance.many(&arguments[1..]).is_err());
    Ok(())
}
