//! A `.wast` script → what the host checks, what the driver executes, and the modules between them.
//!
//! Names of the script (`$instance`, "the last module") become numbers here. Every attempt to instantiate gets an
//! instance number of its own, also those inside assertions: an instance that trapped while it started may have left its
//! functions in a table of another one. Only instances that cannot have done so are retired after their last use, see
//! `retire`: what matters about that is the address of their memory, which the next one can have.

use super::{Spectest, suite, value};
use aot_spec_script::{Action, Directive, Expectation};
use std::collections::{HashMap, HashSet};
use wasmparser::TypeRef;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, WastThread, Wat};

/// A script, ready to be compiled.
#[derive(Debug)]
pub struct Plan {
    /// Modules in binary form.
    pub modules: Vec<Module>,
    /// For each instance number, the module it is an instance of.
    pub instances: Vec<usize>,
    /// What to check, in order.
    pub steps: Vec<Step>,
}

/// A module that the script instantiates or defines.
#[derive(Debug)]
pub struct Module {
    /// In binary form.
    pub wasm: Vec<u8>,
    /// Where it stands in the script.
    pub line: u32,
}

/// One directive.
#[derive(Debug)]
pub struct Step {
    /// Line in the script, from 1.
    pub line: u32,
    /// What to check.
    pub check: Check,
}

/// How a directive is checked.
#[derive(Debug)]
pub enum Check {
    /// The compiler has to reject these bytes.
    Rejected(Vec<u8>),
    /// The compiler has to accept this module, which nothing instantiates yet.
    Defined { module: usize },
    /// Already decided while reading the script: it holds.
    Holds,
    /// Already decided while reading the script: it does not hold, or is nothing we know.
    Fails(String),
    /// The driver executes it. `image` in [`Action::Instantiate`] is an instance number here: which image that is
    /// depends on the instance model.
    Driven(Directive),
}

/// Instance number of the `spectest` host module, which every script can import from.
pub const SPECTEST: usize = 0;

impl Plan {
    /// Reads the script that the suite calls `key`. A script that is not in the text format of scripts
    /// becomes a plan with one failing step.
    #[must_use]
    pub fn read(key: &str, text: &str, spectest: &Spectest) -> Plan {
        let mut reader = Reader::new(text);
        if let Err(error) = reader.read(text) {
            let line = reader.line(error.span().offset());
            reader.step(line, Check::Fails(format!("not a script: {}", error.message())));
        }
        let plan = &mut reader.plan;
        let with_memories = plan.modules.iter().any(|module| imports_host_memory(&module.wasm));
        plan.modules[SPECTEST].wasm =
            if with_memories { spectest.whole.clone() } else { spectest.without_memories.clone() };
        retire(plan);
        let superseded =
            |line: u32| suite::SUPERSEDED.iter().any(|(file, lines, _)| *file == key && lines.contains(&line));
        reader.plan.steps.retain(|step| !superseded(step.line));
        reader.plan
    }
}

struct Reader<'a> {
    plan: Plan,
    line_starts: Vec<usize>,
    scope: Scope<'a>,
    threads: HashMap<&'a str, u32>,
}

/// What names mean; each thread has its own.
#[derive(Default)]
struct Scope<'a> {
    /// The instance that directives without a name mean.
    current: Option<usize>,
    current_definition: Option<usize>,
    named: HashMap<&'a str, usize>,
    definitions: HashMap<&'a str, usize>,
}

