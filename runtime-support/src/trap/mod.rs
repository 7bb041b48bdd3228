//! Traps: signals that become traps, and the text a user reads. Raising one by call is [`crate::call::raise`].

pub mod report;
pub mod signal;

pub use crate::call::raise;
pub use aot_abi::trap::Trap;
