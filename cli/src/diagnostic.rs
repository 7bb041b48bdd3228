//! How an error looks on a terminal, and as JSON.
//!
//! ```text
//! error: app.wasm: `memory.atomic.wait32` needs the threads proposal
//!   in function `lock` (index 41), at offset 0x1f3a
//!   help: pass `--features threads`
//! ```
//!
//! With `--message-format json`, the same as one object per line:
//!
//! ```text
//! {"level":"error","kind":"unsupported","file":"app.wasm","message":"…","function":{"index":41,"name":"lock"},…}
//! ```

use crate::args::{ColorWhen, ConsoleArgs, MessageFormat};
use crate::console::Console;
use crate::{EXIT_BUG, EXIT_INPUT, EXIT_SUCCESS, EXIT_USAGE};
use aot_compiler::ErrorKind;
use aot_compiler::error::FunctionName;
use std::fmt::Write as _;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Somebody has to be told.
    Message(Box<Message>),
    /// Standard output is a pipe that nobody reads any more.
    ReaderGone,
}

impl Failure {
    pub(crate) fn exit(&self) -> u8 {
        match self {
            Failure::Message(message) => message.exit,
            Failure::ReaderGone => EXIT_SUCCESS,
        }
    }
}

impl From<Message> for Failure {
    fn from(message: Message) -> Self {
        Failure::Message(Box::new(message))
    }
}

/// What is said to the user.
#[derive(Debug)]
pub(crate) struct Message {
    exit: u8,
    kind: &'static str,
    file: Option<String>,
    text: String,
    function: Option<FunctionName>,
    offset: Option<u64>,
    details: Vec<String>,
    help: Option<String>,
}

impl Message {
    fn new(exit: u8, kind: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Message { exit, kind, file: None, text, function: None, offset: None, details: Vec::new(), help: None }
    }

    /// The input is at fault.
    pub(crate) fn input(text: impl Into<String>) -> Self {
        Message::new(EXIT_INPUT, "invalid", text)
    }

    /// The command line is at fault.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Message::new(EXIT_USAGE, "usage", text)
    }

    /// The machine is at fault: a file that cannot be read, a full disk, a missing linker.
    pub(crate) fn machine(text: impl Into<String>) -> Self {
        Message::new(EXIT_INPUT, "system", text)
    }

    /// The module needs what nothing provides.
    pub(crate) fn imports(text: impl Into<String>) -> Self {
        Message::new(EXIT_INPUT, "imports", text)
    }

    /// Something that worked, but probably not as intended.
    pub(crate) fn warning(text: impl Into<String>) -> Self {
        Message::new(EXIT_SUCCESS, "warning", text)
    }

    /// What the compiler says about `file`.
    pub(crate) fn of_compiler(error: &aot_compiler::Error, file: &str) -> Self {
        let (exit, kind) = match error.kind() {
            ErrorKind::Invalid => (EXIT_INPUT, "invalid"),
            ErrorKind::Unsupported => (EXIT_INPUT, "unsupported"),
            ErrorKind::Limit => (EXIT_INPUT, "limit"),
            ErrorKind::Options => (EXIT_USAGE, "usage"),
            ErrorKind::Imports => (EXIT_INPUT, "imports"),
            _ => (EXIT_BUG, "internal"),
        };
        let (text, mut details) = split_first_line(error.message());
        if exit == EXIT_BUG {
            details.extend(crate::panic::place());
        }
        Message {
            exit,
            kind,
            file: Some(file.to_owned()),
            text,
            function: error.function().cloned(),
            offset: error.offset(),
            details,
            help: error.help().map(str::to_owned),
        }
    }

    /// What clap says about a command line.
    pub(crate) fn of_clap(text: &str) -> Self {
        let (first, details) = split_first_line(text.strip_prefix("error: ").unwrap_or(text));
        let mut message = Message::usage(first);
        message.details = details.into_iter().filter(|line| !line.is_empty()).collect();
        message
    }

    /// The file it is about.
    pub(crate) fn about(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// One more indented line.
    pub(crate) fn with_detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// What to do about it.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn human(&self, level: &str, color: bool) -> String {
        let (start, end) = match (color, level) {
            (false, _) => ("", ""),
            (true, "warning") => ("\x1b[1;33m", "\x1b[0m"),
            (true, _) => ("\x1b[1;31m", "\x1b[0m"),
        };
        let mut text = format!("{start}{level}:{end} ");
        if let Some(file) = &self.file {
            let _ = write!(text, "{file}: ");
        }
        text.push_str(&self.text);
        if let Some(function) = &self.function {
            let _ = match &function.name {
                Some(name) => write!(text, "\n  in function `{name}` (index {})", function.index),
                None => write!(text, "\n  in function {}", function.index),
            };
            if let Some(offset) = self.offset {
                let _ = write!(text, ", at offset {offset:#x}");
            }
        } else if let Some(offset) = self.offset {
            let _ = write!(text, "\n  at offset {offset:#x}");
        }
        for line in &self.details {
            let _ = write!(text, "\n  {line}");
        }
        if let Some(help) = &self.help {
            let (start, end) = if color { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
            let _ = write!(text, "\n  {start}help:{end} {}", help.replace('\n', "\n        "));
        }
        text.push('\n');
        text
    }

    pub(crate) fn json(&self, level: &str) -> String {
        let mut text = format!("{{\"level\":{},\"kind\":{}", json_string(level), json_string(self.kind));
        if let Some(file) = &self.file {
            let _ = write!(text, ",\"file\":{}", json_string(file));
        }
        let _ = write!(text, ",\"message\":{}", json_string(&self.text));
        if let Some(function) = &self.function {
            let _ = write!(text, ",\"function\":{{\"index\":{}", function.index);
            if let Some(name) = &function.name {
                let _ = write!(text, ",\"name\":{}", json_string(name));
            }
            text.push('}');
        }
        if let Some(offset) = self.offset {
            let _ = write!(text, ",\"offset\":{offset}");
        }
        if !self.details.is_empty() {
            let lines: Vec<String> = self.details.iter().map(|line| json_string(line)).collect();
            let _ = write!(text, ",\"details\":[{}]", lines.join(","));
        }
        if let Some(help) = &self.help {
            let _ = write!(text, ",\"help\":{}", json_string(help));
        }
        text.push_str("}\n");
        text
    }
}