impl Reader<'_> {
    fn new(text: &str) -> Self {
        let line_starts =
            std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1));
        let mut reader = Reader {
            plan: Plan { modules: Vec::new(), instances: Vec::new(), steps: Vec::new() },
            line_starts: line_starts.collect(),
            scope: Scope::default(),
            threads: HashMap::new(),
        };
        // Which form of the host module it is to be follows from the others.
        let module = reader.module(Vec::new(), 0);
        let instance = reader.instance(module);
        let driven = |action| Check::Driven(Directive { action, expectation: Expectation::Success });
        reader.step(0, driven(instantiate(instance)));
        reader.step(0, driven(Action::Register { instance: index(instance), name: "spectest".into() }));
        reader
    }

    fn read(&mut self, text: &str) -> Result<(), wast::Error> {
        let mut lexer = Lexer::new(text);
        // The suite has names in right-to-left scripts and the like.
        lexer.allow_confusing_unicode(true);
        let buffer = ParseBuffer::new_with_lexer(lexer)?;
        let directives = parser::parse::<Wast<'_>>(&buffer)?.directives;
        // Names borrow from the buffer, so the reader that keeps them lives only as long.
        let mut scoped = Reader {
            plan: std::mem::replace(
                &mut self.plan,
                Plan { modules: Vec::new(), instances: Vec::new(), steps: Vec::new() },
            ),
            line_starts: std::mem::take(&mut self.line_starts),
            scope: Scope::default(),
            threads: HashMap::new(),
        };
        for directive in directives {
            scoped.directive(directive);
        }
        self.plan = scoped.plan;
        self.line_starts = scoped.line_starts;
        Ok(())
    }

    fn line(&self, offset: usize) -> u32 {
        index(self.line_starts.partition_point(|start| *start <= offset))
    }

    fn step(&mut self, line: u32, check: Check) {
        self.plan.steps.push(Step { line, check });
    }

    fn module(&mut self, wasm: Vec<u8>, line: u32) -> usize {
        self.plan.modules.push(Module { wasm, line });
        self.plan.modules.len() - 1
    }

    fn instance(&mut self, module: usize) -> usize {
        self.plan.instances.push(module);
        self.plan.instances.len() - 1
    }
}

impl<'a> Reader<'a> {
    fn directive(&mut self, directive: WastDirective<'a>) {
        let line = self.line(directive.span().offset());
        let directive = match directive {
            WastDirective::Thread(thread) => return self.thread(thread, line),
            other => other,
        };
        let check = self.check(directive, line).unwrap_or_else(Check::Fails);
        self.step(line, check);
    }

    /// A step that starts the thread, and the thread's own steps behind it.
    fn thread(&mut self, thread: WastThread<'a>, line: u32) {
        let number = index(self.threads.len());
        self.threads.insert(thread.name.name(), number);
        let mut scope = Scope::default();
        let shared = thread.shared_module.and_then(|name| {
            let instance = *self.scope.named.get(name.name())?;
            scope.named.insert(name.name(), instance);
            scope.current = Some(instance);
            Some(index(instance))
        });
        let at = self.plan.steps.len();
        self.step(line, Check::Holds);
        let outer = std::mem::replace(&mut self.scope, scope);
        for directive in thread.directives {
            self.directive(directive);
        }
        self.scope = outer;
        let length = index(self.plan.steps.len() - at - 1);
        self.plan.steps[at].check = match (thread.shared_module, shared) {
            (Some(name), None) => Check::Fails(format!("no instance is named ${}", name.name())),
            _ => Check::Driven(Directive {
                action: Action::Spawn { thread: number, shared, length },
                expectation: Expectation::Success,
            }),
        };
    }

