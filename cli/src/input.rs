//! Reads a module, whatever form it is in: WebAssembly or its text format, from a file or standard input.
//!
//! What is neither is refused here, by saying what it is instead.

use crate::console::{Console, describe};
use crate::diagnostic::{Failure, Message};
use aot_compiler::form::Form;
use std::path::Path;

/// A module as the compiler wants it.
#[derive(Debug)]
pub(crate) struct Input {
    /// As messages call it.
    pub(crate) label: String,
    /// Its name without folder and extension; `None` for standard input.
    pub(crate) stem: Option<String>,
    /// WebAssembly in binary form.
    pub(crate) wasm: Vec<u8>,
}

impl Input {
    /// Reads `path`, or standard input for `-`.
    pub(crate) fn read(path: &Path, console: &mut Console<'_>) -> Result<Self, Failure> {
        let from_console = path.as_os_str() == "-";
        let label = if from_console { "<stdin>".to_owned() } else { path.display().to_string() };
        let unreadable = |error: &std::io::Error| {
            Failure::from(Message::machine(format!("cannot read: {}", describe(error))).about(&label))
        };
        let bytes = if from_console {
            let mut bytes = Vec::new();
            console.input.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
            bytes
        } else {
            std::fs::read(path).map_err(|error| unreadable(&error))?
        };
        let stem = if from_console { None } else { path.file_stem().map(|stem| stem.to_string_lossy().into_owned()) };
        let named_as_text = path.extension().is_some_and(|extension| extension == "wat");
        let wasm = match Form::of(&bytes, named_as_text) {
            Form::Binary => bytes,
            Form::Text => parse_text(bytes, &label)?,
            Form::Other { what, help } => {
                let mut message = Message::input(format!("not a WebAssembly module: this is {what}")).about(&label);
                if let Some(help) = help {
                    message = message.with_help(help);
                }
                return Err(message.into());
            }
        };
        Ok(Input { label, stem, wasm })
    }

    /// The module's name in messages of the finished program, for want of one of its own.
    pub(crate) fn module_name(&self) -> &str {
        self.stem.as_deref().unwrap_or("stdin")
    }

    /// What the compiler says about this input.
    pub(crate) fn failure(&self, error: &aot_compiler::Error) -> Failure {
        Message::of_compiler(error, &self.label).into()
    }
}

fn parse_text(bytes: Vec<u8>, label: &str) -> Result<Vec<u8>, Failure> {
    let text = String::from_utf8(bytes)
        .map_err(|error| Message::input(format!("text that is not UTF-8: {}", error.utf8_error())).about(label))?;
    wat::parse_str(&text).map_err(|error| {
        // Its own form is: the message, then the place and the line with a marker beneath.
        let whole = error.to_string();
        let mut lines = whole.lines();
        let mut message = Message::input(lines.next().unwrap_or_default()).about(label);
        for line in lines {
            let line = line.strip_prefix("    ").unwrap_or(line);
            message = message.with_detail(line.replace("<anon>", label).trim_end());
        }
        message.into()
    })
}
