//! One plan in one configuration: its modules compiled, joined by an object that holds the encoded script, and linked.

use super::configuration::{Configuration, Model, Target};
use super::plan::{Check, Plan, SPECTEST};
use super::toolbox::{Refusal, Request, Toolbox};
use anyhow::{Context, Result};
use aot_spec_script::{Action, Directive, Expectation, IMAGES_SYMBOL, SCRIPT_LENGTH_SYMBOL, SCRIPT_SYMBOL, encoding};
use object::write::{Object, Relocation, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SymbolFlags,
    SymbolKind, SymbolScope,
};
use std::collections::{HashMap, HashSet};

/// A program for the driver to interpret, or what stands in its way.
#[derive(Debug)]
pub struct Program {
    /// For each step of the plan: settled without the driver, or the number of its directive.
    pub steps: Vec<Settled>,
    /// Steps in the order of the driver's directives.
    pub driven: Vec<usize>,
    /// The executable.
    pub executable: Result<Vec<u8>>,
}

/// Where the outcome of a step comes from.
#[derive(Debug, Clone)]
pub enum Settled {
    /// It is known.
    Already(Result<(), String>),
    /// The driver will say.
    ByDriver,
}

/// Other memories live this far apart: more than the largest reservation and its guard.
const MEMORY_STRIDE: u64 = 0x20_0000_0000;

/// The group of the host module.
pub const HOST_GROUP: &str = "spectest";

/// Compiles and links.
pub fn build(plan: &Plan, group: &str, configuration: Configuration, toolbox: &dyn Toolbox) -> Program {
    let placements = placements(plan);
    let mut images =
        Images { plan, group, configuration, toolbox, placements, objects: Vec::new(), compiled: HashMap::new() };
    let mut steps = Vec::new();
    let mut driven = Vec::new();
    let mut directives = Vec::new();
    // Threads whose steps are being resolved: their directive, and how many steps are still theirs.
    let mut threads: Vec<(usize, u32)> = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        while threads.last().is_some_and(|(_, left)| *left == 0) {
            threads.pop();
        }
        let settled = match &step.check {
            Check::Holds => Settled::Already(Ok(())),
            Check::Fails(reason) => Settled::Already(Err(reason.clone())),
            Check::Rejected(wasm) => Settled::Already(images.rejected(wasm)),
            Check::Defined { module } => Settled::Already(images.defined(*module)),
            Check::Driven(directive) => match images.resolve(directive) {
                Ok(directive) => {
                    driven.push(index);
                    directives.push(directive);
                    Settled::ByDriver
                }
                Err(reason) => Settled::Already(Err(reason)),
            },
        };
        for (at, left) in &mut threads {
            *left -= 1;
            // A thread has the directives that reach the driver.
            if let (Settled::Already(_), Directive { action: Action::Spawn { length, .. }, .. }) =
                (&settled, &mut directives[*at])
            {
                *length -= 1;
            }
        }
        if let (Settled::ByDriver, Some(Directive { action: Action::Spawn { length, .. }, .. })) =
            (&settled, directives.last())
        {
            threads.push((directives.len() - 1, *length));
        }
        steps.push(settled);
    }
    let executable = images.link(&directives);
    Program { steps, driven, executable }
}

struct Images<'a> {
    plan: &'a Plan,
    group: &'a str,
    configuration: Configuration,
    toolbox: &'a dyn Toolbox,
    /// For each instance number, what the executable model makes of it.
    placements: Vec<Placement>,
    objects: Vec<Vec<u8>>,
    /// Number of the image, by what it is compiled for: a module in the library model, an instance otherwise.
    compiled: HashMap<usize, Result<usize, Refusal>>,
}

impl Images<'_> {
    fn resolve(&mut self, directive: &Directive) -> Result<Directive, String> {
        let mut resolved = directive.clone();
        if let Action::Instantiate { image, .. } = &mut resolved.action {
            let instance = *image as usize;
            let number = match self.configuration.model {
                Model::Library => {
                    self.image(self.plan.instances[instance], self.plan.instances[instance], Placement::default())
                }
                Model::Executable => self.image(instance, self.plan.instances[instance], self.placements[instance]),
            };
            let number = number.map_err(|refusal| refusal.message)?;
            *image = u32::try_from(number).expect("a script has fewer than 2^32 modules");
        }
        Ok(resolved)
    }

    fn image(&mut self, key: usize, module: usize, placement: Placement) -> Result<usize, Refusal> {
        if let Some(known) = self.compiled.get(&key) {
            return known.clone();
        }
        let number = self.objects.len();
        let result = self.compile(module, number, placement).map(|object| {
            self.objects.push(object);
            number
        });
        self.compiled.insert(key, result.clone());
        result
    }

    fn compile(&self, module: usize, number: usize, placement: Placement) -> Result<Vec<u8>, Refusal> {
        let request = Request {
            configuration: self.configuration,
            symbol_prefix: &prefix(number),
            memory_base: placement.memory_base,
            only_module: placement.only_module,
            // The host module serves every script, so it has more than some of them may use.
            group: if module == SPECTEST { HOST_GROUP } else { self.group },
        };
        self.toolbox.compile(&self.plan.modules[module].wasm, &request)
    }

    fn defined(&mut self, module: usize) -> Result<(), String> {
        let result = match self.configuration.model {
            Model::Library => self.image(module, module, Placement::default()).map(drop),
            // Each instance will be compiled by itself.
            Model::Executable => self.compile(module, self.objects.len(), Placement::default()).map(drop),
        };
        result.map_err(|refusal| refusal.message)
    }

    fn rejected(&self, wasm: &[u8]) -> Result<(), String> {
        let request = Request {
            configuration: self.configuration,
            symbol_prefix: "rejected",
            memory_base: None,
            only_module: false,
            group: self.group,
        };
        match self.toolbox.compile(wasm, &request) {
            Ok(_) => Err("the module was accepted".into()),
            Err(refusal) if refusal.invalid => Ok(()),
            Err(refusal) => Err(format!("rejected for another reason: {}", refusal.message)),
        }
    }

    fn link(&mut self, directives: &[Directive]) -> Result<Vec<u8>> {
        let images = self.objects.len();
        let script = script_object(self.configuration.target, &encoding::encode(directives), images);
        self.objects.push(script.context("cannot write the script's object")?);
        self.toolbox.link(self.configuration, &self.objects)
    }
}

