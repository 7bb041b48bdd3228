//! WebAssembly modules as typed and sandboxed parts of a Rust program.
//!
//! `aot-build` compiles a module in the build script, to native code and to Rust bindings; this crate runs it.
//!
//! ```ignore
//! aot_embed::include!(plugin); // What `aot_build::compile("plugin.wasm")` wrote.
//!
//! struct Host;
//!
//! impl plugin::Imports for Host {
//!     fn env_log(caller: &mut plugin::Caller<'_, Self>, address: i32) -> Result<(), aot_embed::Error> {
//!         println!("{:?}", caller.memory().slice(address, 5)?);
//!         Ok(())
//!     }
//! }
//!
//! let mut instance = plugin::Instance::new(Host)?;
//! assert_eq!(instance.add(2, 40)?, 42);
//! ```
//!
//! | Module | Its job |
//! |---|---|
//! | [`module`] | a compiled module, and what is known of it |
//! | [`types`] | value types, and signatures as numbers |
//! | `typed` | Rust types as values of the guest |
//! | [`value`] | values whose types are known when the program runs |
//! | [`reference`](mod@reference) | handles of functions and of things of the host |
//! | `guest` | what can be done with an instance, by whoever has exclusive access |
//! | [`instance`] | an instance, which its owner calls |
//! | [`caller`] | the instance that calls a host function |
//! | [`settings`] | limits, and imports that are not functions |
//! | [`control`] | stopping a guest |
//! | [`wasi`] | what an instance gets of WASI |
//! | [`import`] | functions of the host, behind one calling convention |
//! | [`memory`], [`table`] | views of what an instance exports |
//! | [`trap`] | how a call ends that does not return |
//!
//! # Safety
//!
//! All `unsafe` code rests on these, which each file refers to by number:
//!
//! 1. **A module is true.** `Module` has no constructor; the only values are those that the compiler wrote as an image, which
//!    bindings name as an external constant. What an image says of its exports, imports and their types, is so.
//! 2. **One owner.** An [`Instance`] is the only owner of its context and state. Whoever holds `&mut Instance`, or `&mut` to
//!    the [`Caller`] made for the innermost host function that the instance is calling, has exclusive access to both: an
//!    instance runs only while somebody holds the first, who cannot use it until the guest returns, and a caller only
//!    runs the instance through `&mut self`, which the next caller's access ends before.
//! 3. **References are the instance's own.** A handle carries the number of its instance, which is never used again. It is
//!    followed only where that instance is at hand. Every reference inside an instance is one to its own functions: the
//!    guest has no others, and the host's are checked before they get in.
//! 4. **Nothing unwinds through a guest.** Host functions run inside `catch_unwind`.

pub mod caller;
pub mod control;
mod guest;
pub mod import;
pub mod instance;
pub mod memory;
pub mod module;
pub mod reference;
pub mod settings;
pub mod table;
pub mod trap;
mod typed;
pub mod types;
pub mod value;
pub mod wasi;

pub use aot_runtime::abi::trap::Trap as TrapCode;
pub use caller::Caller;
pub use control::{Epoch, NotCompiledIn};
pub use guest::{CallError, GlobalError};
pub use import::{BoundModule, HostImports, TypedImport};
pub use instance::{CreateError, Instance};
pub use memory::{Memory, MemoryError, MemoryMut};
pub use module::Module;
pub use reference::{ExternRef, Function};
pub use settings::Settings;
pub use table::{Table, TableError, TableMut};
pub use trap::{Frame, Trap};
pub use typed::{WasmParameters, WasmResults, WasmType};
pub use types::{Signature, Type};
pub use value::Value;
pub use wasi::{WasiConfig, WasiError, WasiOutput};

/// What a function of the host may fail with. It ends the guest, and reaches whoever called the guest; see
/// [`Trap::host_error`].
pub type Error = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Includes the bindings that `aot_build` wrote for the module of this name: a module `NAME`, with `Instance`, `Imports`
/// and `Caller`.
#[macro_export]
macro_rules! include {
    ($name:ident) => {
        ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/", ::core::stringify!($name), ".rs"));
    };
}
