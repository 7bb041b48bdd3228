//! The C functions about WASI, in an object of their own: only modules that import WASI are linked with it.
//!
//! # Safety
//!
//! As the header says: what is handed over is live, strings end with a null, and the instance's guest does not run.
#![allow(unsafe_code, reason = "a C interface deals in raw pointers")]

use crate::interface::Wasi as Head;
use crate::report::{self, Report};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use aot_runtime::Instance;
use aot_runtime::abi::context::InstanceContext;
use aot_runtime::abi::trap::Trap;
use aot_runtime::wasi::{Capture, HostDirectory, Preopen, Stdio, WasiConfig};
use core::ffi::{CStr, c_char, c_int};

/// Descriptors that a guest may have at once where the host does not say.
const DESCRIPTORS: u32 = 128;

const _: () = assert!(Trap::Exited.code() == 27);

/// `aot_wasi` of the header.
#[repr(C)]
#[derive(Debug)]
pub struct Wasi {
    /// How the rest of the runtime uses it.
    head: Head,
    config: WasiConfig,
}

#[unsafe(no_mangle)]
extern "C" fn aot_wasi_create() -> *mut Wasi {
    let config = WasiConfig { descriptor_maximum: Some(DESCRIPTORS), ..WasiConfig::default() };
    let head = Head { give, free };
    Box::into_raw(Box::new(Wasi { head, config }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_wasi_destroy(wasi: Option<Box<Wasi>>) {
    drop(wasi);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_wasi_argument(wasi: &mut Wasi, argument: *const c_char) {
    // SAFETY: see the module documentation, here and below.
    wasi.config.arguments.push(unsafe { CStr::from_ptr(argument) }.to_bytes());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_wasi_variable(wasi: &mut Wasi, variable: *const c_char) {
    // SAFETY: see above.
    wasi.config.environment.push(unsafe { CStr::from_ptr(variable) }.to_bytes());
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_wasi_directory(wasi: &mut Wasi, host: *const c_char, guest: *const c_char, read_only: c_int) {
    // SAFETY: see above.
    let (host, guest) = unsafe { (CStr::from_ptr(host).to_bytes(), CStr::from_ptr(guest).to_bytes()) };
    wasi.config.preopens.push(Preopen {
        host: HostDirectory::Path(host.to_vec()),
        guest_path: guest.to_vec(),
        read_only: read_only != 0,
    });
}

#[unsafe(no_mangle)]
extern "C" fn aot_wasi_inherit(wasi: &mut Wasi, stream: c_int) {
    set(wasi, stream, Stdio::Inherit);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_wasi_input(wasi: &mut Wasi, bytes: *const u8, length: usize) {
    // SAFETY: see above; nothing is read of no bytes.
    let bytes = if length == 0 { &[] } else { unsafe { core::slice::from_raw_parts(bytes, length) } };
    set(wasi, 0, Stdio::Bytes(bytes.to_vec()));
}

#[unsafe(no_mangle)]
extern "C" fn aot_wasi_capture(wasi: &mut Wasi, stream: c_int, limit: usize) {
    set(wasi, stream, Stdio::Capture(Arc::new(Capture::new(limit))));
}

#[unsafe(no_mangle)]
extern "C" fn aot_wasi_descriptors(wasi: &mut Wasi, maximum: u32) {
    wasi.config.descriptor_maximum = Some(maximum);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_wasi_give(
    wasi: Box<Wasi>,
    instance: *mut InstanceContext,
    report: Option<&mut Report>,
) -> i32 {
    // SAFETY: see above.
    match unsafe { Instance::from_context(instance).set_wasi(wasi.config) } {
        Ok(()) => 0,
        Err(error) => {
            let message = if report.is_some() { error.to_string() } else { Default::default() };
            Report::write(report, report::GRANT, &message)
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn aot_wasi_output(
    instance: *mut InstanceContext,
    stream: c_int,
    offset: usize,
    to: *mut u8,
    length: usize,
) -> usize {
    // SAFETY: see above.
    let capture =
        usize::try_from(stream).ok().and_then(|stream| unsafe { Instance::from_context(instance).captured(stream) });
    let Some(capture) = capture else { return 0 };
    // SAFETY: the host's buffer is as long as it says, and nobody looks at that of no bytes.
    let to = if length == 0 { &mut [] } else { unsafe { core::slice::from_raw_parts_mut(to, length) } };
    capture.copy_to(offset, to)
}

unsafe extern "C" fn give(wasi: *mut Head, instance: *mut InstanceContext, report: Option<&mut Report>) -> i32 {
    // SAFETY: it is the head of one.
    unsafe { aot_wasi_give(Box::from_raw(wasi.cast()), instance, report) }
}

unsafe extern "C" fn free(wasi: *mut Head) {
    // SAFETY: as above.
    drop(unsafe { Box::from_raw(wasi.cast::<Wasi>()) });
}

fn set(wasi: &mut Wasi, stream: c_int, what: Stdio) {
    if let Some(place) = usize::try_from(stream).ok().and_then(|stream| wasi.config.stdio.get_mut(stream)) {
        *place = what;
    }
}
