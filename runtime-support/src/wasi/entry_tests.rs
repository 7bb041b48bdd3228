//! Hostile arguments through the symbols themselves: whatever a guest passes, the answer is an error number.
//!
//! The guest's memory ends at a page that nobody may touch, so that an access beyond it ends the test process.
#![allow(unsafe_code, reason = "maps memory with a guard page, and stands in for the runtime")]

use super::super::testing::Guest;
use super::super::{GuestMemory, Resolution, WasiState, host};
use aot_abi::context::InstanceContext;
use aot_abi::types::ValueKind;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect};
use std::ptr::{null_mut, slice_from_raw_parts_mut};
use std::string::String;
use std::vec::Vec;
use std::{boxed::Box, format};

/// One page of memory.
const LENGTH: u32 = 65_536;

/// What the context of a call points to here.
struct Instance {
    state: WasiState,
    memory: *mut u8,
}

fn current(context: *mut InstanceContext) -> (&'static WasiState, GuestMemory) {
    // SAFETY: these tests pass addresses of instances that they leak.
    let instance = unsafe { &*context.cast::<Instance>() };
    // SAFETY: `instance` mapped that much.
    (&instance.state, unsafe { GuestMemory::new(instance.memory, u64::from(LENGTH)) })
}

static HOOKS: host::Hooks = host::Hooks {
    current,
    exit: |_, code| panic!("exit with {code}"),
    spawn: host::Spawn::Host(|_, argument| argument.cast_signed()),
};

/// A symbol with its name, its parameters, and a way to call it.
struct Function {
    name: &'static str,
    parameters: &'static [ValueKind],
    call: fn(*mut InstanceContext, &[u64]) -> u32,
}

macro_rules! argument {
    ($arguments:ident, I32) => {
        #[allow(clippy::cast_possible_truncation, reason = "arguments of type i32 are given as such")]
        {
            *$arguments.next().expect("as many arguments as parameters") as u32
        }
    };
    ($arguments:ident, I64) => {
        *$arguments.next().expect("as many arguments as parameters")
    };
}

macro_rules! function {
    ($symbol:ident($($parameter:ident: $kind:ident),*) -> Errno) => {
        Some(Function {
            name: stringify!($symbol),
            parameters: &[$(ValueKind::$kind),*],
            call: |context, arguments| {
                let mut arguments = arguments.iter();
                let _ = &mut arguments;
                super::$symbol(context $(, argument!(arguments, $kind))*)
            },
        })
    };
    // Ends the process, or starts a thread.
    ($symbol:ident $parameters:tt -> $result:ident) => { None };
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:literal $function:ident = $symbol:ident $parameters:tt -> $result:ident in $modules:tt;)*) => {
        [$(function!($symbol $parameters -> $result)),*]
    };
}

fn functions() -> Vec<Function> {
    aot_abi::for_each_wasi_function!(functions).into_iter().flatten().collect()
}

/// An instance with the usual grants, and the tree behind them.
struct World {
    instance: *mut Instance,
    _tree: super::super::testing::TempDir,
}

impl World {
    fn new() -> World {
        host::install(&HOOKS);
        let Guest { state, tree, .. } = Guest::new(Resolution::Automatic);
        let length = LENGTH as usize;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let memory = unsafe {
            mmap_anonymous(null_mut(), length + 4096, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE).unwrap()
        };
        // SAFETY: the last page of that mapping, which nobody uses.
        unsafe { mprotect(memory.cast::<u8>().add(length).cast(), 4096, MprotectFlags::empty()).unwrap() };
        let instance = Box::leak(Box::new(Instance { state, memory: memory.cast() }));
        World { instance, _tree: tree }
    }

    /// Fills the memory with what valid calls need, and zeros.
    fn prepare(&self) {
        // SAFETY: mapped in `new`; no call is under way.
        let memory = unsafe { &mut *slice_from_raw_parts_mut((*self.instance).memory, LENGTH as usize) };
        memory.fill(0);
        memory[PATH as usize..][..4].copy_from_slice(b"file");
        memory[LINK as usize..][..4].copy_from_slice(b"link");
        memory[FRESH as usize..][..5].copy_from_slice(b"fresh");
        memory[VECTOR as usize..][..4].copy_from_slice(&(BUFFER as u32).to_le_bytes());
        memory[VECTOR as usize + 4] = 8;
    }

