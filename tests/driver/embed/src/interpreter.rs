//! Executes a script as an embedder: instances that share nothing, the host module's functions as closures, its memory,
//! table and globals as settings.
//!
//! What scripts do between instances (imports from another one, threads) is nothing that embedders can do. Such directives
//! are counted as left out, and so are all that use an instance which could not be made for that reason, or from which
//! such an instance would have imported: it might have changed it.

use crate::typed;
use aot_embed::{CallError, CreateError, ExternRef, HostImports, Instance, Module, Settings, Type, Value};
use aot_spec_script::directive::message_matches;
use aot_spec_script::encoding::Decoder;
use aot_spec_script::pattern::Classify;
use aot_spec_script::{Action, Directive, END, Expectation, FAIL, ReferenceKind, STATUS_COMPLETE};
use std::collections::HashMap;
use std::os::unix::fs::FileExt;

/// The instance that stands for the host, and the name it is known by.
const HOST: (u32, &str) = (0, "spectest");

/// First word of a line about a directive that is left out: `skip <index> <reason>`.
const SKIP: &str = "skip";

/// Status when the script itself cannot be read.
const STATUS_DAMAGED: i32 = 2;

type Raw = aot_spec_script::Value;

/// Runs a script to its end and says what failed.
pub fn run(script: &[u8], module: fn(u32) -> &'static Module) -> i32 {
    let mut decoder = Decoder::new(script);
    let Some(count) = decoder.count() else { return STATUS_DAMAGED };
    let Some(directives) = (0..count).map(|_| decoder.directive()).collect::<Option<Vec<_>>>() else {
        return STATUS_DAMAGED;
    };
    let mut state = State {
        module,
        modules: HashMap::new(),
        instances: HashMap::new(),
        imports: host(),
        registered: HashMap::new(),
    };
    let mut left_to_threads = 0;
    for (index, directive) in directives.iter().enumerate() {
        progress(index as u64);
        let outcome = match (&directive.action, left_to_threads) {
            (_, 1..) => {
                left_to_threads -= 1;
                Err(Why::LeftOut("a step of a thread"))
            }
            (Action::Spawn { length, .. }, 0) => {
                left_to_threads = *length;
                Err(Why::LeftOut("a thread"))
            }
            (_, 0) => state.directive(directive),
        };
        match outcome {
            Ok(()) => {}
            Err(Why::Failed(reason)) => println!("{FAIL} {index} {}", reason.replace('\n', " ")),
            Err(Why::LeftOut(reason)) => println!("{SKIP} {index} {reason}"),
        }
    }
    progress(count);
    println!("{END} {count}");
    STATUS_COMPLETE
}

/// Says which directive comes next, so that a crash can be attributed. Standard input is a file of the harness.
fn progress(index: u64) {
    use std::os::fd::{AsFd, OwnedFd};
    // Without such a file, as when a person runs the program, there is nobody to tell.
    let file = std::io::stdin().as_fd().try_clone_to_owned().map(|fd: OwnedFd| std::fs::File::from(fd));
    if let Ok(file) = file {
        let _ = file.write_at(&index.to_le_bytes(), 0);
    }
}

/// The host module's functions. They print nothing: nobody reads it.
fn host() -> HostImports<u32> {
    let mut imports = HostImports::new();
    let count = |mut caller: aot_embed::Caller<'_, u32>| {
        *caller.host_mut() += 1;
        Ok(())
    };
    imports
        .function(HOST.1, "print", move |caller, ()| count(caller))
        .function(HOST.1, "print_i32", move |caller, (_,): (i32,)| count(caller))
        .function(HOST.1, "print_i64", move |caller, (_,): (i64,)| count(caller))
        .function(HOST.1, "print_f32", move |caller, (_,): (f32,)| count(caller))
        .function(HOST.1, "print_f64", move |caller, (_,): (f64,)| count(caller))
        .function(HOST.1, "print_i32_f32", move |caller, (_, _): (i32, f32)| count(caller))
        .function(HOST.1, "print_f64_f64", move |caller, (_, _): (f64, f64)| count(caller));
    imports
}

/// What the host module has besides functions.
const NOT_FUNCTIONS: &[&str] =
    &["global_i32", "global_i64", "global_f32", "global_f64", "table", "table64", "memory", "shared_memory"];

