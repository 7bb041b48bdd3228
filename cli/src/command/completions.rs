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

#[cfg(test)]
mod tests {
    use crate::console::Console;
    use clap::ValueEnum;
    use clap_complete::Shell;

    #[test]
    fn every_shell_learns_every_command() {
        for shell in Shell::value_variants() {
            let mut out = Vec::new();
            let (mut input, mut err) = (std::io::empty(), Vec::new());
            super::run(*shell, &mut Console::captured(&mut input, &mut out, &mut err)).expect("memory takes it");
            let script = String::from_utf8(out).expect("scripts are text");
            for command in ["compile", "run", "inspect", "dump"] {
                assert!(script.contains(command), "{shell}: {command}");
            }
        }
    }
}