    fn call(&self, function: &Function, arguments: &[u64]) -> u32 {
        (function.call)(self.instance.cast(), arguments)
    }
}

const PATH: u64 = 1024;
const LINK: u64 = 1040;
const FRESH: u64 = 1056;
const VECTOR: u64 = 2048;
const BUFFER: u64 = 4096;
const OUT: u64 = 8192;
const OUT_2: u64 = 8448;
/// A file opened by the test, for reading and writing.
const FILE: u64 = 6;

/// Arguments with which each function succeeds, and which of them are addresses. Functions without addresses are not here.
const VALID: &[(&str, &[u64], &[usize])] = &[
    ("aot_wasi_args_get", &[OUT, OUT_2], &[]),
    ("aot_wasi_args_sizes_get", &[OUT, OUT_2], &[0, 1]),
    ("aot_wasi_environ_get", &[OUT, OUT_2], &[]),
    ("aot_wasi_environ_sizes_get", &[OUT, OUT_2], &[0, 1]),
    ("aot_wasi_clock_res_get", &[0, OUT], &[1]),
    ("aot_wasi_clock_time_get", &[1, 0, OUT], &[2]),
    ("aot_wasi_fd_fdstat_get", &[FILE, OUT], &[1]),
    ("aot_wasi_fd_filestat_get", &[FILE, OUT], &[1]),
    ("aot_wasi_unstable_fd_filestat_get", &[FILE, OUT], &[1]),
    ("aot_wasi_fd_pread", &[FILE, VECTOR, 1, 0, OUT], &[1, 4]),
    ("aot_wasi_fd_prestat_get", &[3, OUT], &[1]),
    ("aot_wasi_fd_prestat_dir_name", &[3, OUT, 1], &[1]),
    ("aot_wasi_fd_pwrite", &[FILE, VECTOR, 1, 0, OUT], &[1, 4]),
    ("aot_wasi_fd_read", &[FILE, VECTOR, 1, OUT], &[1, 3]),
    ("aot_wasi_fd_readdir", &[3, BUFFER, 100, 0, OUT], &[1, 4]),
    ("aot_wasi_fd_seek", &[FILE, 0, 0, OUT], &[3]),
    ("aot_wasi_unstable_fd_seek", &[FILE, 0, 2, OUT], &[3]),
    ("aot_wasi_fd_tell", &[FILE, OUT], &[1]),
    ("aot_wasi_fd_write", &[FILE, VECTOR, 1, OUT], &[1, 3]),
    ("aot_wasi_path_create_directory", &[3, FRESH, 5], &[1]),
    ("aot_wasi_path_remove_directory", &[3, FRESH, 5], &[1]),
    ("aot_wasi_path_filestat_get", &[3, 0, PATH, 4, OUT], &[2, 4]),
    ("aot_wasi_unstable_path_filestat_get", &[3, 0, PATH, 4, OUT], &[2, 4]),
    ("aot_wasi_path_filestat_set_times", &[3, 0, PATH, 4, 0, 0, 5], &[2]),
    ("aot_wasi_path_link", &[3, 0, PATH, 4, 3, FRESH, 5], &[2, 5]),
    ("aot_wasi_path_unlink_file", &[3, FRESH, 5], &[1]),
    ("aot_wasi_path_open", &[3, 0, PATH, 4, 0, 2, 0, 0, OUT], &[2, 8]),
    ("aot_wasi_path_symlink", &[PATH, 4, 3, LINK, 4], &[0, 3]),
    ("aot_wasi_path_readlink", &[3, LINK, 4, BUFFER, 100, OUT], &[1, 3, 5]),
    ("aot_wasi_path_rename", &[3, LINK, 4, 3, FRESH, 5], &[1, 4]),
    ("aot_wasi_poll_oneoff", &[VECTOR + 64, OUT, 1, OUT_2], &[0, 1, 3]),
    ("aot_wasi_unstable_poll_oneoff", &[VECTOR + 64, OUT, 1, OUT_2], &[0, 1, 3]),
    ("aot_wasi_random_get", &[BUFFER, 8], &[0]),
];