    /// `Err` says why the directive cannot hold.
    fn check(&mut self, directive: WastDirective<'a>, line: u32) -> Result<Check, String> {
        let (action, expectation) = match directive {
            WastDirective::Module(mut source) => {
                let name = source.name();
                let wasm = encode(&mut source);
                // Whatever comes of the module, later directives mean this one, not the one before.
                let module = self.module(wasm.as_deref().unwrap_or_default().to_vec(), line);
                let instance = self.instance(module);
                self.scope.current = Some(instance);
                self.scope.current_definition = Some(module);
                if let Some(name) = name {
                    self.scope.named.insert(name.name(), instance);
                    self.scope.definitions.insert(name.name(), module);
                }
                wasm?;
                (instantiate(instance), Expectation::Success)
            }
            WastDirective::ModuleDefinition(mut source) => {
                let name = source.name();
                let wasm = encode(&mut source);
                let module = self.module(wasm.as_deref().unwrap_or_default().to_vec(), line);
                self.scope.current_definition = Some(module);
                if let Some(name) = name {
                    self.scope.definitions.insert(name.name(), module);
                }
                wasm?;
                return Ok(Check::Defined { module });
            }
            WastDirective::ModuleInstance { instance: name, module, .. } => {
                let module = match module {
                    Some(id) => self.scope.definitions.get(id.name()).copied(),
                    None => self.scope.current_definition,
                };
                let instance = self.instance(module.ok_or("there is no such module definition")?);
                self.scope.current = Some(instance);
                if let Some(name) = name {
                    self.scope.named.insert(name.name(), instance);
                }
                (instantiate(instance), Expectation::Success)
            }
            WastDirective::AssertMalformed { mut module, .. }
            | WastDirective::AssertMalformedCustom { mut module, .. }
            | WastDirective::AssertInvalid { mut module, .. }
            | WastDirective::AssertInvalidCustom { mut module, .. } => {
                return Ok(module.encode().map_or(Check::Holds, Check::Rejected));
            }
            WastDirective::Register { name, module, .. } => {
                let instance = index(self.resolve(module)?);
                (Action::Register { instance, name: name.into() }, Expectation::Success)
            }
            WastDirective::Invoke(invoke) => (self.invoke(&invoke)?, Expectation::Success),
            WastDirective::AssertTrap { exec, message, .. } => {
                (self.execute(exec, line)?, Expectation::Trap(message.into()))
            }
            WastDirective::AssertReturn { exec, results, .. } => {
                let patterns = results.iter().map(|result| match result {
                    WastRet::Core(core) => value::pattern(core),
                    other => Err(format!("unknown result {other:?}")),
                });
                let patterns = patterns.collect::<Result<Vec<_>, String>>()?;
                (self.execute(exec, line)?, Expectation::Results(patterns))
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                (self.invoke(&call)?, Expectation::Trap(message.into()))
            }
            WastDirective::AssertUnlinkable { module, message, .. } => {
                // Before bulk memory, segments were checked before anything was written, as part of linking.
                let expectation = match message {
                    "elements segment does not fit" => Expectation::Trap("out of bounds table access".into()),
                    "data segment does not fit" => Expectation::Trap("out of bounds memory access".into()),
                    _ => Expectation::Unlinkable(message.into()),
                };
                (self.execute(WastExecute::Wat(module), line)?, expectation)
            }
            WastDirective::AssertException { exec, .. } => (self.execute(exec, line)?, Expectation::Exception),
            WastDirective::AssertSuspension { .. } => return Err("stack switching is not supported".into()),
            WastDirective::Wait { thread, .. } => {
                let thread = self.threads.get(thread.name()).ok_or("there is no such thread")?;
                (Action::Wait { thread: *thread }, Expectation::Success)
            }
            WastDirective::Thread(_) => return Err("a thread is more than one step".into()),
        };
        Ok(Check::Driven(Directive { action, expectation }))
    }

    fn execute(&mut self, execute: WastExecute<'a>, line: u32) -> Result<Action, String> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Get { module, global, .. } => {
                Ok(Action::Get { instance: index(self.resolve(module)?), name: global.into() })
            }
            WastExecute::Wat(wat) => {
                let module = self.module(encode(&mut QuoteWat::Wat(wat))?, line);
                Ok(instantiate(self.instance(module)))
            }
        }
    }

    fn invoke(&self, invoke: &WastInvoke<'a>) -> Result<Action, String> {
        let arguments = invoke.args.iter().map(|argument| match argument {
            WastArg::Core(core) => value::argument(core),
            other => Err(format!("unknown argument {other:?}")),
        });
        Ok(Action::Invoke {
            instance: index(self.resolve(invoke.module)?),
            name: invoke.name.into(),
            arguments: arguments.collect::<Result<_, _>>()?,
        })
    }

    fn resolve(&self, name: Option<Id<'a>>) -> Result<usize, String> {
        match name {
            Some(id) => {
                self.scope.named.get(id.name()).copied().ok_or_else(|| format!("no instance is named ${}", id.name()))
            }
            None => self.scope.current.ok_or_else(|| "there is no module yet".into()),
        }
    }
}

