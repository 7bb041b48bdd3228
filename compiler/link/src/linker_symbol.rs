//! Names that no input defines but GNU ld gives a meaning to: ends of segments, ranges of sections, the GOT.

use crate::layout::Placement;
use crate::output::Class;
use crate::request::Layout;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkerSymbol<'a> {
    /// The ELF header, as it is mapped. Of a position-independent program this is the bias.
    HeaderStart,
    TextEnd,
    DataEnd,
    ZerosStart,
    ImageEnd,
    GlobalOffsetTable,
    Dynamic,
    /// The bounds of an output section; empty ranges are possible.
    SectionStart(&'a [u8]),
    SectionEnd(&'a [u8]),
}

impl<'a> LinkerSymbol<'a> {
    /// What a name means that no input defines, if anything.
    pub(crate) fn named(name: &'a [u8], layout: &Layout) -> Option<LinkerSymbol<'a>> {
        use LinkerSymbol::{SectionEnd, SectionStart};
        Some(match name {
            b"__ehdr_start" | b"__executable_start" => LinkerSymbol::HeaderStart,
            b"_etext" | b"etext" | b"__etext" => LinkerSymbol::TextEnd,
            b"_edata" | b"edata" => LinkerSymbol::DataEnd,
            b"__bss_start" => LinkerSymbol::ZerosStart,
            b"_end" | b"end" => LinkerSymbol::ImageEnd,
            b"_GLOBAL_OFFSET_TABLE_" => LinkerSymbol::GlobalOffsetTable,
            // A fixed program has none; a weak reference to it is how start code asks.
            b"_DYNAMIC" if layout.is_independent() => LinkerSymbol::Dynamic,
            b"__preinit_array_start" => SectionStart(b".preinit_array"),
            b"__preinit_array_end" => SectionEnd(b".preinit_array"),
            b"__init_array_start" => SectionStart(b".init_array"),
            b"__init_array_end" => SectionEnd(b".init_array"),
            b"__fini_array_start" => SectionStart(b".fini_array"),
            b"__fini_array_end" => SectionEnd(b".fini_array"),
            // Ours: what a program applies to itself at start. Empty when the program is fixed, so that one start
            // routine serves both.
            b"__rela_dyn_start" => SectionStart(b".rela.dyn"),
            b"__rela_dyn_end" => SectionEnd(b".rela.dyn"),
            b"__GNU_EH_FRAME_HDR" => SectionStart(b".eh_frame_hdr"),
            b"__eh_frame_start" => SectionStart(b".eh_frame"),
            b"__eh_frame_end" => SectionEnd(b".eh_frame"),
            _ => {
                let start = name.strip_prefix(b"__start_").filter(|name| is_identifier(name));
                let stop = name.strip_prefix(b"__stop_").filter(|name| is_identifier(name));
                start.map(SectionStart).or(stop.map(SectionEnd))?
            }
        })
    }

    /// The section that some input must have for this symbol to exist.
    pub(crate) fn section(&self) -> Option<&'a [u8]> {
        match *self {
            LinkerSymbol::SectionStart(name) | LinkerSymbol::SectionEnd(name) if is_identifier(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn address(&self, placement: &Placement<'_>) -> u64 {
        let outputs = || placement.outputs.iter().filter(|output| output.is_allocated());
        let image = || outputs().filter(|output| !matches!(output.class, Class::Fixed(_)));
        let start_of_image = placement.image_start;
        let end_of_image = || image().map(|output| output.address + output.size).max().unwrap_or(start_of_image);
        match *self {
            LinkerSymbol::HeaderStart => start_of_image,
            LinkerSymbol::TextEnd => {
                let text = image().filter(|output| output.class == Class::Text);
                text.map(|output| output.address + output.size).max().unwrap_or_else(end_of_image)
            }
            LinkerSymbol::DataEnd => {
                let data = image().filter(|output| !output.is_zeros());
                data.map(|output| output.address + output.size).max().unwrap_or(start_of_image)
            }
            LinkerSymbol::ZerosStart => {
                let zeros = image().filter(|output| output.is_zeros());
                zeros.map(|output| output.address).min().unwrap_or_else(end_of_image)
            }
            LinkerSymbol::ImageEnd => end_of_image(),
            LinkerSymbol::GlobalOffsetTable => placement.got_address(),
            LinkerSymbol::Dynamic => outputs().find(|output| &*output.name == b".dynamic").map_or(0, |o| o.address),
            LinkerSymbol::SectionStart(name) | LinkerSymbol::SectionEnd(name) => {
                let Some(output) = outputs().find(|output| *output.name == *name) else { return start_of_image };
                match self {
                    LinkerSymbol::SectionStart(_) => output.address,
                    _ => output.address + output.size,
                }
            }
        }
    }
}

pub(crate) fn is_identifier(name: &[u8]) -> bool {
    let Some((&first, rest)) = name.split_first() else { return false };
    let is_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    is_start(first) && rest.iter().all(|&byte| is_start(byte) || byte.is_ascii_digit())
}