/// What the executable model makes of an instance.
#[derive(Debug, Clone, Copy, Default)]
struct Placement {
    /// Address of its first memory; `None` is the address that programs have.
    memory_base: Option<u64>,
    /// No other instance's code can reach its functions, and it is not used again after a trap.
    only_module: bool,
}

/// Programs' own address is the one whose addressing matters most: every instance gets it that will be retired, while no
/// other one has it. The first one of the script gets it in any case. What is retired is alone as well.
fn placements(plan: &Plan) -> Vec<Placement> {
    let directives = || {
        plan.steps.iter().filter_map(|step| match &step.check {
            Check::Driven(directive) => Some(directive),
            _ => None,
        })
    };
    let driven = || directives().map(|directive| &directive.action);
    let retired: HashSet<u32> = driven()
        .filter_map(|action| match action {
            Action::Retire { instance } => Some(*instance),
            _ => None,
        })
        .collect();
    let outlive_a_trap = outlive_a_trap(directives());
    let own = |number: u32| Placement {
        memory_base: Some(u64::from(number + 1) * MEMORY_STRIDE),
        only_module: retired.contains(&number) && !outlive_a_trap.contains(&number),
    };
    let mut placements: Vec<Placement> = (0..plan.instances.len() as u32).map(own).collect();
    let mut holder = None;
    for action in driven() {
        match action {
            Action::Instantiate { instance, .. }
                if holder.is_none() && (retired.contains(instance) || *instance as usize == SPECTEST + 1) =>
            {
                holder = Some(*instance);
                placements[*instance as usize].memory_base = None;
            }
            Action::Retire { instance } if holder == Some(*instance) => holder = None,
            _ => {}
        }
    }
    placements
}

/// Instances that are used after a function of theirs trapped.
fn outlive_a_trap<'a>(directives: impl Iterator<Item = &'a Directive>) -> HashSet<u32> {
    let (mut trapped, mut used_again) = (HashSet::new(), HashSet::new());
    for Directive { action, expectation } in directives {
        let (Action::Invoke { instance, .. } | Action::Get { instance, .. }) = action else { continue };
        if trapped.contains(instance) {
            used_again.insert(*instance);
        }
        if matches!(expectation, Expectation::Trap(_) | Expectation::Exception) {
            trapped.insert(*instance);
        }
    }
    used_again
}

fn prefix(number: usize) -> String {
    format!("m{number}")
}

/// An object with the script's bytes and pointers to the modules' images.
fn script_object(target: Target, script: &[u8], images: usize) -> Result<Vec<u8>> {
    let architecture = match target {
        Target::X86_64 => Architecture::X86_64,
        Target::Aarch64 => Architecture::Aarch64,
    };
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    define(&mut object, StandardSection::ReadOnlyData, SCRIPT_SYMBOL, script);
    let length = (script.len() as u64).to_le_bytes();
    define(&mut object, StandardSection::ReadOnlyData, SCRIPT_LENGTH_SYMBOL, &length);
    // Room for one at least: the symbol should be part of something.
    let table = define(&mut object, StandardSection::ReadOnlyDataWithRel, IMAGES_SYMBOL, &vec![0; images.max(1) * 8]);
    let (section, start) = (object.section_id(StandardSection::ReadOnlyDataWithRel), object.symbol(table).value);
    for number in 0..images {
        let name = format!("{}_{}", prefix(number), aot_abi::symbol::IMAGE);
        let symbol = object.add_symbol(symbol(name.as_bytes(), SymbolKind::Unknown));
        object.add_relocation(
            section,
            Relocation {
                offset: start + number as u64 * 8,
                symbol,
                addend: 0,
                flags: RelocationFlags::Generic {
                    kind: RelocationKind::Absolute,
                    encoding: RelocationEncoding::Generic,
                    size: 64,
                },
            },
        )?;
    }
    Ok(object.write()?)
}

fn define(object: &mut Object<'_>, section: StandardSection, name: &str, bytes: &[u8]) -> SymbolId {
    let section = object.section_id(section);
    let id = object.add_symbol(symbol(name.as_bytes(), SymbolKind::Data));
    object.add_symbol_data(id, section, bytes, 16);
    id
}

fn symbol(name: &[u8], kind: SymbolKind) -> Symbol {
    Symbol {
        name: name.to_vec(),
        value: 0,
        size: 0,
        kind,
        scope: SymbolScope::Linkage,
        weak: false,
        section: SymbolSection::Undefined,
        flags: SymbolFlags::None,
    }
}
