//! `aot compile`: a module to an executable, to an object, to a library, or to text that shows one.

use crate::args::{CompileArgs, ConsoleArgs, Emit, resolve};
use crate::cache::Entry;
use crate::cache::functions::Functions;
use crate::console::Console;
use crate::diagnostic::{Failure, Message, Reporter};
use crate::input::Input;
use crate::output::executable::Executable;
use crate::output::library::Library;
use crate::output::{Destination, Permissions};
use crate::{progress, timing};
use aot_compiler::timing::Timer;
use aot_compiler::{FunctionStore, Options, Stage};
use std::ffi::OsStr;
use std::path::Path;

/// What is to be done, all decided.
enum Job {
    Executable(Box<Executable>),
    Object(Options),
    Library(Library),
    Header(Library),
    Rust(Library),
    Text(Options, Stage),
}

impl Job {
    fn options(&self) -> &Options {
        match self {
            Job::Executable(executable) => &executable.options,
            Job::Library(library) | Job::Header(library) | Job::Rust(library) => &library.options,
            Job::Object(options) | Job::Text(options, _) => options,
        }
    }

    /// What stands before and behind the name in the names of such files.
    fn affixes(&self) -> (&'static str, &'static str) {
        match self {
            Job::Executable(_) => ("", ""),
            Job::Object(_) => ("", ".o"),
            Job::Library(_) => ("lib", ".a"),
            Job::Header(_) => ("", ".h"),
            Job::Rust(_) => ("", ".rs"),
            Job::Text(_, Stage::Code) => ("", ".s"),
            Job::Text(..) => ("", ".clif"),
        }
    }

    fn permissions(&self) -> Permissions {
        match self {
            Job::Executable(_) => Permissions::Executable,
            Job::Object(_) | Job::Library(_) | Job::Header(_) | Job::Rust(_) | Job::Text(..) => Permissions::Data,
        }
    }

    /// Everything that decides the bytes, besides the module, as text; `None` for what is not worth keeping.
    fn fingerprint(&self) -> Option<String> {
        match self {
            Job::Executable(executable) => Some(executable.fingerprint()),
            Job::Object(options) => Some(format!("object {options:?}")),
            Job::Library(library) => Some(format!("library {} {:?}", library.with_runtime, library.options)),
            Job::Header(_) | Job::Rust(_) | Job::Text(..) => None,
        }
    }

    /// The bytes, from the cache if they are there.
    fn run_cached(self, input: &Input, timer: &Timer) -> Result<Vec<u8>, Failure> {
        let entry = self.fingerprint().and_then(|fingerprint| Entry::of(&input.wasm, &fingerprint));
        if let Some(bytes) = entry.as_ref().and_then(Entry::find).and_then(|path| std::fs::read(path).ok()) {
            return Ok(bytes);
        }
        let functions = Functions::open();
        let bytes = self.run(input, timer, functions.as_ref().map(|functions| functions as &dyn FunctionStore))?;
        if let Some(entry) = entry {
            // A cache that cannot be written is one that is slow.
            let _ = entry.insert(&bytes);
        }
        Ok(bytes)
    }

    fn run(self, input: &Input, timer: &Timer, store: Option<&dyn FunctionStore>) -> Result<Vec<u8>, Failure> {
        let result = match self {
            Job::Executable(executable) => return executable.build(input, timer, store),
            Job::Library(library) => return library.archive(input, timer, store),
            Job::Header(library) => return library.header(input),
            Job::Rust(library) => return library.rust(input),
            Job::Object(options) => {
                aot_compiler::compile_with(&input.wasm, &options, timer, store).map(|object| object.bytes)
            }
            Job::Text(options, stage) => aot_compiler::dump(&input.wasm, &options, stage, None).map(String::into_bytes),
        };
        result.map_err(|error| input.failure(&error))
    }
}