/// Adds a step after the last use of each instance whose memories nobody else can hold on to: not registered, and with no
/// imports but functions and globals of the host module, which keep nothing.
fn retire(plan: &mut Plan) {
    // An instance whose instantiation fails has no other use, and is not an instance.
    let mut last_use: HashMap<u32, usize> = HashMap::new();
    let mut kept = HashSet::from([index(SPECTEST)]);
    for (at, step) in plan.steps.iter().enumerate() {
        let Check::Driven(Directive { action, expectation }) = &step.check else { continue };
        match action {
            Action::Register { instance, .. } => {
                kept.insert(*instance);
            }
            // With threads there is no order of uses.
            Action::Spawn { .. } => return,
            Action::Wait { .. } => {}
            Action::Instantiate { instance, .. } if *expectation != Expectation::Success => {
                kept.insert(*instance);
            }
            Action::Instantiate { instance, .. }
            | Action::Invoke { instance, .. }
            | Action::Get { instance, .. }
            | Action::Retire { instance } => {
                last_use.insert(*instance, at);
            }
        }
    }
    let mut retired: Vec<(usize, u32)> = last_use
        .into_iter()
        .filter(|(instance, _)| !kept.contains(instance))
        .filter(|(instance, _)| is_self_contained(&plan.modules[plan.instances[*instance as usize]].wasm))
        .map(|(instance, at)| (at, instance))
        .collect();
    // From the end, so that positions stay true.
    retired.sort_unstable();
    for (at, instance) in retired.into_iter().rev() {
        let directive = Directive { action: Action::Retire { instance }, expectation: Expectation::Success };
        plan.steps.insert(at + 1, Step { line: 0, check: Check::Driven(directive) });
    }
}

/// Whether a module imports nothing but functions and globals of the host module. One that does not even parse is not.
fn is_self_contained(wasm: &[u8]) -> bool {
    let harmless = |import: &wasmparser::Import<'_>| {
        let kept_by_nobody = matches!(import.ty, TypeRef::Func(_) | TypeRef::Global(_));
        import.module == "spectest" && kept_by_nobody
    };
    imports(wasm).is_some_and(|imports| imports.iter().all(harmless))
}

fn imports_host_memory(wasm: &[u8]) -> bool {
    let is_memory = |import: &wasmparser::Import<'_>| import.module == "spectest" && import.name.contains("memory");
    imports(wasm).is_some_and(|imports| imports.iter().any(is_memory))
}

/// The imports of a module, or `None` where it cannot be read.
fn imports(wasm: &[u8]) -> Option<Vec<wasmparser::Import<'_>>> {
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::ImportSection(imports) = payload.ok()? {
            for import in imports.into_imports() {
                found.push(import.ok()?);
            }
        }
    }
    Some(found)
}

fn instantiate(instance: usize) -> Action {
    Action::Instantiate { image: index(instance), instance: index(instance) }
}

fn encode(source: &mut QuoteWat<'_>) -> Result<Vec<u8>, String> {
    if matches!(source, QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..)) {
        return Err("components are not supported".into());
    }
    source.encode().map_err(|error| format!("not a module: {}", error.message()))
}

fn index(value: usize) -> u32 {
    u32::try_from(value).expect("a script has fewer than 2^32 of anything")
}
