//! A program that counts: runs `_start`, and leaves the counters in a file when the program exits.
//!
//! The file's name is a record of the configuration. A program that traps or is killed leaves none.
#![allow(unsafe_code, reason = "reads counters that compiled code writes, and defines a symbol")]

use super::{HOOKS, Process, Program, command, fail, prepare, read_config};
use crate::instance::slice;
use crate::text::Text;
use crate::wasi::host::Hooks;
use crate::{os, wasi};
use alloc::vec::Vec;
use aot_abi::config::Record;
use aot_abi::image::ModuleImage;
use aot_abi::profile::{MAGIC, write_row};
use core::sync::atomic::{AtomicPtr, Ordering};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// The file's name; set before the program runs.
static PATH: AtomicPtr<&'static [u8]> = AtomicPtr::new(core::ptr::null_mut());

/// Runs `_start`, counting.
#[unsafe(no_mangle)]
pub extern "C" fn aot_enter_counting_command(process: &Process) -> i32 {
    let config = read_config(process);
    let program = prepare::<true>(process, &config);
    let path = config.records.iter().find_map(|record| match record {
        Record::Profile(path) => Some(*path),
        _ => None,
    });
    let path = path.unwrap_or_else(|| fail("the executable does not say where its profile goes"));
    PATH.store(alloc::boxed::Box::leak(alloc::boxed::Box::new(path)), Ordering::Relaxed);
    wasi::host::install(&COUNTING);
    let status = command(&config, program);
    write(program.image);
    status
}

static COUNTING: Hooks = Hooks {
    current: HOOKS.current,
    exit: |context, code| {
        write(Program::of(context).image);
        os::exit(code as i32)
    },
    spawn: crate::wasi::host::Spawn::Process,
};

fn write(image: &'static ModuleImage) {
    let mut file = Vec::from(MAGIC);
    // SAFETY: part of an image.
    for function in unsafe { slice(&image.counters) } {
        // SAFETY: the compiler gave each function these words, and nothing counts any more.
        let words = unsafe { core::slice::from_raw_parts(function.words, function.length as usize) };
        write_row(&mut file, function.body_hash, words);
    }
    // SAFETY: it was stored by the entry, from a leaked box.
    let path = unsafe { *PATH.load(Ordering::Relaxed) };
    if save(path, &file).is_err() {
        os::write_stderr(
            Text::default().words("error: cannot write the profile `").bytes(path).words("`\n").as_str().as_bytes(),
        );
    }
}

fn save(path: &[u8], bytes: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::from_raw_mode(0o666))?;
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(&file, rest) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
