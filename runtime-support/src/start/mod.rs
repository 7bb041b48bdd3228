//! Process entry: what the executable was told and what the user typed → grants → instance → the program → exit status.
//!
//! Four routines, of which the linker keeps the one that the program's configuration names: [`aot_enter_command`] runs
//! `_start`, [`aot_enter_plain_command`] does so for a program without sockets and runtime grants, [`aot_enter_function`]
//! runs any export with arguments from the command line, [`profile::aot_enter_counting_command`] leaves a profile. The order is fixed: a stack
//! first (its failure must be told apart from the program's overflow), then the grants, then the instance, whose own
//! start function may use the grants already.
//!
//! A trap is reported and dies as `abort` does; what the program was promised and cannot get ends it with status 1
//! before any of its code runs.
#![allow(unsafe_code, reason = "hands the program's record to instantiation and defines symbols")]

mod function;
mod grants;
pub mod profile;

use crate::instance::{self, Extern, Instance, InstantiateError, slice};
use crate::stack::{self, GuestStack};
use crate::text::{Describe, Text};
use crate::trap::report;
use crate::wasi::host::{Hooks, Spawn};
use crate::wasi::{self, GuestMemory, WasiState};
use crate::{Trapped, memory, os};
use alloc::boxed::Box;
use alloc::vec::Vec;
use aot_abi::config::{BACKTRACE_VARIABLE, DEFAULT_STACK_BYTES, ProgramConfig};
use aot_abi::context::InstanceContext;
use aot_abi::image::{ExternKind, ModuleImage};

/// What the process entry found.
#[derive(Debug)]
pub struct Process {
    /// The program.
    pub image: &'static ModuleImage,
    /// What it was told when it was made: the bytes behind the address in [`aot_abi::symbol::CONFIG`].
    pub config: &'static [u8],
    /// The command line, the executable's name first.
    pub arguments: Vec<&'static [u8]>,
    /// `NAME=VALUE` strings.
    pub environment: Vec<&'static [u8]>,
}

/// A routine that [`aot_abi::symbol::CONFIG`] may name.
pub type Enter = extern "C" fn(&Process) -> i32;

/// The running program, behind [`InstanceContext::host`] of each of its instances.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) image: &'static ModuleImage,
    /// What every instance gets for its imports: memories, of which threads share the shared ones.
    pub(crate) imports: Vec<Extern>,
    wasi: WasiState,
    /// Index of the memory that WASI functions use.
    memory: Option<u32>,
    with_frames: bool,
}

/// Runs `_start`.
#[unsafe(no_mangle)]
pub extern "C" fn aot_enter_command(process: &Process) -> i32 {
    let config = read_config(process);
    command(&config, prepare::<true>(process, &config))
}

/// Runs `_start` of a program that neither listens nor takes more grants when it runs.
#[unsafe(no_mangle)]
pub extern "C" fn aot_enter_plain_command(process: &Process) -> i32 {
    let config = read_config(process);
    command(&config, prepare::<false>(process, &config))
}

fn command(config: &ProgramConfig<'static>, program: &'static Program) -> i32 {
    let instance = program.instantiate();
    let Some(Extern::Function(function)) = instance.export(config.entry()) else { not_exported(config.entry()) };
    // SAFETY: the function belongs to the live instance; the compiler checked that it takes and returns nothing.
    if let Err(trapped) = unsafe { crate::call(function, &mut []) } {
        program.die_of(&trapped)
    }
    0
}

/// Runs `_initialize`, if there is one, then the named function with arguments from the command line.
#[unsafe(no_mangle)]
pub extern "C" fn aot_enter_function(process: &Process) -> i32 {
    let config = read_config(process);
    let program = prepare::<true>(process, &config);
    let instance = program.instantiate();
    function::run(program, instance, config.entry(), process.arguments.get(1..).unwrap_or(&[]))
}

fn read_config(process: &Process) -> ProgramConfig<'static> {
    match ProgramConfig::read(process.config) {
        Some(config) => config,
        None => fail("the executable's configuration is of another version of this runtime"),
    }
}