/// Addresses at which not even one of the smallest arguments fits, and some where only part of it does.
const BAD_ADDRESSES: &[u64] = &[LENGTH as u64, LENGTH as u64 - 1 + 4, 0x8000_0000, 0xffff_fff0, 0xffff_ffff];

fn open_file(world: &World, functions: &[Function]) {
    world.prepare();
    let open = functions.iter().find(|function| function.name == "aot_wasi_path_open").unwrap();
    assert_eq!(world.call(open, &[3, 0, PATH, 4, 0, (1 << 30) - 1, 0, 0, OUT]), 0);
}

#[test]
fn every_address_beyond_the_end_is_a_fault() {
    const FAULT: u32 = 21;
    let functions = functions();
    let world = World::new();
    open_file(&world, &functions);
    for (name, valid, addresses) in VALID {
        let function = functions.iter().find(|function| function.name == *name).unwrap();
        for address in *addresses {
            for bad in BAD_ADDRESSES {
                world.prepare();
                let mut arguments = valid.to_vec();
                arguments[*address] = *bad;
                assert_eq!(world.call(function, &arguments), FAULT, "{name} {arguments:x?}");
            }
        }
        // And for no other reason.
        world.prepare();
        assert_eq!(world.call(function, valid), 0, "{name} {valid:x?}");
    }
    // Nothing is missing in the list: sockets have tests of their own.
    for function in &functions {
        let takes_addresses = !["close", "sync", "advise", "allocate", "set_", "renumber", "raise", "yield", "sock_"]
            .iter()
            .any(|part| function.name.contains(part));
        if takes_addresses {
            assert!(VALID.iter().any(|(name, ..)| *name == function.name), "{} is missing", function.name);
        }
    }
}

#[test]
fn no_argument_reaches_beyond_the_memory() {
    let functions = functions();
    let end = u64::from(LENGTH);
    let words = [
        0,
        1,
        2,
        3,
        4,
        5,
        FILE,
        7,
        8,
        255,
        PATH,
        VECTOR,
        BUFFER,
        end - 65,
        end - 8,
        end - 4,
        end - 1,
        end,
        end + 1,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_fff8,
        0xffff_fffc,
        0xffff_ffff,
    ];
    let longs = [0, 1, 4096, 1 << 31, 1 << 32, i64::MAX as u64, 1 << 63, u64::MAX - 1, u64::MAX];
    // Any sequence will do, as long as it is the same each time.
    let mut seed: u64 = 1;
    let mut random = move |count: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % count
    };
    let mut world = World::new();
    open_file(&world, &functions);
    for round in 0..400 {
        if round % 50 == 49 {
            // The guest may have closed, removed and renamed everything by now.
            world = World::new();
            open_file(&world, &functions);
        }
        for function in &functions {
            let arguments: Vec<u64> = function
                .parameters
                .iter()
                .map(
                    |kind| {
                        if *kind == ValueKind::I32 { words[random(words.len())] } else { longs[random(longs.len())] }
                    },
                )
                .collect();
            world.prepare();
            let result = world.call(function, &arguments);
            assert!(result <= 76, "{} {arguments:x?} answers {result}", function.name);
        }
    }
}

#[test]
fn what_does_not_answer_with_an_error_number() {
    let world = World::new();
    assert_eq!(super::aot_wasi_thread_spawn(world.instance.cast(), 7), 7);
    let names: Vec<String> =
        aot_abi::wasi::WASI_FUNCTIONS.iter().map(|function| format!("{}.{}", function.module, function.name)).collect();
    assert!(names.contains(&"wasi.thread-spawn".into()) && names.contains(&"wasi_unstable.fd_seek".into()));
}