pub(crate) fn run(
    args: &CompileArgs,
    console_args: &ConsoleArgs,
    console: &mut Console<'_>,
    reporter: &Reporter,
) -> Result<(), Failure> {
    let timer = Timer::new();
    let input = timer.stage("read", || Input::read(&args.input, console))?;
    // Everything is decided for every output before work is done for the first.
    let mut jobs = Vec::new();
    for (index, &emit) in args.emit.iter().enumerate() {
        if args.emit[..index].contains(&emit) {
            continue;
        }
        let job = job(emit, args, &input, console, reporter)?;
        let destination = destination(&job, args, &input)?;
        jobs.push((job, destination));
    }
    let visible = console.interactive && !console_args.quiet;
    for (job, destination) in jobs {
        let target = job.options().target.triple();
        reporter.note(&format!("{}: {} bytes of WebAssembly for {target}", input.label, input.wasm.len()), console);
        let permissions = job.permissions();
        let bytes = progress::during(visible, &input.label, &timer, || {
            if args.cache { job.run_cached(&input, &timer) } else { job.run(&input, &timer, None) }
        })?;
        timer.stage("write", || destination.write(&bytes, permissions, console))?;
        reporter.note(&format!("{}: {} bytes", destination.label(), bytes.len()), console);
    }
    if args.time {
        console.complain(&timing::table(&timer));
    }
    Ok(())
}

fn job(
    emit: Emit,
    args: &CompileArgs,
    input: &Input,
    console: &mut Console<'_>,
    reporter: &Reporter,
) -> Result<Job, Failure> {
    let object_options = || resolve::options(&args.code, &args.object, input.module_name());
    let mut library = || {
        let name = library_name(args, input);
        let mut library =
            Library::prepare(&args.code, &args.executable, &args.object, &name, input, console, reporter)?;
        library.with_runtime = !args.emit.contains(&Emit::Rust);
        if !library.with_runtime && args.emit.contains(&Emit::Header) {
            let message = Message::usage("a library is for C or for Rust: `header` and `rust` exclude each other");
            let help = "for C the archive holds the runtime, in a Rust program it comes with the crate `aot-embed`";
            return Err(Failure::from(message.with_help(help)));
        }
        Ok(library)
    };
    Ok(match emit {
        Emit::Staticlib => Job::Library(library()?),
        Emit::Header => Job::Header(library()?),
        Emit::Rust => Job::Rust(library()?),
        Emit::Exe => {
            let executable = Executable::prepare(&args.code, &args.executable, input, console, reporter)?;
            Job::Executable(Box::new(executable))
        }
        Emit::Obj => Job::Object(object_options()?),
        Emit::Asm => Job::Text(object_options()?, Stage::Code),
        Emit::Clif => Job::Text(object_options()?, Stage::Clif),
    })
}

/// Several outputs share a name; a single one has its own.
fn destination(job: &Job, args: &CompileArgs, input: &Input) -> Result<Destination, Failure> {
    let (before, after) = job.affixes();
    let named = |name: &OsStr| {
        let mut whole = OsStr::new(before).to_owned();
        whole.push(name);
        whole.push(after);
        whole
    };
    let requested = match &args.output {
        Some(path) if args.emit.len() > 1 => {
            let name = path.file_name().filter(|_| path.as_os_str() != "-").ok_or_else(|| {
                Message::usage("several outputs need a name").with_help("`-o NAME` gives them one, as in `libNAME.a`")
            })?;
            Some(path.with_file_name(named(name)))
        }
        Some(path) => Some(path.clone()),
        None => None,
    };
    let stem = input.stem.as_deref().map(|stem| named(OsStr::new(stem)).to_string_lossy().into_owned());
    Destination::choose(requested.as_deref(), &args.input, stem.as_deref(), None)
}

/// What a library's symbols begin with, where nothing says it: the name of the output without what makes it a file name.
fn library_name(args: &CompileArgs, input: &Input) -> String {
    let path = match &args.output {
        Some(path) if path.as_os_str() != "-" => path,
        _ => return input.stem.clone().unwrap_or_else(|| "module".to_owned()),
    };
    let stem = if args.emit.len() > 1 { path.file_name() } else { Path::new(path).file_stem() };
    let stem = stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    match stem.strip_prefix("lib") {
        Some(rest) if args.emit == [Emit::Staticlib] && !rest.is_empty() => rest.to_owned(),
        _ => stem,
    }
}
