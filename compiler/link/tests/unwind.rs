//! Unwind tables: every function that is left has its record and is found by the index; no other has.

mod support;

use std::fs;
use std::path::PathBuf;

use aot_link::{Architecture, Input, Layout, Position};
use gimli::{BaseAddresses, EhFrame, EhFrameHdr, LittleEndian, UnwindSection};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use support::{BOTH, Scratch, have_toolchain};

/// Checks the tables of an executable of one compiler; returns the functions that have a record.
fn check(executable: &[u8], architecture: Architecture) -> Vec<String> {
    let file = object::File::parse(executable).unwrap();
    let section = |name: &str| {
        let section = file.section_by_name(name).unwrap();
        (section.address(), section.data().unwrap())
    };
    let ((index_address, index), (frames_address, frames)) = (section(".eh_frame_hdr"), section(".eh_frame"));
    let bases = BaseAddresses::default()
        .set_eh_frame_hdr(index_address)
        .set_eh_frame(frames_address)
        .set_text(section(".text").0);
    let index = EhFrameHdr::new(index, LittleEndian).parse(&bases, 8).unwrap();
    assert_eq!(index.eh_frame_ptr(), gimli::Pointer::Direct(frames_address));
    let table = index.table().unwrap();
    let mut frames = EhFrame::new(frames, LittleEndian);
    frames.set_vendor(match architecture {
        Architecture::X86_64 => gimli::Vendor::Default,
        Architecture::Aarch64 => gimli::Vendor::AArch64,
    });

    let (mut headers, mut records) = (0, 0);
    let mut entries = frames.entries(&bases);
    while let Some(entry) = entries.next().unwrap() {
        match entry {
            gimli::CieOrFde::Cie(_) => headers += 1,
            gimli::CieOrFde::Fde(partial) => {
                let record = partial.parse(|_, bases, offset| frames.cie_from_offset(bases, offset)).unwrap();
                assert!(record.initial_address() >= section(".text").0, "no record is for what is gone");
                records += 1;
            }
        }
    }
    assert_eq!(headers, 1, "the objects' headers are equal");
    let mut described = Vec::new();
    for symbol in file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0) {
        let middle = symbol.address() + symbol.size() / 2;
        let found = table
            .fde_for_address(&frames, &bases, middle, |frames, bases, offset| frames.cie_from_offset(bases, offset));
        if let Ok(record) = found {
            assert_eq!((record.initial_address(), record.len()), (symbol.address(), symbol.size()));
            described.push(symbol.name().unwrap().to_string());
        }
    }
    assert_eq!(records, described.len());
    described
}

#[test]
fn the_index_finds_every_function_that_is_left() {
    for architecture in BOTH {
        if !have_toolchain(architecture) {
            continue;
        }
        let scratch = Scratch::new("unwind", architecture);
        let flags = ["-O1", "-fPIE", "-fasynchronous-unwind-tables"];
        let paths: [PathBuf; 2] =
            [scratch.compile("crash.c", include_str!("programs/crash.c"), &flags), scratch.start(&flags)];
        let contents = paths.map(|path| fs::read(path).unwrap());
        let inputs = contents.each_ref().map(|bytes| Input { name: "object", bytes });
        for position in [Position::Fixed { base: 0x40_0000 }, Position::Independent] {
            let linked = aot_link::link(&inputs, &Layout { position, ..Layout::new(architecture) }).unwrap();
            let described = check(&linked.bytes, architecture);
            for name in ["innermost", "middle", "outermost", "main", "print", "start_in_c"] {
                assert!(described.iter().any(|described| described == name), "{name} is not among {described:?}");
            }
            assert!(!described.iter().any(|name| name == "never_called"), "{described:?}");
        }
    }
}
