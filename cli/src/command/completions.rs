//! `aot completions SHELL`: a completion script.

use crate::args::help;
use crate::console::Console;
use crate::diagnostic::Failure;
use clap_complete::Shell;

pub(crate) fn run(shell: Shell, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut help::command(), "aot", &mut script);
    console.print(&script)
}
