//! The `aot` command as a library: parse, dispatch, print errors, choose the exit code.
//!
//! Everything that touches the machine is in this crate: files, the terminal, an external linker when one is asked
//! for. The compiler and the linker below it are pure functions from bytes to bytes.
//!
//! | Module | What it does |
//! |---|---|
//! | `args` | what was typed, and what it means |
//! | `input` | reads a module from a file or standard input, whatever form it is in |
//! | `command` | one file per command |
//! | `output` | `--emit` kinds, file naming, atomic writes |
//! | `diagnostic` | how an error looks on a terminal, and as JSON |
#![forbid(unsafe_code)]

pub mod args;
mod cache;
mod command;
mod console;
mod diagnostic;
mod input;
mod interface;
mod link;
mod output;
mod panic;
mod progress;
mod timing;

pub use console::Console;
pub use panic::install_panic_hook;

use args::{Args, Command};
use clap::Parser;
use clap::error::ErrorKind as ClapErrorKind;
use diagnostic::{Failure, Message, Reporter};
use std::ffi::OsString;
use std::process::ExitCode;

/// Success.
pub const EXIT_SUCCESS: u8 = 0;
/// The input, or something on the machine, is at fault.
pub const EXIT_INPUT: u8 = 1;
/// The command line is at fault.
pub const EXIT_USAGE: u8 = 2;

/// This program is at fault.
pub const EXIT_BUG: u8 = 101;

/// Runs the command line `arguments`, the program's name first, and returns the exit code.
pub fn run<I, T>(arguments: I, console: &mut Console<'_>) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString>,
{
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(error) => return refuse(&error, &arguments, console),
    };
    let reporter = Reporter::new(&args.console, console);
    let done = |()| EXIT_SUCCESS;
    let result = match &args.command {
        Command::Compile(compile) => command::compile::run(compile, &args.console, console, &reporter).map(done),
        Command::Run(run) => command::run::run(run, &args.console, console, &reporter),
        Command::Dump(dump) => command::dump::run(dump, console).map(done),
        Command::Inspect(inspect) => command::inspect::run(inspect, console).map(done),
        Command::Targets => command::targets::run(console).map(done),
        Command::Completions { shell } => command::completions::run(*shell, console).map(done),
        Command::Man => command::man::run(console).map(done),
        Command::Markdown => console.print(args::help::markdown().as_bytes()).map(done),
    };
    match result {
        Ok(code) => code,
        // The reader of a pipe has seen enough: nothing is wrong.
        Err(Failure::ReaderGone) => EXIT_SUCCESS,
        Err(failure) => {
            reporter.report(&failure, console);
            failure.exit()
        }
    }
}

/// [`run`] on the process's own arguments and standard streams.
#[must_use]
pub fn run_process() -> ExitCode {
    let (mut input, mut out, mut err) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let mut console = Console::of_process(&mut input, &mut out, &mut err);
    let code = panic::guard(std::panic::AssertUnwindSafe(|| run(std::env::args_os(), &mut console)));
    ExitCode::from(code.unwrap_or(EXIT_BUG))
}

/// Prints what clap says of a command line that it did not accept, or the help that was asked for.
fn refuse(error: &clap::Error, arguments: &[OsString], console: &mut Console<'_>) -> u8 {
    let text = error.render().to_string();
    match error.kind() {
        ClapErrorKind::DisplayHelp | ClapErrorKind::DisplayVersion => match console.print(text.as_bytes()) {
            Ok(()) | Err(Failure::ReaderGone) => EXIT_SUCCESS,
            Err(failure) => failure.exit(),
        },
        _ => {
            // What was asked of messages is not known of a command line that does not parse, but easily seen.
            let json = arguments.iter().any(|argument| argument == "--message-format=json")
                || arguments.windows(2).any(|pair| pair[0] == "--message-format" && pair[1] == "json");
            console.complain(&if json { Message::of_clap(&text).json("error") } else { text });
            EXIT_USAGE
        }
    }
}
