//! What an input that is not a module looks like, so that the error can say what it is.

use super::limits;
use crate::error::{Error, ErrorKind, Result};

const MAGIC: &[u8; 4] = b"\0asm";

/// Refuses everything that does not start like a module of version 1.
pub(super) fn check(wasm: &[u8]) -> Result<()> {
    limits::check_module_bytes(wasm.len())?;
    let invalid = |message: &str| Error::new(ErrorKind::Invalid, message);
    if wasm.is_empty() {
        return Err(invalid("the input is empty"));
    }
    if wasm.len() < 8 && MAGIC.starts_with(&wasm[..wasm.len().min(4)]) {
        return Err(invalid("the module ends inside its header: unexpected end").at(wasm.len() as u64));
    }
    if !wasm.starts_with(MAGIC) {
        let error = invalid("not a WebAssembly module: magic header not detected").at(0);
        return Err(match kind(wasm) {
            Some((kind, help)) => error.with_help(format!("this looks like {kind}; {help}")),
            None => error,
        });
    }
    match [wasm[4], wasm[5], wasm[6], wasm[7]] {
        [1, 0, 0, 0] => Ok(()),
        [_, _, 1, 0] => Err(Error::unsupported("this is a component, and only core modules are supported")
            .at(4)
            .with_help("`wasm-tools component unbundle` takes the core modules out of a component")),
        version => {
            let number = u32::from_le_bytes(version);
            Err(invalid(&format!("unknown binary version {number}")).at(4))
        }
    }
}

/// What the input looks like, and what to do about it.
fn kind(input: &[u8]) -> Option<(&'static str, &'static str)> {
    const UNPACK: &str = "unpack it first";
    const NATIVE: &str = "it is compiled already";
    const SIGNATURES: &[(&[u8], &str, &str)] = &[
        (b"PK\x03\x04", "a ZIP archive", UNPACK),
        (b"\x1f\x8b", "a gzip file", UNPACK),
        (b"\x28\xb5\x2f\xfd", "a zstd file", UNPACK),
        (b"\xfd7zXZ", "an xz file", UNPACK),
        (b"BZh", "a bzip2 file", UNPACK),
        (b"!<arch>", "a static library", "link it into a module first"),
        (b"BC\xc0\xde", "LLVM bitcode", "compile it to WebAssembly first"),
        (b"\x7fELF", "an ELF file", NATIVE),
        (b"MZ", "a Windows program", NATIVE),
        (b"\xcf\xfa\xed\xfe", "a Mach-O file", NATIVE),
        (b"#!", "a script", "give the module that it runs"),
        (b"<", "HTML or XML", "perhaps a download that failed"),
    ];
    let signature = SIGNATURES.iter().find(|(signature, ..)| input.starts_with(signature));
    if let Some((_, kind, help)) = signature {
        return Some((kind, help));
    }
    let start = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input).trim_ascii_start();
    if start.starts_with(b"(") || start.starts_with(b";;") {
        return Some(("the text format", "`wat2wasm` or `wasm-tools parse` make a module of it"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_recognised() {
        for (input, expected) in [
            (&b""[..], "the input is empty"),
            (b"\0as", "the module ends inside its header: unexpected end\n  at offset 0x3"),
            (b"\0asm\x02\0\0\0", "unknown binary version 2\n  at offset 0x4"),
        ] {
            assert_eq!(check(input).unwrap_err().to_string(), expected);
        }
        assert!(check(b" \n(module)").unwrap_err().help().unwrap().contains("text format"));
        assert!(check(b"PK\x03\x04....").unwrap_err().help().unwrap().contains("ZIP"));
        assert_eq!(check(b"\0asm\x0d\0\x01\0").unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(check(b"hello world").unwrap_err().help(), None);
        assert!(check(b"\0asm\x01\0\0\0").is_ok());
    }
}
