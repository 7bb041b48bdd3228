//! `--emit exe`: a module becomes a static executable.

use crate::args::imports::bind;
use crate::args::{CodeArgs, ExecutableArgs, resolve};
use crate::console::{Console, describe};
use crate::diagnostic::{Failure, Message, Reporter};
use crate::input::Input;
use crate::interface::{Interface, Kind};
use crate::link::{File, Link, Linker};
use crate::output::config;
use crate::output::version::{self, Version};
use aot_abi::symbol::{ENTER_COMMAND, ENTER_COUNTING_COMMAND, ENTER_FUNCTION, ENTER_PLAIN_COMMAND};
use aot_compiler::FunctionStore;
use aot_compiler::options::Model;
use aot_compiler::profile::Profile;
use aot_compiler::target::Arch;
use aot_compiler::timing::Timer;
use aot_compiler::{Options, Stage};
use aot_link::Strip;
use std::fmt::Write as _;
use std::fs;

/// What an executable is made from, all decided.
#[derive(Debug)]
pub(crate) struct Executable {
    pub(crate) options: Options,
    /// Encoded; see [`config`].
    config: Vec<u8>,
    /// The routine of the runtime that runs the program.
    enter: &'static str,
    /// The processors it is compiled for; the first one's version runs anywhere.
    versions: Vec<Version>,
    libraries: Vec<File>,
    strip: Strip,
    linker: Linker,
}

impl Executable {
    /// Decides everything, and says what is missing, before any work is done.
    pub(crate) fn prepare(
        code: &CodeArgs,
        args: &ExecutableArgs,
        input: &Input,
        console: &mut Console<'_>,
        reporter: &Reporter,
    ) -> Result<Self, Failure> {
        let mut options = resolve::code_options(code, input.module_name(), true)?;
        if options.interruptible || options.fuel {
            let flag = if options.fuel { "--fuel" } else { "--interruptible" };
            let message = format!("`{flag}` is for libraries: an executable has no host that would use it");
            let help = "`ulimit -t` and `timeout` limit the time that a process takes";
            return Err(Message::usage(message).with_help(help).into());
        }
        // Without it, nothing else matters.
        crate::link::runtime::objects(&options.target.triple().to_string())?;
        let interface = Interface::of(&input.wasm);
        // Complaints about imports and exports are for modules that make sense: what is wrong with others comes first.
        let checked = |failure| match aot_compiler::dump(&input.wasm, &options, Stage::Module, None) {
            Ok(_) => failure,
            Err(error) => input.failure(&error),
        };
        let (imports, unused) = bind(&args.imports, args.unresolved, &interface, &input.label).map_err(checked)?;
        let entry = Entry::choose(args.entry.as_deref(), &interface, input).map_err(checked)?;
        for argument in unused {
            let message = Message::warning(format!("no imported function is called `{}`", argument.name));
            reporter.warn(&message.about(&input.label), console);
        }
        if args.pgo_generate.is_some() && interface.starts_threads() {
            let message = Message::usage("a program that starts threads cannot count what it does");
            return Err(message.about(&input.label).into());
        }
        if args.pgo_generate.is_some() {
            options.profile = Profile::Generate;
        }
        let linker = args.linker.clone().map_or(Linker::BuiltIn, Linker::External);
        // Threads have an instance each, on one memory: state at link-time addresses would be shared.
        options.model = if interface.starts_threads() { Model::Library } else { Model::Executable };
        options.only_module = options.model == Model::Executable;
        // Only our own linker knows how to put initial memory at its address. Elsewhere it is copied at start.
        options.memory_in_place = options.model == Model::Executable && linker == Linker::BuiltIn;
        options.vector_versions = code.cpu == version::AUTO && options.target.arch == Arch::X86_64;
        options.symbol_prefix = aot_abi::symbol::EXECUTABLE_PREFIX.to_owned();
        options.roots = Some(entry.roots());
        options.imports = imports;
        let libraries = args.host_libraries.iter().map(|path| {
            let label = path.display().to_string();
            match fs::read(path) {
                Ok(bytes) => Ok(File { label, bytes }),
                Err(error) => Err(Message::machine(format!("cannot read: {}", describe(&error))).about(label).into()),
            }
        });
        Ok(Executable {
            options,
            enter: entry.routine(args),
            config: config::encode(args)?,
            versions: version::versions(code)?,
            libraries: libraries.collect::<Result<_, Failure>>()?,
            strip: match (args.strip, code.debug_info) {
                (true, _) => Strip::All,
                (false, true) => Strip::None,
                // All that there would be is about the runtime.
                (false, false) => Strip::Debug,
            },
            linker,
        })
    }