fn settings() -> Settings {
    Settings::new()
        .global(HOST.1, "global_i32", Value::I32(666))
        .global(HOST.1, "global_i64", Value::I64(666))
        .global(HOST.1, "global_f32", Value::F32(666.6))
        .global(HOST.1, "global_f64", Value::F64(666.6))
        .table(HOST.1, "table", 10, Some(20))
        .table(HOST.1, "table64", 10, Some(20))
        .memory(HOST.1, "memory", 1, Some(2))
        .memory(HOST.1, "shared_memory", 1, Some(2))
}

/// Why a directive does not hold.
enum Why {
    Failed(String),
    LeftOut(&'static str),
}

fn failed(reason: impl Into<String>) -> Why {
    Why::Failed(reason.into())
}

struct State {
    module: fn(u32) -> &'static Module,
    modules: HashMap<u32, &'static Module>,
    /// `None` for those that need another one.
    instances: HashMap<u32, Option<Instance<u32>>>,
    imports: HostImports<u32>,
    /// Instances by the names that others import from.
    registered: HashMap<String, u32>,
}

/// What an action led to.
enum Ended {
    Values(Vec<Raw>),
    Trapped(String),
    Unlinkable(String),
    /// There is no instance, for a reason that no script expects.
    Refused(String),
}

impl State {
    fn directive(&mut self, directive: &Directive) -> Result<(), Why> {
        let ended = self.act(&directive.action)?;
        match (&directive.expectation, ended) {
            // A host makes memories, tables and globals to the module's measure.
            (Expectation::Unlinkable(_), Ended::Values(_)) if self.has_other_imports(&directive.action) => {
                Err(Why::LeftOut("an import that a host adapts"))
            }
            (Expectation::Success, Ended::Values(_)) => Ok(()),
            (Expectation::Results(patterns), Ended::Values(values)) => {
                if values.len() != patterns.len() {
                    return Err(failed(format!("{} results instead of {}", values.len(), patterns.len())));
                }
                for (number, (pattern, value)) in patterns.iter().zip(&values).enumerate() {
                    if !pattern.matches(*value, &Nothing) {
                        return Err(failed(format!("result {number} is {value} instead of {pattern}")));
                    }
                }
                Ok(())
            }
            (Expectation::Trap(message), Ended::Trapped(actual)) if message_matches(message, &actual) => Ok(()),
            (Expectation::Unlinkable(message), Ended::Unlinkable(actual)) if message_matches(message, &actual) => {
                Ok(())
            }
            (expected, ended) => Err(failed(format!("{ended:?} instead of {expected:?}"))),
        }
    }

    fn act(&mut self, action: &Action) -> Result<Ended, Why> {
        match action {
            // The host is no instance here.
            Action::Instantiate { instance, .. } if *instance == HOST.0 => Ok(Ended::Values(Vec::new())),
            Action::Instantiate { image, instance } => self.instantiate(*image, *instance),
            // Nobody can import from it, which shows where somebody wants to.
            Action::Register { instance, name } => {
                self.registered.insert(name.clone(), *instance);
                Ok(Ended::Values(Vec::new()))
            }
            Action::Invoke { instance, .. } | Action::Get { instance, .. } if *instance == HOST.0 => {
                Err(Why::LeftOut("a use of the host module itself"))
            }
            Action::Invoke { instance, name, arguments } => invoke(self.instance(*instance)?, name, arguments),
            Action::Get { instance, name } => match self.instance(*instance)?.global(name) {
                Some(value) => Ok(Ended::Values(vec![raw(value)])),
                None => Err(failed(format!("there is no exported global {name:?}"))),
            },
            Action::Spawn { .. } | Action::Wait { .. } => Err(Why::LeftOut("a thread")),
            Action::Retire { instance } => {
                // All of it goes at once.
                self.instances.remove(instance);
                Ok(Ended::Values(Vec::new()))
            }
        }
    }

    fn has_other_imports(&self, action: &Action) -> bool {
        let Action::Instantiate { image, .. } = action else { return false };
        let imports = |module: &&'static Module| module.imports().count() > module.imported_functions().count();
        self.modules.get(image).is_some_and(imports)
    }

