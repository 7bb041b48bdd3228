//! Modules that are bound by name when the program runs.

use aot_embed::{CallError, CreateError, ExternRef, HostImports, Instance, Settings, Signature, TrapCode, Type, Value};
use aot_embed_tests::{all, nothing};

/// What `all.wat` imports, by closures: a sum of everything that the callback was given.
fn imports() -> HostImports<i64> {
    let mut imports = HostImports::new();
    imports
        .function("env", "callback", |mut caller: aot_embed::Caller<'_, i64>, (value,): (i32,)| {
            *caller.host_mut() += i64::from(value);
            Ok(value + 1)
        })
        .any_function("env", "everything", |_, values| Ok(values.iter().rev().copied().collect()))
        .any_function("env", "pick", |caller, _| Ok(vec![Value::FuncRef(caller.function("square"))]));
    imports
}

#[test]
fn exports_are_called_by_name() -> Result<(), Box<dyn std::error::Error>> {
    let mut instance = Instance::new(all::module(), &imports(), 0)?;
    assert_eq!(instance.call("add", &[Value::I32(2), 40.into()])?, [Value::I32(42)]);
    assert_eq!(instance.call("swap", &[1.into(), Value::I64(2)])?, [Value::I64(2), Value::I32(1)]);
    assert_eq!(instance.call("call_host", &[5.into()])?, [Value::I32(6)]);
    assert_eq!(*instance.host(), 5);
    let double = instance.function("double").expect("it is exported");
    assert_eq!(instance.call_function_values(double, &[21.into()])?, [Value::I32(42)]);
    let arguments = [
        1.into(),
        Value::I64(2),
        Value::F32(3.0),
        Value::F64(4.0),
        [5; 16].into(),
        Some(double).into(),
        ExternRef::new(7).into(),
    ];
    let mut reversed = arguments.to_vec();
    reversed.reverse();
    assert_eq!(instance.call("pass_on", &arguments)?, reversed);
    assert_eq!(instance.call("call_picked", &[0.into(), 6.into()])?, [Value::I32(36)]);
    Ok(())
}

#[test]
fn what_is_not_there_is_an_error() -> Result<(), Box<dyn std::error::Error>> {
    let mut instance = Instance::new(all::module(), &imports(), 0)?;
    let error = instance.call("subtract", &[]).expect_err("there is none");
    assert_eq!(error.to_string(), "there is no exported function `subtract` that a host can call");
    assert!(matches!(instance.call("memory", &[]), Err(CallError::NoSuchFunction(_))));
    let error = instance.call("add", &[1.into(), Value::I64(2)]).expect_err("it takes others");
    assert_eq!(error.to_string(), "`add` is (i32, i32) -> (i32), and was given (i32, i64)");
    assert!(
        matches!(instance.call("unreachable", &[]), Err(CallError::Trap(trap)) if trap.code() == TrapCode::Unreachable)
    );
    assert!(instance.memory("add").is_none() && instance.memory_mut("nowhere").is_none());
    assert_eq!((instance.global("constant"), instance.global("memory")), (Some(Value::I64(-5)), None));
    assert!(instance.set_global("constant", Value::I64(1)).is_err());
    assert!(instance.set_global("counter", Value::I64(1)).is_err());
    instance.set_global("counter", Value::I32(8))?;
    assert_eq!(instance.call("count", &[])?, [Value::I32(9)]);
    assert_eq!(instance.memory("memory").expect("it is exported").array(16)?, *b"hello");
    Ok(())
}

#[test]
fn imports_have_to_fit() {
    let mut imports = imports();
    imports.function("env", "callback", |_, (value,): (i64,)| Ok(value));
    let error = imports.bind(all::module()).expect_err("it is of another type");
    assert_eq!(error.to_string(), "`callback` from `env` is (i32) -> (i32), and was given (i64) -> (i64)");
    let error = HostImports::<()>::new().bind(all::module()).expect_err("there are none");
    assert!(matches!(&error, CreateError::Missing { field, .. } if field == "callback"), "{error}");
    let wanted: Vec<_> = all::module().imported_functions().collect();
    let callback = Signature { parameters: [Type::I32].into(), results: [Type::I32].into() };
    assert_eq!(wanted[0], ("env", "callback", Some(&callback)));
    assert!(all::module().exports().any(|name| name == "call_table"));
}

#[test]
fn results_of_untyped_functions_are_checked() -> Result<(), Box<dyn std::error::Error>> {
    let mut imports = imports();
    imports.any_function("env", "callback", |_, _| Ok(vec![Value::I64(1)]));
    let mut instance = Instance::new(all::module(), &imports, 0)?;
    let error = instance.call("call_host", &[1.into()]).expect_err("it is of another type");
    assert_eq!(error.to_string(), "a host function of type (i32) -> (i32) returned [I64(1)]");
    Ok(())
}

#[test]
fn bound_modules_make_many_instances() -> Result<(), Box<dyn std::error::Error>> {
    let bound = imports().bind(all::module())?;
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let bound = bound.clone();
            std::thread::spawn(move || {
                let mut instance = bound.instantiate(thread, &Settings::new()).expect("it fits");
                instance.call("call_twice", &[10.into()]).expect("it does not trap");
                instance.into_host()
            })
        })
        .collect();
    let sums: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect();
    assert_eq!(sums, [21, 22, 23, 24]);
    let mut instance = Instance::new(nothing::module(), &HostImports::new(), ())?;
    assert_eq!(instance.call("answer", &[])?, [Value::I32(42)]);
    Ok(())
}
