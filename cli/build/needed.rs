//! Which members of a runtime archive a program can need.
//!
//! A static library of Rust holds all of `compiler_builtins`, megabytes that no program of ours uses. The runtime itself is
//! the members whose name begins with the crate's; others are needed as far as those refer to them.

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use std::collections::{HashMap, HashSet};

/// The needed members, the runtime's own first.
pub(crate) fn needed(archive: &[u8], own_name: &[u8]) -> Result<Vec<Vec<u8>>, object::Error> {
    let mut members = Vec::new();
    let mut own = Vec::new();
    for member in ArchiveFile::parse(archive)?.members() {
        let member = member?;
        if member.name().starts_with(own_name) {
            own.push(members.len());
        }
        members.push(member.data(archive)?);
    }
    let files = members.iter().map(|bytes| object::File::parse(*bytes)).collect::<Result<Vec<_>, _>>()?;
    let mut definers: HashMap<&[u8], usize> = HashMap::new();
    for (index, file) in files.iter().enumerate() {
        for symbol in file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition()) {
            definers.entry(symbol.name_bytes()?).or_insert(index);
        }
    }
    let mut chosen: Vec<usize> = own;
    let mut seen: HashSet<usize> = chosen.iter().copied().collect();
    let mut next = 0;
    while let Some(&index) = chosen.get(next) {
        for symbol in files[index].symbols().filter(|symbol| symbol.is_undefined()) {
            if let Some(&definer) = definers.get(symbol.name_bytes()?)
                && seen.insert(definer)
            {
                chosen.push(definer);
            }
        }
        next += 1;
    }
    Ok(chosen.into_iter().map(|index| members[index].to_vec()).collect())
}
