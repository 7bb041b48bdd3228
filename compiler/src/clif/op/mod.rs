//! One function per operator, named as wasmparser's visitor names it. This file only says where they are.

mod atomic;
mod block;
mod call;
mod call_indirect;
mod control;
mod convert;
mod exception;
mod float;
mod gc;
mod integer;
pub(crate) mod memory;
mod reference;
mod simd;
mod table;
mod variable;
mod wide;

pub(crate) use atomic::*;
pub(crate) use block::*;
pub(crate) use call::*;
pub(crate) use call_indirect::*;
pub(crate) use control::*;
pub(crate) use convert::*;
pub(crate) use exception::*;
pub(crate) use float::*;
pub(crate) use gc::*;
pub(crate) use integer::*;
pub(crate) use memory::*;
pub(crate) use reference::*;
pub(crate) use simd::*;
pub(crate) use table::*;
pub(crate) use variable::*;
pub(crate) use wide::*;
