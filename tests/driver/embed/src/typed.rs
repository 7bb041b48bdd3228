//! Calls with types: what bindings do, for the signatures that most scripts have.

use aot_embed::{Function, Instance, Trap, Value};

/// Calls the function by its type, if that is one of those below; otherwise `None`.
pub fn call<H>(instance: &mut Instance<H>, function: Function, arguments: &[Value]) -> Option<Result<Value, Trap>> {
    macro_rules! signatures {
        ($(($($name:ident: $variant:ident),*) -> $result:ident $ty:ty;)*) => {
            match (arguments, wanted(instance, function)?) {
                $(([$(Value::$variant($name)),*], aot_embed::Type::$result) => {
                    let result = instance.call_function::<_, $ty>(function, ($(*$name,)*));
                    Some(result.map(Value::$result))
                })*
                _ => None,
            }
        };
    }
    signatures! {
        () -> I32 i32;
        () -> I64 i64;
        () -> F32 f32;
        () -> F64 f64;
        () -> V128 [u8; 16];
        (a: I32) -> I32 i32;
        (a: I32) -> I64 i64;
        (a: I32) -> F32 f32;
        (a: I32) -> F64 f64;
        (a: I64) -> I32 i32;
        (a: I64) -> I64 i64;
        (a: I64) -> F32 f32;
        (a: I64) -> F64 f64;
        (a: F32) -> I32 i32;
        (a: F32) -> I64 i64;
        (a: F32) -> F32 f32;
        (a: F32) -> F64 f64;
        (a: F64) -> I32 i32;
        (a: F64) -> I64 i64;
        (a: F64) -> F32 f32;
        (a: F64) -> F64 f64;
        (a: I32, b: I32) -> I32 i32;
        (a: I64, b: I64) -> I32 i32;
        (a: I64, b: I64) -> I64 i64;
        (a: F32, b: F32) -> I32 i32;
        (a: F32, b: F32) -> F32 f32;
        (a: F64, b: F64) -> I32 i32;
        (a: F64, b: F64) -> F64 f64;
        (a: I32, b: I32, c: I32) -> I32 i32;
        (a: F32, b: F32, c: F32) -> F32 f32;
        (a: F64, b: F64, c: F64) -> F64 f64;
        (a: V128) -> V128 [u8; 16];
        (a: V128, b: V128) -> V128 [u8; 16];
        (a: V128, b: V128) -> I32 i32;
    }
}

/// The type of its only result.
fn wanted<H>(instance: &Instance<H>, function: Function) -> Option<aot_embed::Type> {
    let signature = instance.function_type(function)?;
    match &*signature.results {
        [one] => Some(*one),
        _ => None,
    }
}
