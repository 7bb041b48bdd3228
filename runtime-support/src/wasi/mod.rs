//! WASI preview 1 (and snapshot 0): how its functions are written, and the state they share.
//!
//! A function takes `&WasiState`, the caller's `&GuestMemory`, and the guest's arguments as plain numbers; it returns `Ok` or an
//! [`Errno`]. [`entry`] turns the rows of `aot_abi::wasi` into the `extern "C"` symbols that compiled code calls. Inside a
//! function the order is always the same: descriptor, rights, addresses of arguments *and results*, then the effect.
//!
//! | File | What it has |
//! |---|---|
//! | [`guest`], [`kernel`], [`transfer`] | guest memory; system calls that aim at it; reading and writing through it |
//! | [`fd_table`], [`types`], [`lock`] | descriptors and rights; layouts and errors; the lock around what threads share |
//! | [`sandbox`] | path resolution that cannot leave a granted directory |
//! | [`args`], [`environ`], [`clock`], [`random`], [`proc`], [`sched`], [`poll`], [`sock`], [`fd`], [`path`], [`dir`] | the functions |
//! | [`stream`] | standard streams in memory |
//! | [`host`] | what WASI needs from the rest of the runtime |
//! | [`embedded`] | the same in a host's process: a state for each instance |
//!
//! Deliberately absent: any way to a file but through a granted directory; any blocking call that holds a lock.

pub(crate) mod args;
pub(crate) mod clock;
pub(crate) mod dir;
pub mod embedded;
pub mod entry;
pub(crate) mod environ;
pub(crate) mod fd;
pub(crate) mod fd_table;
pub(crate) mod grants;
pub(crate) mod guest;
pub mod host;
pub(crate) mod kernel;
pub(crate) mod lock;
pub(crate) mod path;
pub(crate) mod poll;
pub(crate) mod proc;
pub(crate) mod random;
pub(crate) mod sandbox;
pub(crate) mod sched;
pub(crate) mod sock;
pub(crate) mod stream;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod transfer;
pub(crate) mod types;

pub use args::Strings;
pub use grants::{HostDirectory, Listener, Preopen, StartError, Stdio, WasiConfig};
pub use guest::GuestMemory;
pub use sandbox::Resolution;
pub use stream::Capture;
pub use types::Errno;

use alloc::sync::Arc;
use fd_table::{Descriptor, FdTable};
use lock::Mutex;

/// What the instances of one program share.
#[derive(Debug)]
pub struct WasiState {
    arguments: Strings,
    environment: Strings,
    descriptors: Mutex<FdTable>,
    resolution: Resolution,
    owns_process: bool,
}

impl WasiState {
    /// The descriptor with this number. It stays open while the caller holds it, whatever happens to the number.
    fn descriptor(&self, fd: u32) -> Result<Arc<Descriptor>, Errno> {
        self.descriptors.lock().get(fd)
    }

    /// The descriptor with this number, which must have these rights.
    fn descriptor_with(&self, fd: u32, rights: u64) -> Result<Arc<Descriptor>, Errno> {
        let descriptor = self.descriptor(fd)?;
        descriptor.require(rights)?;
        Ok(descriptor)
    }
}