/// Prints messages in the form that was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reporter {
    json: bool,
    color: bool,
    quiet: bool,
    verbose: bool,
}

impl Reporter {
    pub(crate) fn new(args: &ConsoleArgs, console: &Console<'_>) -> Self {
        let color = match args.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            // https://no-color.org: set and not empty means never.
            ColorWhen::Auto => console.interactive && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let json = args.message_format == MessageFormat::Json;
        Reporter { json, color, quiet: args.quiet, verbose: args.verbose }
    }

    pub(crate) fn report(&self, failure: &Failure, console: &mut Console<'_>) {
        if let Failure::Message(message) = failure {
            self.print("error", message, console);
        }
    }

    /// Prints a warning, unless told to be quiet.
    pub(crate) fn warn(&self, message: &Message, console: &mut Console<'_>) {
        if !self.quiet {
            self.print("warning", message, console);
        }
    }

    /// Prints what was done, when told to be verbose.
    pub(crate) fn note(&self, text: &str, console: &mut Console<'_>) {
        if self.verbose {
            self.print("note", &Message::new(EXIT_SUCCESS, "note", text), console);
        }
    }

    fn print(&self, level: &str, message: &Message, console: &mut Console<'_>) {
        let text = if self.json { message.json(level) } else { message.human(level, self.color) };
        console.complain(&text);
    }
}

fn split_first_line(text: &str) -> (String, Vec<String>) {
    let mut lines = text.lines();
    (lines.next().unwrap_or_default().to_owned(), lines.map(|line| line.trim().to_owned()).collect())
}

fn json_string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            control if control < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", control as u32);
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{Message, json_string};
    use aot_compiler::Error;

    fn sample() -> Message {
        let error = Error::unsupported("`memory.atomic.wait32` needs the threads proposal")
            .at(0x1f3a)
            .in_function(41, Some("lock"))
            .with_help("pass `--features threads`");
        Message::of_compiler(&error, "app.wasm")
    }

    #[test]
    fn people_read_three_lines() {
        let expected = "error: app.wasm: `memory.atomic.wait32` needs the threads proposal\n  \
                        in function `lock` (index 41), at offset 0x1f3a\n  help: pass `--features threads`\n";
        assert_eq!(sample().human("error", false), expected);
    }

    #[test]
    fn programs_read_one() {
        let expected = "{\"level\":\"error\",\"kind\":\"unsupported\",\"file\":\"app.wasm\",\"message\":\
                        \"`memory.atomic.wait32` needs the threads proposal\",\"function\":{\"index\":41,\"name\":\"lock\"},\
                        \"offset\":7994,\"help\":\"pass `--features threads`\"}\n";
        assert_eq!(sample().json("error"), expected);
    }

    #[test]
    fn strings_are_escaped() {
        assert_eq!(json_string("a\"b\\c\n\u{1}é"), "\"a\\\"b\\\\c\\n\\u0001é\"");
    }
}
