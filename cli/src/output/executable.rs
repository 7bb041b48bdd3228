//! `--emit exe`: a module becomes a static executable.

use crate::args::imports::bind;
use crate::args::{CodeArgs, ExecutableArgs, StripArg, resolve};
use crate::console::{Console, describe};
use crate::diagnostic::{Failure, Message, Reporter};
use crate::input::Input;
use crate::interface::{Interface, Kind};
use crate::link::{File, Link, Linker};
use aot_compiler::Options;
use aot_compiler::options::Model;
use aot_compiler::timing::Timer;
use aot_link::Strip;
use std::fs;

/// What an executable is made from, all decided.
#[derive(Debug)]
pub(crate) struct Executable {
    pub(crate) options: Options,
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
        let mut options = resolve::code_options(code, input.module_name())?;
        // Without it, nothing else matters.
        crate::link::runtime::objects(&options.target.triple().to_string())?;
        let interface = Interface::of(&input.wasm);
        let (imports, unused) = bind(&args.imports, args.unresolved, &interface, &input.label)?;
        for argument in unused {
            let message = Message::warning(format!("no imported function is called `{}`", argument.name));
            reporter.warn(&message.about(&input.label), console);
        }
        let linker = args.linker.clone().map_or(Linker::BuiltIn, Linker::External);
        // Threads have an instance each, on one memory: state at link-time addresses would be shared.
        options.model = if interface.starts_threads() { Model::Library } else { Model::Executable };
        // Only our own linker knows how to put initial memory at its address. Elsewhere it is copied at start.
        options.memory_in_place = options.model == Model::Executable && linker == Linker::BuiltIn;
        options.symbol_prefix = aot_abi::symbol::EXECUTABLE_PREFIX.to_owned();
        options.roots = Some(roots(&interface, input)?);
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
            libraries: libraries.collect::<Result<_, Failure>>()?,
            strip: match args.strip {
                StripArg::None => Strip::None,
                StripArg::Debug => Strip::Debug,
                StripArg::All => Strip::All,
            },
            linker,
        })
    }

    /// Compiles and links.
    pub(crate) fn build(self, input: &Input, timer: &Timer) -> Result<Vec<u8>, Failure> {
        let object =
            aot_compiler::compile_timed(&input.wasm, &self.options, timer).map_err(|error| input.failure(&error))?;
        let mut files = vec![File { label: format!("{} (compiled)", input.label), bytes: object.bytes }];
        files.push(super::configuration::object(&self.options.target, &aot_abi::config::ProgramConfig::default()));
        files.extend(self.libraries);
        let link = Link { target: &self.options.target, files, strip: self.strip };
        timer.stage("link", || link.run(&self.linker))
    }

    /// Everything that decides the bytes, besides the module, as text.
    pub(crate) fn fingerprint(&self) -> String {
        let libraries: Vec<&[u8]> = self.libraries.iter().map(|file| file.bytes.as_slice()).collect();
        format!("{:?} {:?} {:?} {libraries:?}", self.options, self.strip, self.linker)
    }
}

/// The exports by which the program is entered.
fn roots(interface: &Interface, input: &Input) -> Result<Vec<String>, Failure> {
    if !interface.exports_function("_start") {
        let functions: Vec<&str> = interface
            .exports
            .iter()
            .filter(|export| export.kind == Kind::Function)
            .map(|export| export.name.as_str())
            .collect();
        let mut message = Message::input("not a program: it exports no function `_start`").about(&input.label);
        if !functions.is_empty() {
            message = message.with_detail(format!("it exports {}", enumerate(&functions)));
        }
        return Err(message.with_help("`--emit obj` makes an object that a program can link").into());
    }
    // `_start` runs the program, `memory` is where WASI finds its arguments, and a thread begins at the last.
    Ok(["_start", "memory", "wasi_thread_start"].map(str::to_owned).into())
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
