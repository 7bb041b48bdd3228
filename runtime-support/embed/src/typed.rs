//! Rust types as values of the guest: one by one, and as tuples of parameters and results.

use crate::reference::{ExternRef, ForeignFunction, Function, Identity};
use crate::types::{Code, Type};
use aot_runtime::abi::context::ValueSlot;
use std::mem::MaybeUninit;

/// A Rust type whose values are those of one type of WebAssembly: `i32`, `i64`, `f32`, `f64`, `[u8; 16]` for `v128`,
/// `Option<Function>` for `funcref`, and `Option<ExternRef>` for `externref`.
pub trait WasmType: Copy + sealed::Value {
    /// Which type of WebAssembly.
    const TYPE: Type;
}

/// A tuple of [`WasmType`]s, of at most sixteen.
pub trait WasmParameters: sealed::Tuple {}

/// What a function returns: `()`, a [`WasmType`], or a tuple of at least two and at most sixteen.
pub trait WasmResults: sealed::Tuple {}

/// As many parameters, and as many results, may be typed.
pub(crate) const COUNT_MAX: usize = 16;

/// Room for the arguments and results of a call.
pub(crate) type Slots = [MaybeUninit<ValueSlot>; COUNT_MAX];

pub(crate) mod sealed {
    use super::{ForeignFunction, Identity, MaybeUninit, Type, ValueSlot};

    pub trait Value: Sized {
        /// The value's bytes, for the instance of this identity.
        fn store(self, identity: Identity) -> Result<[u8; 16], ForeignFunction>;
        /// The value, from the instance of this identity.
        fn load(bytes: [u8; 16], identity: Identity) -> Self;
    }

    pub trait Tuple: Sized {
        const TYPES: &'static [Type];
        /// Writes the values to as many slots, of which there are enough.
        fn store(self, slots: &mut [MaybeUninit<ValueSlot>], identity: Identity) -> Result<(), ForeignFunction>;
        /// Reads the values from as many slots, of which there are enough.
        fn load(slots: &[ValueSlot], identity: Identity) -> Self;
    }
}

use sealed::Tuple;

/// The number of the signature with these parameters and results, which is short enough to have one.
pub(crate) const fn code<P: Tuple, R: Tuple>() -> Code {
    match Code::of(P::TYPES, R::TYPES) {
        Some(code) => code,
        None => panic!("sixteen parameters and sixteen results have a number"),
    }
}

macro_rules! numbers {
    ($($ty:ident $name:ident $bytes:literal;)*) => {
        $(
            impl WasmType for $ty {
                const TYPE: Type = Type::$name;
            }
            impl sealed::Value for $ty {
                #[inline]
                fn store(self, _: Identity) -> Result<[u8; 16], ForeignFunction> {
                    let mut bytes = [0; 16];
                    bytes[..$bytes].copy_from_slice(&self.to_le_bytes());
                    Ok(bytes)
                }
                #[inline]
                fn load(bytes: [u8; 16], _: Identity) -> Self {
                    let mut own = [0; $bytes];
                    own.copy_from_slice(&bytes[..$bytes]);
                    $ty::from_le_bytes(own)
                }
            }
        )*
    };
}

numbers! {
    i32 I32 4;
    i64 I64 8;
    f32 F32 4;
    f64 F64 8;
}

impl WasmType for [u8; 16] {
    const TYPE: Type = Type::V128;
}

impl sealed::Value for [u8; 16] {
    #[inline]
    fn store(self, _: Identity) -> Result<[u8; 16], ForeignFunction> {
        Ok(self)
    }

    #[inline]
    fn load(bytes: [u8; 16], _: Identity) -> Self {
        bytes
    }
}

impl WasmType for Option<Function> {
    const TYPE: Type = Type::FuncRef;
}

impl sealed::Value for Option<Function> {
    #[inline]
    fn store(self, identity: Identity) -> Result<[u8; 16], ForeignFunction> {
        let word = match self {
            Some(function) => function.belonging_to(identity)?.expose_provenance() as u64,
            None => 0,
        };
        Ok(u128::from(word).to_le_bytes())
    }

    #[inline]
    fn load(bytes: [u8; 16], identity: Identity) -> Self {
        Function::found(<i64 as sealed::Value>::load(bytes, identity) as u64, identity)
    }
}

impl WasmType for Option<ExternRef> {
    const TYPE: Type = Type::ExternRef;
}

impl sealed::Value for Option<ExternRef> {
    #[inline]
    fn store(self, _: Identity) -> Result<[u8; 16], ForeignFunction> {
        Ok(u128::from(self.map_or(0, ExternRef::number)).to_le_bytes())
    }

    #[inline]
    fn load(bytes: [u8; 16], identity: Identity) -> Self {
        ExternRef::new(<i64 as sealed::Value>::load(bytes, identity) as u64)
    }
}

impl<T: WasmType> WasmResults for T {}

impl<T: WasmType> Tuple for T {
    const TYPES: &'static [Type] = &[T::TYPE];

    #[inline]
    fn store(self, slots: &mut [MaybeUninit<ValueSlot>], identity: Identity) -> Result<(), ForeignFunction> {
        slots[0].write(ValueSlot { bytes: sealed::Value::store(self, identity)? });
        Ok(())
    }

    #[inline]
    fn load(slots: &[ValueSlot], identity: Identity) -> Self {
        sealed::Value::load(slots[0].bytes, identity)
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),*) => {
        impl<$($name: WasmType),*> WasmParameters for ($($name,)*) {}
        impl<$($name: WasmType),*> Tuple for ($($name,)*) {
            const TYPES: &'static [Type] = &[$($name::TYPE),*];

            #[inline]
            #[allow(unused_variables, reason = "there may be none")]
            fn store(self, slots: &mut [MaybeUninit<ValueSlot>], identity: Identity) -> Result<(), ForeignFunction> {
                $(slots[$index].write(ValueSlot { bytes: sealed::Value::store(self.$index, identity)? });)*
                Ok(())
            }

            #[inline]
            #[allow(unused_variables, clippy::unused_unit, reason = "there may be none")]
            fn load(slots: &[ValueSlot], identity: Identity) -> Self {
                ($(<$name as sealed::Value>::load(slots[$index].bytes, identity),)*)
            }
        }
    };
}

/// One result stands for itself, not for a tuple of one.
macro_rules! results {
    ($($name:ident),*) => {
        impl<$($name: WasmType),*> WasmResults for ($($name,)*) {}
    };
}

tuples!();
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15);
results!();
results!(A, B);
results!(A, B, C);
results!(A, B, C, D);
results!(A, B, C, D, E);
results!(A, B, C, D, E, F);
results!(A, B, C, D, E, F, G);
results!(A, B, C, D, E, F, G, H);
results!(A, B, C, D, E, F, G, H, I);
results!(A, B, C, D, E, F, G, H, I, J);
results!(A, B, C, D, E, F, G, H, I, J, K);
results!(A, B, C, D, E, F, G, H, I, J, K, L);
results!(A, B, C, D, E, F, G, H, I, J, K, L, M);
results!(A, B, C, D, E, F, G, H, I, J, K, L, M, N);
results!(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O);
results!(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P);
