//! `aot run`: compiles to the cache, unless the executable is there already, and runs it.

use crate::args::{ConsoleArgs, RunArgs};
use crate::cache::Entry;
use crate::cache::functions::Functions;
use crate::console::{Console, describe};
use crate::diagnostic::{Failure, Message, Reporter};
use crate::input::Input;
use crate::output::executable::Executable;
use crate::progress;
use aot_compiler::FunctionStore;
use aot_compiler::timing::Timer;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the program; the exit code is the program's.
pub(crate) fn run(
    args: &RunArgs,
    console_args: &ConsoleArgs,
    console: &mut Console<'_>,
    reporter: &Reporter,
) -> Result<u8, Failure> {
    let input = Input::read(&args.input, console)?;
    let executable = Executable::prepare(&args.code, &args.executable, &input, console, reporter)?;
    let entry = Entry::of(&input.wasm, &executable.fingerprint()).ok_or_else(|| {
        Message::machine("there is no place for compiled programs")
            .with_help("set HOME or XDG_CACHE_HOME, or use `aot compile`")
    })?;
    let functions = Functions::open();
    let store = || functions.as_ref().map(|functions| functions as &dyn FunctionStore);
    let path = match entry.find() {
        Some(path) => path,
        None => {
            let visible = console.interactive && !console_args.quiet;
            let timer = Timer::new();
            let bytes = progress::during(visible, &input.label, &timer, || executable.build(&input, &timer, store()))?;
            entry.insert(&bytes).map_err(|error| {
                Message::machine(format!("cannot write to the cache: {}", describe(&error)))
                    .with_help("set XDG_CACHE_HOME to a folder that can be written, or use `aot compile`")
            })?
        }
    };
    reporter.note(&format!("running {}", path.display()), console);
    let mut command = Command::new(path);
    // The program's name for itself is the module's, not the cache's.
    command.arg0(name(&args.input)).args(&args.arguments);
    if console.is_process { Err(failure(&command.exec())) } else { captured(command, console) }
}

fn name(input: &Path) -> &OsStr {
    input.file_name().unwrap_or(OsStr::new("program"))
}

fn failure(error: &std::io::Error) -> Failure {
    let mut message = Message::machine(format!("cannot run the program: {}", describe(error)));
    // ENOEXEC: another architecture, and no emulator registered for it.
    if error.raw_os_error() == Some(8) {
        message = message.with_help("it is compiled for another machine; `aot compile` makes a file to take there");
    }
    message.into()
}

/// Runs the program on the streams of a test.
fn captured(mut command: Command, console: &mut Console<'_>) -> Result<u8, Failure> {
    let mut typed = Vec::new();
    let _ = console.input.read_to_end(&mut typed);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| failure(&error))?;
    let mut stdin = child.stdin.take().expect("it is a pipe");
    let writer = std::thread::spawn(move || {
        // A program need not read all that is there.
        let _ = stdin.write_all(&typed);
    });
    let output = child.wait_with_output().map_err(|error| failure(&error))?;
    let _ = writer.join();
    let _ = console.out.write_all(&output.stdout);
    let _ = console.err.write_all(&output.stderr);
    let status = output.status;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(u8::try_from(code).unwrap_or(u8::MAX))
}
