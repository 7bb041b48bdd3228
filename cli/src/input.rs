//! Reads a module, whatever form it is in: WebAssembly or its text format, from a file or standard input.
//!
//! What is neither is refused here, by saying what it is instead.

use crate::console::{Console, describe};
use crate::diagnostic::{Failure, Message};
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
        let wasm = match kind(&bytes, named_as_text) {
            Kind::Wasm => bytes,
            Kind::Text => parse_text(bytes, &label)?,
            Kind::Other(what, help) => {
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

enum Kind {
    Wasm,
    Text,
    Other(&'static str, Option<&'static str>),
}

/// What some bytes are, by how they begin.
fn kind(bytes: &[u8], named_as_text: bool) -> Kind {
    const UNPACK: Option<&str> = Some("unpack it and pass the module inside");
    match bytes {
        // The second half of the version field tells a component's layer.
        [0, b'a', b's', b'm', _, _, layer, ..] if *layer != 0 => Kind::Other(
            "a component",
            Some("extract the core module (`wasm-tools component unbundle`), or build it for wasm32-wasip1"),
        ),
        [0, b'a', b's', b'm', ..] => Kind::Wasm,
        [] => Kind::Other("an empty file", None),
        [0x1f, 0x8b, ..] => Kind::Other("a gzip archive", UNPACK),
        [b'P', b'K', 3, 4, ..] => Kind::Other("a zip archive", UNPACK),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Kind::Other("a zstd archive", UNPACK),
        [0x7f, b'E', b'L', b'F', ..] => Kind::Other("an ELF file: native code already", None),
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => {
            Kind::Other("an archive of objects", Some("link it into a module first"))
        }
        [b'B', b'C', 0xc0, 0xde, ..] => Kind::Other("LLVM bitcode", Some("link it into a module first")),
        [b'#', b'!', ..] => Kind::Other("a script", None),
        _ if named_as_text || looks_like_text(bytes) => Kind::Text,
        _ => Kind::Other("something else: it does not begin with `\\0asm`", None),
    }
}

/// The text format begins with a parenthesis or a comment, after any white space.
fn looks_like_text(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len());
    bytes[start..].starts_with(b"(") || bytes[start..].starts_with(b";;")
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

#[cfg(test)]
mod tests {
    use super::{Kind, kind};

    #[test]
    fn forms_are_told_apart() {
        assert!(matches!(kind(b"\0asm\x01\0\0\0", false), Kind::Wasm));
        assert!(matches!(kind(b"\0asm", false), Kind::Wasm), "the compiler says where it ends");
        assert!(matches!(kind(b"\0asm\x0d\0\x01\0", false), Kind::Other("a component", Some(_))));
        assert!(matches!(kind(b" \n(module)", false), Kind::Text));
        assert!(matches!(kind(b";; comment", false), Kind::Text));
        assert!(matches!(kind(b"func", true), Kind::Text));
        assert!(matches!(kind(b"PK\x03\x04", false), Kind::Other("a zip archive", _)));
        assert!(matches!(kind(b"", true), Kind::Other("an empty file", None)));
        assert!(matches!(kind(b"hello", false), Kind::Other(..)));
    }
}
