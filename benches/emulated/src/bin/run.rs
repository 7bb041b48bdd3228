//! Runs a program that `compile` made, with as much of WASI as the table's programs use: `run CODE ARGUMENT…`.
//!
//! Says on standard error where the program's code is, so that whoever counts instructions can tell it from everything else.
#![allow(unsafe_code, reason = "wasmtime takes precompiled modules on trust")]

use std::error::Error;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};
use wasmtime::{Caller, Engine, Extern, Linker, Module, Result, Store};

const MODULE: &str = "wasi_snapshot_preview1";
const SUCCESS: i32 = 0;
const BAD_DESCRIPTOR: i32 = 8;
const NOT_SUPPORTED: i32 = 58;
const NOT_SEEKABLE: i32 = 70;
/// Events and subscriptions of `poll_oneoff`.
const EVENT_BYTES: u32 = 32;
const SUBSCRIPTION_BYTES: u32 = 48;

/// The program's arguments, its own name first.
struct Arguments(Vec<String>);

/// How the program ended itself.
#[derive(Debug)]
struct Exit(i32);

impl std::fmt::Display for Exit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "exit code {}", self.0)
    }
}

impl Error for Exit {}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(path) = arguments.first().cloned() else { wasmtime::bail!("usage: run CODE ARGUMENT…") };
    let engine = Engine::default();
    // SAFETY: `compile` wrote it.
    let module = unsafe { Module::deserialize_file(&engine, &path)? };
    let code = module.text();
    eprintln!("code {:#x} {:#x}", code.as_ptr().addr(), code.len());
    let mut store = Store::new(&engine, Arguments(arguments));
    let mut linker = Linker::new(&engine);
    files(&mut linker)?;
    process(&mut linker)?;
    let instance = linker.instantiate(&mut store, &module)?;
    let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
    let Err(error) = start.call(&mut store, ()) else { return Ok(()) };
    match error.downcast_ref::<Exit>() {
        Some(exit) => std::process::exit(exit.0),
        None => Err(error),
    }
}

/// Standard output and errors; there are no other files, and nothing to read.
fn files(linker: &mut Linker<Arguments>) -> Result<()> {
    type Of<'a> = Caller<'a, Arguments>;
    linker.func_wrap(MODULE, "fd_write", |mut caller: Of<'_>, fd: i32, vectors: u32, count: u32, written: u32| {
        let mut total = 0u32;
        for at in 0..count {
            let vector = vectors + 8 * at;
            let (start, length) = (word(&mut caller, vector)?, word(&mut caller, vector + 4)?);
            let bytes = read(&mut caller, start, length)?;
            match fd {
                1 => std::io::stdout().write_all(&bytes)?,
                2 => std::io::stderr().write_all(&bytes)?,
                _ => return Ok(BAD_DESCRIPTOR),
            }
            total += length;
        }
        store(&mut caller, written, &total.to_le_bytes())
    })?;
    linker.func_wrap(MODULE, "fd_read", |mut caller: Of<'_>, _: i32, _: u32, _: u32, count: u32| {
        store(&mut caller, count, &0u32.to_le_bytes())
    })?;
    linker.func_wrap(MODULE, "fd_fdstat_get", |mut caller: Of<'_>, fd: i32, out: u32| {
        if !(0..=2).contains(&fd) {
            return Ok(BAD_DESCRIPTOR);
        }
        // Of an unknown kind, as a pipe is; everything is allowed.
        let mut status = [0xff; 24];
        status[..8].fill(0);
        store(&mut caller, out, &status)
    })?;
    linker.func_wrap(MODULE, "fd_fdstat_set_flags", |_: i32, _: i32| SUCCESS)?;
    linker.func_wrap(MODULE, "fd_seek", |_: i32, _: i64, _: i32, _: u32| NOT_SEEKABLE)?;
    linker.func_wrap(MODULE, "fd_close", |_: i32| SUCCESS)?;
    linker.func_wrap(MODULE, "fd_renumber", |_: i32, _: i32| BAD_DESCRIPTOR)?;
    linker.func_wrap(MODULE, "fd_prestat_get", |_: i32, _: u32| BAD_DESCRIPTOR)?;
    linker.func_wrap(MODULE, "fd_prestat_dir_name", |_: i32, _: u32, _: u32| BAD_DESCRIPTOR)?;
    let open = |_: i32, _: i32, _: u32, _: u32, _: i32, _: i64, _: i64, _: i32, _: u32| NOT_SUPPORTED;
    linker.func_wrap(MODULE, "path_open", open)?;
    Ok(())
}

