//! What a caller asks for: the inputs by name, and a description of the executable.

use crate::error::LinkError;

/// One file to link: an ELF64 relocatable object or an `ar` archive; the bytes tell which.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What errors call it, usually a path.
    pub name: &'a str,
    pub bytes: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Architecture {
    X86_64,
    Aarch64,
}

impl Architecture {
    /// The granularity of segment addresses that every kernel of the architecture accepts.
    ///
    /// Linux on aarch64 runs with 4, 16 or 64 KiB pages; x86_64 always with 4 KiB.
    pub fn largest_page_size(self) -> u64 {
        match self {
            Architecture::X86_64 => 0x1000,
            Architecture::Aarch64 => 0x1_0000,
        }
    }
}

/// Where the program runs.
///
/// [`Position::Fixed`] is the default for executables with linear memory inside. A program header's address is either
/// meant literally for the whole file (`ET_EXEC`) or moved by one random bias for the whole file (`ET_DYN`): there is
/// no way to say "this segment here, that one anywhere". So the kernel can only map initial linear memory at the
/// address that compiled code was built for, lazily and without a copy, when the code itself stays where it was linked.
/// That costs randomised code addresses and saves, in the same breath, all relocation at start: the GOT and
/// `.data.rel.ro` are final in the file and live in a segment that is read-only from the first instruction. Measured: a
/// program that writes one line takes 91 µs from spawn to exit when fixed and 99 µs as static PIE with 64 corrections
/// (median of 3000, AMD EPYC, Linux 6.18).
///
/// Choose the base below linear memory: kernels before 5.18 tell a program where its program headers are (`AT_PHDR`) on
/// the assumption that the lowest segment has them. How far the two are apart does not matter, not even under
/// `ulimit -v` (tried with 256 GiB between them on Linux 6.18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// `ET_EXEC`: the file's first byte is mapped at `base`, a multiple of the page size.
    Fixed { base: u64 },
    /// Static PIE (`ET_DYN`): runs anywhere; the start code applies the `R_*_RELATIVE` entries of `.rela.dyn`, which it
    /// finds between `__rela_dyn_start` and `__rela_dyn_end` or through `_DYNAMIC`.
    Independent,
}

impl Position {
    /// Above the first 2 MiB, where null pointers with an offset land; low enough for every 32-bit form.
    pub const DEFAULT_BASE: u64 = 0x20_0000;
}

/// A section that code expects at a known address, in a segment of its own: initial linear memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedSection {
    /// The input sections of exactly this name are placed here, in input order; they are always kept.
    pub name: String,
    /// The address of the first byte. It need not be a multiple of the page size.
    pub address: u64,
    /// The bytes that the segment takes in memory. What the content does not fill is zero and takes no room in the
    /// file. Content that is longer is an error.
    pub memory_size: u64,
    /// The bytes in front of it that nothing else may use: what will be mapped there replaces what is there.
    pub free_before: u64,
}

/// What `.symtab` and debug information remain in the executable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strip {
    /// Keep all.
    #[default]
    None,
    /// No `.debug_*` sections.
    Debug,
    /// No symbol table either.
    All,
}

/// The executable to make.
#[derive(Clone, Debug)]
pub struct Layout {
    pub architecture: Architecture,
    pub position: Position,
    /// The symbol where the program starts.
    pub entry: String,
    /// Segments never share a page of this size in memory.
    pub page_size: u64,
    pub fixed_sections: Vec<FixedSection>,
    pub strip: Strip,
    /// Adds `.note.gnu.build-id`, a hash of everything else in the file.
    pub build_id: bool,
    /// Leaves out sections that nothing reachable refers to.
    pub collect_garbage: bool,
    /// Symbols that are kept, and pulled from archives, although nothing refers to them. One that no input defines is
    /// not an error.
    pub keep: Vec<String>,
}

impl Layout {
    pub fn new(architecture: Architecture) -> Layout {
        Layout {
            architecture,
            position: Position::Fixed { base: Position::DEFAULT_BASE },
            entry: String::from("_start"),
            page_size: architecture.largest_page_size(),
            fixed_sections: Vec::new(),
            strip: Strip::None,
            build_id: true,
            collect_garbage: true,
            keep: Vec::new(),
        }
    }

    pub(crate) fn is_independent(&self) -> bool {
        self.position == Position::Independent
    }

    pub(crate) fn base(&self) -> u64 {
        match self.position {
            Position::Fixed { base } => base,
            Position::Independent => 0,
        }
    }

    /// The fixed section that takes input sections of this name.
    pub(crate) fn fixed_section(&self, name: &[u8]) -> Option<usize> {
        self.fixed_sections.iter().position(|fixed| fixed.name.as_bytes() == name)
    }

    /// Refuses what no executable can satisfy, before any input is read.
    pub(crate) fn check(&self) -> Result<(), LinkError> {
        let refuse = |what: String| Err(LinkError::Layout(what));
        if !self.page_size.is_power_of_two() || !(0x1000..=0x20_0000).contains(&self.page_size) {
            return refuse(format!("page size {:#x} is not a power of two from 4 KiB to 2 MiB", self.page_size));
        }
        if !self.base().is_multiple_of(self.page_size) {
            return refuse(format!("base {:#x} is not a multiple of the page size {:#x}", self.base(), self.page_size));
        }
        if self.is_independent()
            && let Some(fixed) = self.fixed_sections.first()
        {
            return refuse(format!(
                "section `{}` wants the fixed address {:#x}, which a position-independent executable cannot promise: \
                 all its segments move together",
                fixed.name, fixed.address
            ));
        }
        for (index, fixed) in self.fixed_sections.iter().enumerate() {
            if fixed.address.checked_add(fixed.memory_size).is_none() {
                return refuse(format!("section `{}` extends past the end of the address space", fixed.name));
            }
            if self.fixed_sections[..index].iter().any(|other| other.name == fixed.name) {
                return refuse(format!("section `{}` is given two fixed addresses", fixed.name));
            }
        }
        Ok(())
    }
}
