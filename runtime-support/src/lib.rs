//! What runs beside a compiled program, built for the target and linked in; unit-tested on the host.
//!
//! | Module | Its job |
//! |---|---|
//! | [`instance`] | `ModuleImage` → live instance: memories, tables, globals, imports |
//! | [`embed`] | instances that an embedder owns: what it provides, limits, reset |
//! | [`mod@reference`] | is what a host hands back a reference of this instance, of that type |
//! | [`matching`] | does this thing satisfy that import: the specification's matching rules |
//! | [`mod@call`] | entering compiled code, and coming back by return or by trap |
//! | [`control`] | stopping a guest: epochs and fuel |
//! | [`memory`] | linear memory: reserve, commit, grow, guard |
//! | [`pool`] | address space and initial contents that instances use again |
//! | [`table`] | tables: create, grow, bulk operations |
//! | [`libcall`] | one `extern "C"` function per row of the ABI table |
//! | [`atomics`] | wait and notify queues |
//! | [`trap`] | raising a trap, signals, and the report a user reads |
//! | [`start`] | process entry: grants → instance → the program → exit status |
//! | `thread` | wasi-threads: a second instance on the same memory |
//! | [`frames`] | frame-pointer walk from a trap up to the entry |
//! | [`stack`] | the guarded stacks that compiled code runs on |
//! | [`ranges`] | which address belongs to what: read by signal handlers |
//! | `hosted` | one guest stack for each thread of a host, in a thread-local variable; a feature |
//! | [`text`] | text for people, without formatting machinery |
//! | [`wasi`] | WASI preview 1 and snapshot 0 |
//! | [`arch`], [`os`] | what a processor and an operating system must provide |
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod arch;
pub mod atomics;
pub mod call;
pub mod control;
pub mod embed;
pub mod frames;
#[cfg(feature = "hosted")]
pub mod hosted;
pub mod instance;
pub mod libcall;
mod mapping;
pub mod matching;
pub mod memory;
pub mod os;
pub mod pool;
pub mod ranges;
pub mod reference;
pub mod stack;
pub mod start;
pub mod table;
pub mod text;
#[cfg(not(feature = "hosted"))]
mod thread;
pub mod trap;
pub mod wasi;

pub use aot_abi as abi;
pub use call::{Trapped, call};
pub use instance::{Extern, Instance, InstantiateError, instantiate};