    fn instantiate(&mut self, image: u32, instance: u32) -> Result<Ended, Why> {
        let module = *self.modules.entry(image).or_insert_with(|| (self.module)(image));
        if module.imports().any(|(from, _)| from != HOST.1) {
            for (from, _) in module.imports() {
                if let Some(other) = self.registered.get(from) {
                    self.instances.insert(*other, None);
                }
            }
            self.instances.insert(instance, None);
            return Err(Why::LeftOut("an import from another instance"));
        }
        match self.imports.bind(module).and_then(|bound| bound.instantiate(0, &settings())) {
            Ok(made) => {
                self.instances.insert(instance, Some(made));
                Ok(Ended::Values(Vec::new()))
            }
            Err(CreateError::Trap(trap)) => Ok(Ended::Trapped(trap.message())),
            Err(CreateError::Missing { field, .. }) if NOT_FUNCTIONS.contains(&&*field) => {
                Ok(Ended::Unlinkable("incompatible import type".to_owned()))
            }
            Err(CreateError::Missing { .. }) => Ok(Ended::Unlinkable("unknown import".to_owned())),
            Err(CreateError::Mismatch { .. }) => Ok(Ended::Unlinkable("incompatible import type".to_owned())),
            Err(error @ CreateError::Other(..)) => {
                // The host's functions are known, but they are no globals.
                let unknown = error.to_string().contains("nothing gives") && !error.to_string().contains("`print");
                let message = if unknown { "unknown import" } else { "incompatible import type" };
                Ok(Ended::Unlinkable(message.to_owned()))
            }
            Err(error) if error.to_string().starts_with("incompatible import type") => {
                Ok(Ended::Unlinkable(error.to_string()))
            }
            Err(error) => Ok(Ended::Refused(error.to_string())),
        }
    }

    fn instance(&mut self, number: u32) -> Result<&mut Instance<u32>, Why> {
        match self.instances.get_mut(&number) {
            Some(Some(instance)) => Ok(instance),
            Some(None) => Err(Why::LeftOut("an instance with imports from another one")),
            None => Err(failed("its module has no instance")),
        }
    }
}

fn invoke(instance: &mut Instance<u32>, name: &str, arguments: &[Raw]) -> Result<Ended, Why> {
    let Some(function) = instance.function(name) else {
        return Err(failed(format!("there is no exported function {name:?}")));
    };
    let Some(signature) = instance.function_type(function) else {
        return Err(Why::LeftOut("a type that hosts have no values of"));
    };
    if signature.parameters.len() != arguments.len() {
        return Err(failed(format!("{} arguments for {signature}", arguments.len())));
    }
    let arguments: Vec<Value> =
        signature.parameters.iter().zip(arguments).map(|(ty, argument)| value(*ty, *argument)).collect();
    // By type where bindings would, and by values as well where it can be said twice.
    let result = match typed::call(instance, function, &arguments) {
        Some(result) => result.map(|value| vec![value]).map_err(CallError::Trap),
        None => instance.call(name, &arguments),
    };
    match result {
        Ok(values) => Ok(Ended::Values(values.into_iter().map(raw).collect())),
        Err(CallError::Trap(trap)) => Ok(Ended::Trapped(trap.message())),
        Err(error) => Ok(Ended::Refused(error.to_string())),
    }
}

/// A value of the script. It has no functions but null.
fn value(ty: Type, raw: Raw) -> Value {
    let bits = raw.bits();
    match ty {
        Type::I32 => Value::I32(bits as u32 as i32),
        Type::I64 => Value::I64(bits as u64 as i64),
        Type::F32 => Value::F32(f32::from_bits(bits as u32)),
        Type::F64 => Value::F64(f64::from_bits(bits as u64)),
        Type::V128 => Value::V128(raw.0),
        Type::FuncRef => Value::FuncRef(None),
        Type::ExternRef => Value::ExternRef(ExternRef::new(bits as u64)),
    }
}

/// A value as patterns want it. A function is some number that is not 0.
fn raw(value: Value) -> Raw {
    Raw::from_bits(match value {
        Value::I32(value) => u128::from(value as u32),
        Value::I64(value) => u128::from(value as u64),
        Value::F32(value) => u128::from(value.to_bits()),
        Value::F64(value) => u128::from(value.to_bits()),
        Value::V128(bytes) => u128::from_le_bytes(bytes),
        Value::FuncRef(function) => u128::from(function.is_some()),
        Value::ExternRef(reference) => reference.map_or(0, |reference| u128::from(reference.number())),
    })
}

/// Embedders see no objects of the collected heap.
struct Nothing;

impl Classify for Nothing {
    fn is_kind(&self, _: u64, _: ReferenceKind) -> Option<bool> {
        None
    }
}

impl std::fmt::Debug for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Ended::Values(values) => {
                f.write_str("results")?;
                values.iter().try_for_each(|value| write!(f, " {value}"))
            }
            Ended::Trapped(message) => write!(f, "trap {message:?}"),
            Ended::Unlinkable(message) => write!(f, "link error {message:?}"),
            Ended::Refused(message) => write!(f, "refused: {message}"),
        }
    }
}
