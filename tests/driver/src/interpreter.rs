//! Executes a script: instances, the registry of imports, calls, and what they should lead to.
//!
//! # Safety
//!
//! Everything unsafe here relies on the images that the harness linked in: they come from our compiler, so their
//! descriptors are true, and instances live until the process ends.
#![allow(unsafe_code, reason = "reads type descriptors and globals of instances through raw pointers")]

use crate::output::Line;
use crate::thread::Thread;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use aot_abi::context::{FuncRef, ValueSlot};
use aot_abi::image::{ImportDescriptor, ModuleImage, NONE};
use aot_abi::trap::Trap;
use aot_abi::types::TypeDescriptor;
use aot_runtime::instance::{memory_at, slice};
use aot_runtime::memory;
use aot_runtime::{Extern, Instance, InstantiateError, Trapped};
use aot_spec_script::directive::message_matches;
use aot_spec_script::encoding::Decoder;
use aot_spec_script::pattern::Classify;
use aot_spec_script::{Action, Directive, Expectation, ReferenceKind, STATUS_COMPLETE, Value};

/// The module that every thread can import from.
const HOST_MODULE: &str = "spectest";

/// Status when the script itself cannot be read.
const STATUS_DAMAGED: i32 = 2;

/// Runs a script to its end and says what failed.
pub fn run(script: &[u8], image: fn(u32) -> &'static ModuleImage) -> i32 {
    let mut decoder = Decoder::new(script);
    let Some(count) = decoder.count() else { return STATUS_DAMAGED };
    let Some(directives) = (0..count).map(|_| decoder.directive()).collect::<Option<Vec<_>>>() else {
        return STATUS_DAMAGED;
    };
    let steps: Vec<(u64, Directive)> = (0..).zip(directives).collect();
    let mut state = State { image, instances: BTreeMap::new(), registry: BTreeMap::new(), threads: BTreeMap::new() };
    state.steps(&steps, crate::output::progress);
    crate::output::progress(count);
    Line::end(count).write();
    STATUS_COMPLETE
}

/// What one thread knows.
pub struct State {
    image: fn(u32) -> &'static ModuleImage,
    instances: BTreeMap<u32, Instance>,
    registry: BTreeMap<String, u32>,
    threads: BTreeMap<u32, Thread>,
}

/// What an action led to.
enum Ended {
    Values(Vec<Value>),
    Trapped(Trap),
    Unlinkable(String),
    /// The runtime refused for a reason that no script expects.
    Refused(String),
}

impl State {
    /// Executes numbered directives; `before` each.
    pub fn steps(&mut self, steps: &[(u64, Directive)], before: fn(u64)) {
        let mut rest = steps;
        while let Some(((index, directive), behind)) = rest.split_first() {
            before(*index);
            rest = behind;
            let outcome = if let Action::Spawn { thread, shared, length } = directive.action {
                let (own, behind) = behind.split_at(behind.len().min(length as usize));
                rest = behind;
                self.spawn(thread, shared, own)
            } else {
                self.directive(directive)
            };
            if let Err(reason) = outcome {
                Line::fail(*index, &reason).write();
            }
        }
    }

    fn spawn(&mut self, thread: u32, shared: Option<u32>, steps: &[(u64, Directive)]) -> Result<(), String> {
        let mut state = State {
            image: self.image,
            instances: BTreeMap::new(),
            registry: BTreeMap::new(),
            threads: BTreeMap::new(),
        };
        for instance in self.registry.get(HOST_MODULE).copied().into_iter().chain(shared) {
            state.instances.insert(instance, *self.instance(instance)?);
        }
        state.registry.extend(self.registry.get_key_value(HOST_MODULE).map(|(name, number)| (name.clone(), *number)));
        let started = Thread::start(state, steps.to_vec()).ok_or("the kernel gives no thread")?;
        self.threads.insert(thread, started);
        Ok(())
    }

    /// `Err` says why the directive does not hold.
    fn directive(&mut self, directive: &Directive) -> Result<(), String> {
        let ended = self.act(&directive.action)?;
        match (&directive.expectation, ended) {
            (Expectation::Success, Ended::Values(_)) => Ok(()),
            (Expectation::Results(patterns), Ended::Values(values)) => {
                if values.len() != patterns.len() {
                    return Err(format!("{} results instead of {}", values.len(), patterns.len()));
                }
                for (number, (pattern, value)) in patterns.iter().zip(&values).enumerate() {
                    if !pattern.matches(*value, &Headers) {
                        return Err(format!("result {number} is {value} instead of {pattern}"));
                    }
                }
                Ok(())
            }
            (Expectation::Trap(message), Ended::Trapped(trap)) if message_matches(message, trap.message()) => Ok(()),
            (Expectation::Unlinkable(message), Ended::Unlinkable(actual)) if message_matches(message, &actual) => {
                Ok(())
            }
            (Expectation::Exception, Ended::Trapped(Trap::UncaughtException)) => Ok(()),
            (expected, ended) => Err(format!("{ended} instead of {}", wanted(expected))),
        }
    }

