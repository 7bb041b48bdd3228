//! `aot compile`: a module to an executable, to an object, or to text that shows one.

use crate::args::{CompileArgs, ConsoleArgs, Emit, resolve};
use crate::console::Console;
use crate::diagnostic::{Failure, Reporter};
use crate::input::Input;
use crate::output::executable::Executable;
use crate::output::{Destination, Permissions};
use crate::{progress, timing};
use aot_compiler::timing::Timer;
use aot_compiler::{Options, Stage};

/// What is to be done, all decided.
enum Job {
    Executable(Box<Executable>),
    Object(Options),
    Text(Options, Stage),
}

impl Job {
    fn options(&self) -> &Options {
        match self {
            Job::Executable(executable) => &executable.options,
            Job::Object(options) | Job::Text(options, _) => options,
        }
    }

    fn extension(&self) -> Option<&'static str> {
        match self {
            Job::Executable(_) => None,
            Job::Object(_) => Some("o"),
            Job::Text(_, Stage::Code) => Some("s"),
            Job::Text(..) => Some("clif"),
        }
    }

    fn permissions(&self) -> Permissions {
        match self {
            Job::Executable(_) => Permissions::Executable,
            Job::Object(_) | Job::Text(..) => Permissions::Data,
        }
    }

    fn run(self, input: &Input, timer: &Timer) -> Result<Vec<u8>, Failure> {
        let result = match self {
            Job::Executable(executable) => return executable.build(input, timer),
            Job::Object(options) => {
                aot_compiler::compile_timed(&input.wasm, &options, timer).map(|object| object.bytes)
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
    let object_options = || resolve::options(&args.code, &args.object, input.module_name());
    let job = match args.emit {
        Emit::Exe => {
            let executable = Executable::prepare(&args.code, &args.executable, &input, console, reporter)?;
            Job::Executable(Box::new(executable))
        }
        Emit::Obj => Job::Object(object_options()?),
        Emit::Asm => Job::Text(object_options()?, Stage::Code),
        Emit::Clif => Job::Text(object_options()?, Stage::Clif),
    };
    let destination = Destination::choose(args.output.as_deref(), &args.input, input.stem.as_deref(), job.extension())?;
    let target = job.options().target.triple();
    reporter.note(&format!("{}: {} bytes of WebAssembly for {target}", input.label, input.wasm.len()), console);
    let permissions = job.permissions();
    let visible = console.interactive && !console_args.quiet;
    let bytes = progress::during(visible, &input.label, &timer, || job.run(&input, &timer))?;
    timer.stage("write", || destination.write(&bytes, permissions, console))?;
    reporter.note(&format!("{}: {} bytes", destination.label(), bytes.len()), console);
    if args.time {
        console.complain(&timing::table(&timer));
    }
    Ok(())
}
