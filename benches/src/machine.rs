//! Where and with what a table was measured. A number without this means nothing.

use crate::peer::aot::Aot;
use std::fs;
use std::path::Path;
use std::process::Command;

#[derive(Debug)]
pub(crate) struct Machine {
    cpu: String,
    /// Label and value.
    lines: Vec<(&'static str, String)>,
}

impl Machine {
    pub(crate) fn describe(root: &Path, aot: &Aot) -> Machine {
        let system = rustix::system::uname();
        let architecture = system.machine().to_string_lossy().into_owned();
        let cpu = cpu_model().unwrap_or_else(|| "unknown".to_owned());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let commit = first_line(Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(root));
        let lines = vec![
            ("CPU", format!("{cpu} ({architecture}), {threads} hardware threads")),
            ("Kernel", format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy())),
            ("Load when done", load.split(' ').next().unwrap_or("unknown").to_owned()),
            ("Commit", commit),
            ("aot", first_line(Command::new(&aot.path).arg("--version"))),
            ("rustc", first_line(Command::new("rustc").arg("--version"))),
            ("C compiler", first_line(Command::new("gcc").arg("--version"))),
            ("Command", command_line()),
        ];
        Machine { cpu: format!("{cpu} {architecture}"), lines }
    }

    pub(crate) fn lines(&self) -> &[(&'static str, String)] {
        &self.lines
    }

    /// A name for a file.
    pub(crate) fn slug(&self) -> String {
        let words =
            self.cpu.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-").to_lowercase()
    }
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    // aarch64 kernels name the parts of the model and no brand.
    ["model name", "CPU part"].into_iter().find_map(|key| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.split_whitespace().collect::<Vec<_>>().join(" "))
    })
}

fn first_line(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    let line = output.and_then(|output| Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned()));
    line.unwrap_or_else(|| format!("unknown: `{}` does not run", command.get_program().to_string_lossy()))
}

/// The command as a reader would repeat it: paths of this machine say nothing elsewhere.
fn command_line() -> String {
    let mut text = "cargo table".to_owned();
    for argument in std::env::args().skip(1) {
        text.push(' ');
        text.push_str(if argument.contains('/') { "…" } else { &argument });
    }
    text
}
