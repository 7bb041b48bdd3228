//! From an object to an executable: by the built-in linker, or by another one on request, from one description.

pub(crate) mod external;
pub(crate) mod runtime;

use crate::diagnostic::{Failure, Message};
use aot_abi::GUARD_BEFORE_BYTES;
use aot_abi::image::IN_PLACE_ALIGNMENT;
use aot_abi::symbol::MEMORY_SECTION_PREFIX;
use aot_compiler::Target;
use aot_compiler::target::Arch;
use aot_link::{Architecture, FixedSection, Input, Layout, LinkError, Strip};
use object::{Object, ObjectSection};
use std::path::PathBuf;

/// One file to link.
#[derive(Debug)]
pub(crate) struct File {
    /// As messages call it.
    pub(crate) label: String,
    pub(crate) bytes: Vec<u8>,
}

/// Everything that decides an executable, besides who links it.
#[derive(Debug)]
pub(crate) struct Link<'a> {
    pub(crate) target: &'a Target,
    /// The compiled module, then whatever else is to be linked; the runtime is added to them.
    pub(crate) files: Vec<File>,
    pub(crate) strip: Strip,
}

/// Who links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Linker {
    BuiltIn,
    External(PathBuf),
}

impl Link<'_> {
    /// The executable.
    pub(crate) fn run(&self, linker: &Linker) -> Result<Vec<u8>, Failure> {
        let runtime = runtime::objects(&self.target.triple().to_string())?;
        match linker {
            Linker::BuiltIn => self.built_in(runtime),
            Linker::External(path) => external::link(path, self, runtime),
        }
    }

    fn built_in(&self, runtime: &[&[u8]]) -> Result<Vec<u8>, Failure> {
        let mut inputs: Vec<Input<'_>> =
            self.files.iter().map(|file| Input { name: &file.label, bytes: &file.bytes }).collect();
        inputs.extend(runtime.iter().map(|bytes| Input { name: "the runtime", bytes }));
        let mut layout = Layout::new(match self.target.arch {
            Arch::X86_64 => Architecture::X86_64,
            Arch::Aarch64 => Architecture::Aarch64,
        });
        layout.strip = self.strip;
        layout.fixed_sections = self.fixed_sections();
        let linked = aot_link::link(&inputs, &layout).map_err(|error| explain(&error))?;
        Ok(linked.bytes)
    }

    /// Initial contents of memories at fixed addresses. The section's name says which address:
    /// `.aot.memory0@0x10000000`.
    fn fixed_sections(&self) -> Vec<FixedSection> {
        let mut fixed = Vec::new();
        // The memory's base and the guard in front of it.
        let memory_start = self.target.default_memory_base() - GUARD_BEFORE_BYTES;
        for file in &self.files {
            let Ok(object) = object::File::parse(&*file.bytes) else { continue };
            for section in object.sections() {
                let Ok(name) = section.name() else { continue };
                let Some(place) = name.strip_prefix(MEMORY_SECTION_PREFIX) else { continue };
                let address = place.split_once("@0x").and_then(|(_, digits)| u64::from_str_radix(digits, 16).ok());
                if let Some(address) = address {
                    fixed.push(FixedSection {
                        name: name.to_owned(),
                        address,
                        memory_size: section.size().next_multiple_of(IN_PLACE_ALIGNMENT),
                        free_before: address.saturating_sub(memory_start),
                    });
                }
            }
        }
        fixed
    }
}

/// The linker's complaint, as ours: what nothing defines came from a flag of the user's.
fn explain(error: &LinkError) -> Failure {
    if let LinkError::UndefinedSymbols(symbols) = error {
        let mut message = Message::imports(match symbols.len() {
            1 => "1 native symbol is not defined".to_owned(),
            count => format!("{count} native symbols are not defined"),
        });
        for symbol in symbols {
            message = message.with_detail(format!("`{}`", symbol.name));
        }
        return message.with_help("name the library that defines them with `--host-lib PATH`").into();
    }
    let text = error.to_string();
    let mut lines = text.lines();
    let mut message = Message::machine(format!("cannot link: {}", lines.next().unwrap_or_default()));
    for line in lines {
        message = message.with_detail(line.trim());
    }
    message.into()
}