/// Arguments, an empty environment, clocks, and the end.
fn process(linker: &mut Linker<Arguments>) -> Result<()> {
    type Of<'a> = Caller<'a, Arguments>;
    linker.func_wrap(MODULE, "args_sizes_get", |mut caller: Of<'_>, count: u32, bytes: u32| {
        let arguments = &caller.data().0;
        let sizes = (arguments.len() as u32, arguments.iter().map(|text| text.len() as u32 + 1).sum::<u32>());
        store(&mut caller, count, &sizes.0.to_le_bytes())?;
        store(&mut caller, bytes, &sizes.1.to_le_bytes())
    })?;
    linker.func_wrap(MODULE, "args_get", |mut caller: Of<'_>, mut pointers: u32, mut bytes: u32| {
        for text in caller.data().0.clone() {
            store(&mut caller, pointers, &bytes.to_le_bytes())?;
            store(&mut caller, bytes, text.as_bytes())?;
            pointers += 4;
            bytes += text.len() as u32;
            store(&mut caller, bytes, &[0])?;
            bytes += 1;
        }
        Ok(SUCCESS)
    })?;
    linker.func_wrap(MODULE, "environ_sizes_get", |mut caller: Of<'_>, count: u32, bytes: u32| {
        store(&mut caller, count, &[0; 4])?;
        store(&mut caller, bytes, &[0; 4])
    })?;
    linker.func_wrap(MODULE, "environ_get", |_: u32, _: u32| SUCCESS)?;
    linker.func_wrap(MODULE, "clock_time_get", |mut caller: Of<'_>, _: i32, _: i64, out: u32| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        store(&mut caller, out, &(now.as_nanos() as u64).to_le_bytes())
    })?;
    linker.func_wrap(MODULE, "random_get", |mut caller: Of<'_>, start: u32, length: u32| {
        // Not random: every run should be the same.
        store(&mut caller, start, &vec![42; length as usize])
    })?;
    linker.func_wrap(MODULE, "sched_yield", || SUCCESS)?;
    linker.func_wrap(
        MODULE,
        "poll_oneoff",
        |mut caller: Of<'_>, subscriptions: u32, events: u32, count: u32, happened: u32| {
            // Whatever is waited for has happened.
            for at in 0..count {
                let subscription = read(&mut caller, subscriptions + at * SUBSCRIPTION_BYTES, 9)?;
                let mut event = [0; EVENT_BYTES as usize];
                event[..8].copy_from_slice(&subscription[..8]);
                event[10] = subscription[8];
                store(&mut caller, events + at * EVENT_BYTES, &event)?;
            }
            store(&mut caller, happened, &count.to_le_bytes())
        },
    )?;
    linker.func_wrap(MODULE, "proc_exit", |code: i32| -> Result<()> { Err(Exit(code).into()) })?;
    Ok(())
}

fn store(caller: &mut Caller<'_, Arguments>, address: u32, bytes: &[u8]) -> Result<i32> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { wasmtime::bail!("no memory") };
    memory.write(caller, address as usize, bytes)?;
    Ok(SUCCESS)
}

fn read(caller: &mut Caller<'_, Arguments>, address: u32, length: u32) -> Result<Vec<u8>> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else { wasmtime::bail!("no memory") };
    let bytes = memory.data(&*caller).get(address as usize..).and_then(|rest| rest.get(..length as usize));
    match bytes {
        Some(bytes) => Ok(bytes.to_vec()),
        None => wasmtime::bail!("{length} bytes at {address:#x} are out of bounds"),
    }
}

fn word(caller: &mut Caller<'_, Arguments>, address: u32) -> Result<u32> {
    let bytes = read(caller, address, 4)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}
