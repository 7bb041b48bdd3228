//! What some bytes are, by how they begin: a module in either form, or something that people take for one.

/// See the module documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// WebAssembly in binary form.
    Binary,
    /// Its text format.
    Text,
    /// Neither.
    Other {
        /// What it is instead, with an article.
        what: &'static str,
        /// What to do about it.
        help: Option<&'static str>,
    },
}

impl Form {
    /// The form of a file's bytes; `named_as_text` when its name says that it is text.
    #[must_use]
    pub fn of(bytes: &[u8], named_as_text: bool) -> Form {
        const UNPACK: Option<&str> = Some("unpack it and pass the module inside");
        let other = |what, help| Form::Other { what, help };
        match bytes {
            // The second half of the version field tells a component's layer.
            [0, b'a', b's', b'm', _, _, layer, ..] if *layer != 0 => other(
                "a component",
                Some("extract the core module (`wasm-tools component unbundle`), or build it for wasm32-wasip1"),
            ),
            [0, b'a', b's', b'm', ..] => Form::Binary,
            [] => other("an empty file", None),
            [0x1f, 0x8b, ..] => other("a gzip archive", UNPACK),
            [b'P', b'K', 3, 4, ..] => other("a zip archive", UNPACK),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => other("a zstd archive", UNPACK),
            [0x7f, b'E', b'L', b'F', ..] => other("an ELF file: native code already", None),
            [b'!', b'<', b'a', b'r', b'c', b'h', b'>', ..] => {
                other("an archive of objects", Some("link it into a module first"))
            }
            [b'B', b'C', 0xc0, 0xde, ..] => other("LLVM bitcode", Some("link it into a module first")),
            [b'#', b'!', ..] => other("a script", None),
            _ if named_as_text || looks_like_text(bytes) => Form::Text,
            _ => other("something else: it does not begin with `\\0asm`", None),
        }
    }
}

/// The text format begins with a parenthesis or a comment, after any white space.
fn looks_like_text(bytes: &[u8]) -> bool {
    let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len());
    bytes[start..].starts_with(b"(") || bytes[start..].starts_with(b";;")
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn forms_are_told_apart() {
        assert_eq!(Form::of(b"\0asm\x01\0\0\0", false), Form::Binary);
        assert_eq!(Form::of(b"\0asm", false), Form::Binary, "the compiler says where it ends");
        assert!(matches!(Form::of(b"\0asm\x0d\0\x01\0", false), Form::Other { what: "a component", help: Some(_) }));
        assert_eq!(Form::of(b" \n(module)", false), Form::Text);
        assert_eq!(Form::of(b";; comment", false), Form::Text);
        assert_eq!(Form::of(b"func", true), Form::Text);
        assert!(matches!(Form::of(b"PK\x03\x04", false), Form::Other { what: "a zip archive", .. }));
        assert!(matches!(Form::of(b"", true), Form::Other { what: "an empty file", .. }));
        assert!(matches!(Form::of(b"hello", false), Form::Other { .. }));
    }
}