    /// Compiles and links.
    pub(crate) fn build(
        self,
        input: &Input,
        timer: &Timer,
        store: Option<&dyn FunctionStore>,
    ) -> Result<Vec<u8>, Failure> {
        let mut files = Vec::new();
        let mut versions = Vec::new();
        for (index, version) in self.versions.iter().enumerate() {
            let mut options = self.options.clone();
            options.cpu = version.cpu.clone();
            if index > 0 {
                let _ = write!(options.symbol_prefix, "_{}", version.name);
                options.memory_elsewhere = options.memory_in_place;
            }
            let object = aot_compiler::compile_with(&input.wasm, &options, timer, store)
                .map_err(|error| input.failure(&error))?;
            files.push(File { label: format!("{} (compiled for {})", input.label, version.name), bytes: object.bytes });
            versions.push((version.processor, options.symbol_prefix));
        }
        files.push(File {
            label: "the configuration".to_owned(),
            bytes: config::object(&self.config, self.enter, &versions, self.options.target.arch)?,
        });
        files.extend(self.libraries);
        let link = Link { target: &self.options.target, files, strip: self.strip };
        timer.stage("link", || link.run(&self.linker))
    }

    /// Everything that decides the bytes, besides the module, as text.
    pub(crate) fn fingerprint(&self) -> String {
        let libraries: Vec<&[u8]> = self.libraries.iter().map(|file| file.bytes.as_slice()).collect();
        let Executable { options, config, versions, strip, linker, .. } = self;
        format!("{options:?} {config:?} {versions:?} {strip:?} {linker:?} {libraries:?}")
    }
}

/// How the program is entered.
enum Entry<'a> {
    /// At `_start`.
    Command,
    /// At this export, with arguments from the command line.
    Function(&'a str),
}

impl<'a> Entry<'a> {
    fn choose(requested: Option<&'a str>, interface: &Interface, input: &Input) -> Result<Self, Failure> {
        match requested {
            Some(name) if interface.exports_function(name) => Ok(Entry::Function(name)),
            Some(name) => {
                let message = Message::input(format!("no exported function is called `{name}`"));
                Err(list_functions(message.about(&input.label), interface).into())
            }
            None if interface.signature("_start") == Some((0, 0)) => Ok(Entry::Command),
            None if interface.exports_function("_start") => {
                let message = Message::input("its `_start` has parameters or results, so it is not that of a program");
                Err(message.about(&input.label).with_help("`--entry _start` calls it like any other function").into())
            }
            None => {
                let message = Message::input("not a program: it exports no function `_start`").about(&input.label);
                let help = "`--entry NAME` calls another function; `--emit obj` makes an object to link";
                Err(list_functions(message, interface).with_help(help).into())
            }
        }
    }

    /// The exports that have to stay.
    fn roots(&self) -> Vec<String> {
        // `memory` is where WASI finds its arguments, `_initialize` prepares what has no `_start`, and a thread begins at
        // the last. Names that are not exported mean nothing.
        let entry = match self {
            Entry::Command => "_start",
            Entry::Function(name) => name,
        };
        [entry, "memory", "_initialize", "wasi_thread_start"].map(str::to_owned).into()
    }

    /// The routine of the runtime that enters it.
    fn routine(&self, args: &ExecutableArgs) -> &'static str {
        match self {
            Entry::Command if args.pgo_generate.is_some() => ENTER_COUNTING_COMMAND,
            Entry::Command if args.grants.listeners.is_empty() && !args.grants.runtime_grants => ENTER_PLAIN_COMMAND,
            Entry::Command => ENTER_COMMAND,
            Entry::Function(_) => ENTER_FUNCTION,
        }
    }
}

fn list_functions(message: Message, interface: &Interface) -> Message {
    let functions: Vec<&str> = interface
        .exports
        .iter()
        .filter(|export| export.kind == Kind::Function)
        .map(|export| export.name.as_str())
        .collect();
    if functions.is_empty() { message } else { message.with_detail(format!("it exports {}", enumerate(&functions))) }
}

/// Names in a sentence, not too many.
fn enumerate(names: &[&str]) -> String {
    const SHOWN: usize = 10;
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => quoted.join(", "),
        more => format!("{} and {more} more", quoted.join(", ")),
    }
}