/// Everything before the instance.
fn prepare<const ALL: bool>(process: &Process, config: &ProgramConfig<'static>) -> &'static Program {
    let stack_bytes = if config.stack_bytes == 0 { DEFAULT_STACK_BYTES } else { config.stack_bytes };
    stack::set_guest_stack_bytes(usize::try_from(stack_bytes).unwrap_or(usize::MAX / 2));
    match GuestStack::acquire() {
        Ok(stack) => stack.release(),
        Err(_) => fail(Text::default().words("cannot get ").number(stack_bytes).words(" bytes for the stack")),
    }
    // A pipe that nobody reads is an error of the write, as on every other host of WASI.
    // SAFETY: nothing runs.
    unsafe { os::signal_action(os::SIGPIPE, os::NewAction::Ignore) };
    let wasi = match grants::collect::<ALL>(process, config).map(WasiState::new) {
        Ok(Ok(state)) => state,
        Ok(Err(error)) => fail(&error),
        Err(error) => fail(&error),
    };
    let imports = imported_memories(process.image).unwrap_or_else(|error| fail(&error));
    let backtrace = grants::variable(&process.environment, BACKTRACE_VARIABLE.as_bytes());
    wasi::host::install(&HOOKS);
    Box::leak(Box::new(Program {
        image: process.image,
        imports,
        wasi,
        memory: instance::exported_memory(process.image, b"memory"),
        with_frames: backtrace != Some(b"0"),
    }))
}

impl Program {
    /// A new instance; the process ends when there can be none.
    pub(crate) fn instantiate(&'static self) -> Instance {
        let host = core::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the compiler wrote the image; memories in `imports` live as long as the process.
        match unsafe { instance::instantiate_for(self.image, &self.imports, host) } {
            Ok(instance) => instance,
            Err(InstantiateError::Trap(trapped)) => self.die_of(&trapped),
            Err(error) => fail(&error),
        }
    }

    /// Reports a trap and dies of it.
    pub(crate) fn die_of(&self, trapped: &Trapped) -> ! {
        os::write_stderr(report::text(trapped, self.with_frames).as_bytes());
        os::abort()
    }

    /// The program that an instance belongs to.
    pub(crate) fn of(context: *mut InstanceContext) -> &'static Program {
        // SAFETY: `instantiate` is the only one to make instances in this process, and stores a leaked program.
        unsafe { &*(*context).host.cast::<Program>() }
    }
}

static HOOKS: Hooks = Hooks {
    current: |context| {
        let program = Program::of(context);
        let (base, length) = match program.memory {
            None => (core::ptr::dangling_mut(), 0),
            // SAFETY: the index comes from the exports of the instance's module.
            Some(index) => unsafe {
                let memory = instance::memory_at(context, index);
                ((*memory).base, memory::byte_length(memory))
            },
        };
        // SAFETY: that is the memory, and the calling instance waits for the WASI function to end.
        (&program.wasi, unsafe { GuestMemory::new(base, length) })
    },
    exit: |_, code| os::exit(code as i32),
    spawn: Spawn::Process,
};

/// Memories that the module imports, as wasi-threads asks: created once, from the imports' own types.
fn imported_memories(image: &'static ModuleImage) -> Result<Vec<Extern>, InstantiateError> {
    let mut imports = Vec::new();
    for import in instance::imports_with_slots(image) {
        // SAFETY: part of an image.
        let (module, field) = unsafe { (slice(&import.module), slice(&import.field)) };
        if import.ty.kind != ExternKind::Memory {
            return Err(InstantiateError::IncompatibleImport { module, field });
        }
        // SAFETY: the descriptor has neither contents nor a fixed base.
        let memory = unsafe { memory::create(&memory::descriptor_of(&import.ty)) }.map_err(InstantiateError::Memory)?;
        imports.push(Extern::Memory(Box::leak(Box::new(memory))));
    }
    Ok(imports)
}

/// Says why the program cannot run, and ends the process.
pub(crate) fn fail(why: &(impl Describe + ?Sized)) -> ! {
    fail_with(&Text::of(why))
}

fn fail_with(why: &Text) -> ! {
    os::write_stderr(Text::default().words("error: ").words(why.as_str()).words("\n").as_str().as_bytes());
    os::exit(1)
}

/// The configuration names a function that the module lacks.
fn not_exported(name: &[u8]) -> ! {
    fail(Text::default().words("the program does not export a function `").bytes(name).words("`"))
}
