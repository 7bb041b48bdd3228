//! `ar` archives with an index of symbols, as every linker reads them. No times, no owners: the same input makes the same
//! bytes.

use crate::error::LinkError;
use object::{Object, ObjectSymbol};

/// One member.
#[derive(Debug)]
pub struct Member<'a> {
    /// Its file name, of any length.
    pub name: String,
    /// An object file.
    pub bytes: &'a [u8],
}

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER_BYTES: usize = 60;

/// The archive.
pub fn write(members: &[Member<'_>]) -> Result<Vec<u8>, LinkError> {
    // Names that do not fit into a header stand in a table of their own.
    let mut long_names = Vec::new();
    let mut headers = Vec::new();
    for member in members {
        if member.name.len() < 16 {
            headers.push(format!("{}/", member.name));
        } else {
            headers.push(format!("/{}", long_names.len()));
            long_names.extend_from_slice(member.name.as_bytes());
            long_names.extend_from_slice(b"/\n");
        }
    }
    let symbols = members.iter().map(|member| defined(member)).collect::<Result<Vec<_>, _>>()?;
    let count: usize = symbols.iter().map(Vec::len).sum();
    let name_bytes: usize = symbols.iter().flatten().map(|name| name.len() + 1).sum();
    let index_bytes = 4 + 4 * count + name_bytes;

    // Offsets of the members depend only on sizes.
    let mut at = MAGIC.len() + HEADER_BYTES + even(index_bytes);
    if !long_names.is_empty() {
        at += HEADER_BYTES + even(long_names.len());
    }
    let mut index = Vec::with_capacity(index_bytes);
    index.extend_from_slice(&number(count)?);
    for (member, names) in members.iter().zip(&symbols) {
        for _ in names {
            index.extend_from_slice(&number(at)?);
        }
        at += HEADER_BYTES + even(member.bytes.len());
    }
    for name in symbols.iter().flatten() {
        index.extend_from_slice(name);
        index.push(0);
    }

    let mut out = MAGIC.to_vec();
    append(&mut out, "/", &index);
    if !long_names.is_empty() {
        append(&mut out, "//", &long_names);
    }
    for (member, header) in members.iter().zip(&headers) {
        append(&mut out, header, member.bytes);
    }
    Ok(out)
}

/// Names of the symbols that others can use.
fn defined(member: &Member<'_>) -> Result<Vec<Vec<u8>>, LinkError> {
    let broken = |error: object::Error| LinkError::Malformed {
        input: member.name.clone(),
        what: format!("not an object: {error}"),
    };
    let file = object::File::parse(member.bytes).map_err(broken)?;
    let symbols = file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
    symbols.map(|symbol| symbol.name_bytes().map(<[u8]>::to_vec).map_err(broken)).collect()
}

fn append(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, bytes.len());
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(bytes);
    if bytes.len() % 2 == 1 {
        out.push(b'\n');
    }
}

fn even(bytes: usize) -> usize {
    bytes.next_multiple_of(2)
}

/// Archives of this form have 32-bit offsets.
fn number(value: usize) -> Result<[u8; 4], LinkError> {
    u32::try_from(value)
        .map(u32::to_be_bytes)
        .map_err(|_| LinkError::Layout("the archive would be larger than 4 GiB".to_owned()))
}