    fn act(&mut self, action: &Action) -> Result<Ended, String> {
        match action {
            Action::Instantiate { image, instance } => {
                let image = (self.image)(*image);
                match self.imports(image) {
                    // SAFETY: the image is our compiler's, and no instance is ever freed.
                    Ok(imports) => match unsafe { aot_runtime::instantiate(image, &imports) } {
                        Ok(created) => {
                            self.instances.insert(*instance, created);
                            Ok(Ended::Values(Vec::new()))
                        }
                        Err(InstantiateError::Trap(trapped)) => Ok(Ended::Trapped(trapped.trap)),
                        Err(error @ InstantiateError::IncompatibleImport { .. }) => {
                            Ok(Ended::Unlinkable(error.to_string()))
                        }
                        Err(error) => Ok(Ended::Refused(error.to_string())),
                    },
                    Err(ended) => Ok(ended),
                }
            }
            Action::Register { instance, name } => {
                self.instance(*instance)?;
                self.registry.insert(name.clone(), *instance);
                Ok(Ended::Values(Vec::new()))
            }
            Action::Invoke { instance, name, arguments } => {
                let Some(Extern::Function(function)) = self.instance(*instance)?.export(name.as_bytes()) else {
                    return Err(format!("there is no exported function {name:?}"));
                };
                invoke(function, arguments)
            }
            Action::Get { instance, name } => {
                let Some(Extern::Global { cell, .. }) = self.instance(*instance)?.export(name.as_bytes()) else {
                    return Err(format!("there is no exported global {name:?}"));
                };
                // SAFETY: exports of an instance point into it, and it is alive.
                Ok(Ended::Values(vec![Value(unsafe { (*cell).bytes })]))
            }
            Action::Spawn { .. } => Err("a thread is started with its steps".to_string()),
            Action::Wait { thread } => {
                self.threads.remove(thread).ok_or("the thread was not started")?.wait();
                Ok(Ended::Values(Vec::new()))
            }
            Action::Retire { instance } => {
                if let Some(retired) = self.instances.remove(instance) {
                    let counts = &retired.image().counts;
                    for index in counts.imported_memories..counts.imported_memories + counts.memories {
                        // SAFETY: the index is in range, and the harness knows that nothing uses the instance again.
                        unsafe { memory::destroy(&mut *memory_at(retired.context(), index)) };
                    }
                }
                Ok(Ended::Values(Vec::new()))
            }
        }
    }

    fn instance(&self, number: u32) -> Result<&Instance, String> {
        self.instances.get(&number).ok_or_else(|| "its module has no instance".to_string())
    }

    /// What the image imports, in order, or why that cannot be had.
    fn imports(&self, image: &ModuleImage) -> Result<Vec<Extern>, Ended> {
        let mut externs = Vec::new();
        // SAFETY: slices of an image are what the compiler wrote.
        let imports: &[ImportDescriptor] = unsafe { slice(&image.imports) };
        for import in imports.iter().filter(|import| import.slot != NONE) {
            // SAFETY: see above.
            let (module, field) = unsafe { (slice(&import.module), slice(&import.field)) };
            let provider = core::str::from_utf8(module).ok().and_then(|name| self.registry.get(name));
            let instance = provider.and_then(|number| self.instances.get(number));
            let found = instance.and_then(|instance| instance.export(field));
            externs.push(found.ok_or_else(|| Ended::Unlinkable("unknown import".into()))?);
        }
        Ok(externs)
    }
}

fn invoke(function: *const FuncRef, arguments: &[Value]) -> Result<Ended, String> {
    // SAFETY: an exported function points to a func ref of a live instance, and that to its type.
    let descriptor: &TypeDescriptor = unsafe { &*(*function).type_descriptor };
    let (parameters, results) = (descriptor.parameter_count as usize, descriptor.result_count as usize);
    if arguments.len() != parameters {
        return Err(format!("{} arguments for {parameters} parameters", arguments.len()));
    }
    let mut slots = vec![ValueSlot::default(); parameters.max(results)];
    for (slot, argument) in slots.iter_mut().zip(arguments) {
        slot.bytes = argument.0;
    }
    // SAFETY: the instance is alive, and there are as many slots as the type asks for.
    match unsafe { aot_runtime::call(function, &mut slots) } {
        Ok(()) => Ok(Ended::Values(slots[..results].iter().map(|slot| Value(slot.bytes)).collect())),
        Err(Trapped { trap, .. }) => Ok(Ended::Trapped(trap)),
    }
}

/// Kinds of objects by their header.
struct Headers;

impl Classify for Headers {
    fn is_kind(&self, _reference: u64, _kind: ReferenceKind) -> Option<bool> {
        // TODO(PROPOSALS.md#gc): there are no objects yet, so no result can be one.
        None
    }
}

fn wanted(expectation: &Expectation) -> String {
    match expectation {
        Expectation::Success => "success".into(),
        Expectation::Results(_) => "results".into(),
        Expectation::Trap(message) => format!("trap {message:?}"),
        Expectation::Unlinkable(message) => format!("link error {message:?}"),
        Expectation::Exception => "an exception".into(),
    }
}

impl core::fmt::Display for Ended {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Ended::Values(values) if values.is_empty() => formatter.write_str("success"),
            Ended::Values(values) => {
                formatter.write_str("results")?;
                values.iter().try_for_each(|value| write!(formatter, " {value}"))
            }
            Ended::Trapped(trap) => write!(formatter, "trap {:?}", trap.message()),
            Ended::Unlinkable(message) => write!(formatter, "link error {message:?}"),
            Ended::Refused(message) => write!(formatter, "no instance ({message})"),
        }
    }
}
