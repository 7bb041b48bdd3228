//! What the program is given: the executable's configuration, the environment, the command line.

use super::Process;
use crate::text::{Describe, Text};
use crate::wasi::{HostDirectory, Listener, Preopen, Stdio, Strings, WasiConfig};
use alloc::vec::Vec;
use aot_abi::config::{GRANTS_VARIABLE, INHERIT_ENVIRONMENT, ProgramConfig, RUNTIME_GRANTS, Record};

/// An entry of [`GRANTS_VARIABLE`] that cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GrantError(Vec<u8>);

impl Describe for GrantError {
    fn describe(&self, text: &mut Text) {
        text.words(GRANTS_VARIABLE)
            .words(": `")
            .bytes(&self.0)
            .words("` is not dir=HOST[::GUEST][:ro], env=NAME[=VALUE], inherit-env or listen=ADDRESS");
    }
}

/// Everything the program gets. Without `ALL`, it neither listens nor looks for more when it runs, and is linked without
/// what that takes.
pub(crate) fn collect<const ALL: bool>(
    process: &Process,
    config: &ProgramConfig<'static>,
) -> Result<WasiConfig, GrantError> {
    let mut wasi = WasiConfig {
        stdio: [Stdio::Inherit, Stdio::Inherit, Stdio::Inherit],
        owns_process: true,
        ..WasiConfig::default()
    };
    let mut environment = Environment { process: &process.environment, given: Vec::new() };
    if config.flags & INHERIT_ENVIRONMENT != 0 {
        environment.inherit();
    }
    let (name, typed) = process.arguments.split_at(process.arguments.len().min(1));
    // A process may be started without even a name; programs rely on having one.
    wasi.arguments.push(name.first().copied().unwrap_or(b""));
    for record in &config.records {
        match *record {
            Record::Entry(_) => {}
            Record::Argument(argument) => wasi.arguments.push(argument),
            record => grant::<ALL>(&mut wasi, &mut environment, record),
        }
    }
    for argument in typed {
        wasi.arguments.push(argument);
    }
    if ALL
        && config.flags & RUNTIME_GRANTS != 0
        && let Some(text) = variable(&process.environment, GRANTS_VARIABLE.as_bytes())
    {
        for entry in text.split(|byte| *byte == b';').filter(|entry| !entry.is_empty()) {
            if entry == b"inherit-env" {
                environment.inherit();
                continue;
            }
            let record = parse(entry).ok_or_else(|| GrantError(entry.to_vec()))?;
            grant::<ALL>(&mut wasi, &mut environment, record);
        }
    }
    wasi.environment = environment.given.into_iter().collect::<Strings>();
    Ok(wasi)
}

/// The value of a variable of the process.
pub(crate) fn variable<'a>(environment: &[&'a [u8]], name: &[u8]) -> Option<&'a [u8]> {
    environment.iter().find_map(|string| string.strip_prefix(name)?.strip_prefix(b"="))
}

fn grant<const ALL: bool>(wasi: &mut WasiConfig, environment: &mut Environment<'_>, record: Record<'_>) {
    match record {
        Record::Environment(variable) => environment.give(variable),
        Record::Directory { host, guest, read_only } => wasi.preopens.push(Preopen {
            host: HostDirectory::Path(host.to_vec()),
            guest_path: guest.to_vec(),
            read_only,
        }),
        Record::Listener(address) if ALL => wasi.listeners.push(Listener::at(address)),
        Record::Listener(_) | Record::Entry(_) | Record::Argument(_) | Record::Profile(_) => {}
    }
}

/// One entry of [`GRANTS_VARIABLE`].
fn parse(entry: &[u8]) -> Option<Record<'_>> {
    let at = entry.iter().position(|byte| *byte == b'=')?;
    let (kind, value) = (&entry[..at], &entry[at + 1..]);
    match kind {
        b"dir" => {
            let (value, read_only) = match value.strip_suffix(b":ro") {
                Some(value) => (value, true),
                None => (value, false),
            };
            let (host, guest) = match value.windows(2).position(|pair| pair == b"::") {
                Some(split) => (&value[..split], &value[split + 2..]),
                None => (value, value),
            };
            (!host.is_empty()).then_some(Record::Directory { host, guest, read_only })
        }
        b"env" => (!value.is_empty()).then_some(Record::Environment(value)),
        b"listen" => Some(Record::Listener(value)),
        _ => None,
    }
}

/// The program's environment while it is put together.
struct Environment<'a> {
    process: &'a [&'static [u8]],
    given: Vec<Vec<u8>>,
}

impl Environment<'_> {
    /// `NAME=VALUE`, or `NAME` for what the process has under that name, if anything. A later one replaces an earlier.
    fn give(&mut self, string: &[u8]) {
        let name = string.split(|byte| *byte == b'=').next().unwrap_or(string);
        let string = if name.len() == string.len() {
            let Some(value) = variable(self.process, name) else { return };
            [name, b"=", value].concat()
        } else {
            string.to_vec()
        };
        self.given.retain(|old| old.strip_prefix(name).is_none_or(|rest| rest.first() != Some(&b'=')));
        self.given.push(string);
    }

    /// Everything the process has, but the variable that is meant for us.
    fn inherit(&mut self) {
        for string in self.process {
            if string.contains(&b'=') && variable(&[string], GRANTS_VARIABLE.as_bytes()).is_none() {
                self.give(string);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn entries_of_the_variable_are_read() {
        let directory = |host, guest, read_only| Some(Record::Directory { host, guest, read_only });
        assert_eq!(parse(b"dir=/tmp"), directory(b"/tmp", b"/tmp", false));
        assert_eq!(parse(b"dir=/a=b::/data:ro"), directory(b"/a=b", b"/data", true));
        assert_eq!(parse(b"env=A=b=c"), Some(Record::Environment(b"A=b=c")));
        assert_eq!(parse(b"listen=127.0.0.1:80"), Some(Record::Listener(b"127.0.0.1:80")));
        for wrong in [b"dir=".as_slice(), b"dir", b"env=", b"net=all", b""] {
            assert_eq!(parse(wrong), None);
        }
    }

    #[test]
    fn the_environment_is_what_was_granted() {
        let process: [&[u8]; 3] = [b"A=1", b"AB=2", b"AOT_GRANTS=inherit-env"];
        let mut environment = Environment { process: &process, given: vec![] };
        environment.give(b"A");
        environment.give(b"MISSING");
        environment.give(b"B=x=y");
        assert_eq!(environment.given, [b"A=1".as_slice(), b"B=x=y"]);
        environment.give(b"B=z");
        environment.inherit();
        assert_eq!(environment.given, [b"B=z".as_slice(), b"A=1", b"AB=2"]);
    }
}
