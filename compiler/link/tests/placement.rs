//! Places: fixed sections, far branches, segments and their rights.

#[path = "support/build.rs"]
#[allow(dead_code, reason = "every suite uses a part of this")]
mod build;
mod support;

use aot_link::{Architecture, FixedSection, Layout, LinkError, Position};
use build::{Builder, bytes_at, link_with, table_entry};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection, SectionKind, elf};
use support::{BOTH, Scratch, have_toolchain};

#[derive(Debug, PartialEq, Eq)]
struct Segment {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    file_size: u64,
    memory_size: u64,
}

fn segments(executable: &[u8]) -> Vec<Segment> {
    let endian = Endianness::Little;
    let header = elf::FileHeader64::<Endianness>::parse(executable).unwrap();
    let of = |segment: &elf::ProgramHeader64<Endianness>| Segment {
        kind: segment.p_type(endian),
        flags: segment.p_flags(endian),
        offset: segment.p_offset(endian),
        address: segment.p_vaddr(endian),
        file_size: segment.p_filesz(endian),
        memory_size: segment.p_memsz(endian),
    };
    header.program_headers(endian, executable).unwrap().iter().map(of).collect()
}

fn memory_layout(architecture: Architecture, address: u64, memory_size: u64) -> Layout {
    let fixed_sections = vec![FixedSection { name: ".aot.memory".into(), address, memory_size, free_before: 0 }];
    Layout { fixed_sections, ..Layout::new(architecture) }
}

#[test]
fn initial_memory_is_mapped_where_code_expects_it() {
    for (architecture, address) in [(Architecture::X86_64, 0x1000_0000_u64), (Architecture::Aarch64, 0x1_0000_0000)] {
        if !have_toolchain(architecture) {
            continue;
        }
        let scratch = Scratch::new("memory", architecture);
        for memory_size in [5000_u64, 0x2_0000] {
            let defines = [format!("-DADDRESS={address:#x}ul"), format!("-DMEMORY_SIZE={memory_size}")];
            let defines = [&*defines[0], &*defines[1], "-fno-pic"];
            let main = scratch.compile("memory.c", include_str!("programs/memory.c"), &defines);
            let inputs = [main, scratch.start(&["-fno-pic"])];
            let layout = memory_layout(architecture, address, memory_size);
            let executable = scratch.link("memory", &inputs, &layout);
            assert_eq!(scratch.execute(&executable), (Some(0), "1\nf\n0\n2a\n".into()), "{architecture:?}");

            let bytes = std::fs::read(&executable).unwrap();
            let all = segments(&bytes);
            let memory = all.iter().find(|segment| segment.address == address).unwrap();
            assert_eq!((memory.kind, memory.flags), (elf::PT_LOAD, elf::PF_R | elf::PF_W));
            assert_eq!((memory.file_size, memory.memory_size), (5000, memory_size));
            assert_eq!(memory.offset % layout.page_size, 0);
        }
    }
}

#[test]
fn fixed_sections_that_cannot_be_are_refused() {
    let mut program = Builder::with_entry(Architecture::X86_64, &[]);
    program.section(".aot.memory", SectionKind::Data, &[1; 0x3000]);
    let inputs = [program.build()];
    let refusal = |layout: &Layout| match link_with(&inputs, layout) {
        Err(LinkError::Layout(what)) => what,
        other => panic!("{other:?}"),
    };
    let too_small = memory_layout(Architecture::X86_64, 0x1000_0000, 0x2000);
    assert!(refusal(&too_small).contains("more than the 0x2000"));
    let independent =
        Layout { position: Position::Independent, ..memory_layout(Architecture::X86_64, 0x1000_0000, 0x3000) };
    assert!(refusal(&independent).contains("all its segments move together"));
    assert!(refusal(&memory_layout(Architecture::X86_64, 0x20_0000, 0x3000)).contains("share memory"));
    assert!(refusal(&memory_layout(Architecture::X86_64, 0x1f_e000, 0x3000)).contains("share memory"));
    assert!(refusal(&memory_layout(Architecture::X86_64, 0x1000_0004, 0x3000)).contains("alignment"));
    let mut crowded = memory_layout(Architecture::X86_64, 0x30_0000, 0x3000);
    assert!(link_with(&inputs, &crowded).is_ok());
    crowded.fixed_sections[0].free_before = 0x10_0000;
    assert!(refusal(&crowded).contains("share memory"));
    assert!(refusal(&memory_layout(Architecture::X86_64, u64::MAX - 0x1000, 0x3000)).contains("address space"));
    let odd_base = Layout { position: Position::Fixed { base: 0x20_0800 }, ..Layout::new(Architecture::X86_64) };
    assert!(refusal(&odd_base).contains("base"));
    let odd_page = Layout { page_size: 5000, ..Layout::new(Architecture::X86_64) };
    assert!(refusal(&odd_page).contains("page size"));
}

#[test]
fn a_fixed_section_below_the_image_comes_first_in_the_table() {
    let mut program = Builder::with_entry(Architecture::X86_64, &[]);
    program.section(".aot.memory", SectionKind::Data, &[7; 100]);
    let inputs = [program.build()];
    let linked = link_with(&inputs, &memory_layout(Architecture::X86_64, 0x10_0000, 0x8_0000)).unwrap();
    assert_eq!(bytes_at(&linked.bytes, 0x10_0000, 100), [7; 100]);
    let loads: Vec<_> = segments(&linked.bytes).into_iter().filter(|segment| segment.kind == elf::PT_LOAD).collect();
    assert!(loads.is_sorted_by_key(|load| load.address), "{loads:?}");
}

#[test]
fn calls_over_128_megabytes_go_through_veneers() {
    let architecture = Architecture::Aarch64;
    if !have_toolchain(architecture) {
        return;
    }
    let scratch = Scratch::new("far", architecture);
    let main = scratch.compile(
        "far.c",
        include_str!("programs/far.c"),
        &["-fno-pic", "-O2", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"],
    );
    let inputs = [main, scratch.start(&["-fno-pic"])];
    // One within reach of `adrp`, one beyond. QEMU does not map zeros after code, so the second round asks for no more
    // memory than the first has filled.
    let mut sizes = [0x1000, 0x1000];
    let mut executable = scratch.path("far");
    for _ in 0..2 {
        let at =
            |name: &str, address, memory_size| FixedSection { name: name.into(), address, memory_size, free_before: 0 };
        let fixed_sections = vec![at(".far", 0x4000_0000, sizes[0]), at(".farther", 0x20_0000_0000, sizes[1])];
        executable = scratch.link("far", &inputs, &Layout { fixed_sections, ..Layout::new(architecture) });
        let bytes = std::fs::read(&executable).unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        sizes = [".far", ".farther"].map(|name| file.section_by_name(name).unwrap().size());
    }
    let expected = "far leaf\nnear\nnear\n11\nfar leaf\nnear\nnear\nnear\n269\nnear\n6\n";
    assert_eq!(scratch.execute(&executable), (Some(3), expected.into()));
}

/// 200 MB of code in four sections: the first and the last call each other.
#[test]
fn one_large_text_section_gets_pools_between_its_parts() {
    const PART: usize = 50 << 20;
    let architecture = Architecture::Aarch64;
    let part = |name: &str, calls: &str| {
        let mut builder = Builder::new(architecture);
        let section = builder.section(".text", SectionKind::Text, &vec![0; PART]);
        builder.define(name, section, 0, PART as u64);
        let symbol = builder.reference(calls, false);
        let end = PART as u64 - 4;
        for offset in [4, end] {
            builder.object.section_mut(section).data_mut()[offset as usize..][..4]
                .copy_from_slice(&0x9400_0000_u32.to_le_bytes());
            builder.relocate(section, offset, symbol, elf::R_AARCH64_CALL26, 0);
        }
        builder.build()
    };
    let inputs = [
        Builder::with_entry(architecture, &["one", "two", "three", "four"]).build(),
        part("one", "four"),
        part("two", "three"),
        part("three", "two"),
        part("four", "one"),
    ];
    let linked = link_with(&inputs, &Layout::new(architecture)).unwrap();
    let address = |name: &str| linked.map.address(name).unwrap();
    let instruction = |at: u64| u32::from_le_bytes(bytes_at(&linked.bytes, at, 4).try_into().unwrap());
    let destination = |at: u64| at.wrapping_add_signed(i64::from((instruction(at) << 6) as i32 >> 4));
    for (caller, callee) in [("one", "four"), ("two", "three"), ("three", "two"), ("four", "one")] {
        for offset in [4, PART as u64 - 4] {
            let place = address(caller) + offset;
            let mut target = destination(place);
            if target != address(callee) {
                // `adrp x16; add x16, x16; br x16`
                let (adrp, add) = (instruction(target), instruction(target + 4));
                assert_eq!((adrp & 0x9f00_001f, add & 0xffc0_03ff), (0x9000_0010, 0x9100_0210));
                assert_eq!(instruction(target + 8), 0xd61f_0200);
                let pages = i64::from(((adrp >> 5 & 0x7_ffff) << 13) as i32 >> 11 | (adrp >> 29 & 3) as i32);
                target = (target & !0xfff).wrapping_add_signed(pages << 12) + u64::from(add >> 10 & 0xfff);
                let distance = place.abs_diff(address(callee));
                assert!(distance >= 128 << 20, "{caller} needs no veneer over {distance:#x}");
            }
            assert_eq!(target, address(callee), "{caller} + {offset:#x}");
        }
    }
    let last = PART as u64 - 4;
    assert_ne!(destination(address("one") + 4), address("four"), "150 MB away");
    assert_eq!(destination(address("one") + last), address("four"), "100 MB away");
    // Two branches of one section share a veneer.
    assert_ne!(destination(address("four") + 4), address("one"));
    assert_eq!(destination(address("four") + 4), destination(address("four") + last));
}

#[test]
fn no_segment_is_writable_and_executable_and_no_page_is_shared() {
    for architecture in BOTH {
        for position in [Position::Fixed { base: 0x40_0000 }, Position::Independent] {
            let mut program = Builder::with_entry(architecture, &["constant", "zeros"]);
            let constant = program.section(".data.rel.ro.x", SectionKind::Data, &[1; 40]);
            program.define("constant", constant, 0, 40);
            let zeros = program.section(".bss.x", SectionKind::UninitializedData, &[0; 100]);
            program.define("zeros", zeros, 0, 100);
            program.rodata();
            let inputs = [program.build()];
            let layout = Layout { position, ..Layout::new(architecture) };
            let linked = link_with(&inputs, &layout).unwrap();
            let all = segments(&linked.bytes);
            let loads: Vec<_> = all.iter().filter(|segment| segment.kind == elf::PT_LOAD).collect();
            for load in &loads {
                assert_ne!(load.flags & (elf::PF_W | elf::PF_X), elf::PF_W | elf::PF_X, "{load:?}");
                assert_eq!(load.offset % layout.page_size, load.address % layout.page_size, "{load:?}");
                assert!(load.file_size <= load.memory_size);
            }
            for pair in loads.windows(2) {
                let end = (pair[0].address + pair[0].memory_size).next_multiple_of(layout.page_size);
                assert!(end <= pair[1].address, "{pair:?}");
            }
            let of_kind = |kind| all.iter().find(|segment| segment.kind == kind);
            assert_eq!(of_kind(elf::PT_GNU_STACK).unwrap().flags, elf::PF_R | elf::PF_W);
            let relro = of_kind(elf::PT_GNU_RELRO).unwrap();
            let constant = linked.map.address("constant").unwrap();
            assert!((relro.address..relro.address + relro.memory_size).contains(&constant));
            let mapped = loads.iter().find(|load| (load.address..load.address + load.memory_size).contains(&constant));
            let is_writable = mapped.unwrap().flags & elf::PF_W != 0;
            assert_eq!(is_writable, position == Position::Independent, "a fixed program has nothing to correct");
            assert_eq!(of_kind(elf::PT_DYNAMIC).is_some(), position == Position::Independent);
        }
    }
}

#[test]
fn a_program_of_nothing_but_code_has_two_segments() {
    let mut program = Builder::new(Architecture::X86_64);
    let text = program.section(".text", SectionKind::Text, &[0xf4; 4]);
    program.define("_start", text, 0, 4);
    let inputs = [program.build()];
    let layout = Layout { build_id: false, ..Layout::new(Architecture::X86_64) };
    let linked = link_with(&inputs, &layout).unwrap();
    let loads = segments(&linked.bytes).into_iter().filter(|segment| segment.kind == elf::PT_LOAD);
    assert_eq!(loads.map(|load| load.flags).collect::<Vec<_>>(), [elf::PF_R, elf::PF_R | elf::PF_X]);
    assert_eq!(object::File::parse(&*linked.bytes).unwrap().entry(), linked.map.address("_start").unwrap());
}

#[test]
fn zeros_alone_start_congruent() {
    let mut program = Builder::new(Architecture::X86_64);
    let text = program.section(".text", SectionKind::Text, &[0; 8]);
    program.define("_start", text, 0, 8);
    let zeros = program.section(".bss", SectionKind::UninitializedData, &[0; 64]);
    program.object.section_mut(zeros).append_bss(64, 1024);
    let symbol = program.define("zeros", zeros, 0, 64);
    program.relocate(text, 0, symbol, elf::R_X86_64_64, 0);
    let inputs = [program.build()];
    let linked = link_with(&inputs, &Layout::new(Architecture::X86_64)).unwrap();
    assert!(linked.map.address("zeros").unwrap().is_multiple_of(1024));
    for segment in segments(&linked.bytes).iter().filter(|segment| segment.kind == elf::PT_LOAD) {
        assert_eq!(segment.offset % 0x1000, segment.address % 0x1000, "{segment:?}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes_and_other_inputs_another_build_id() {
    let program = |value: u8| [Builder::with_entry(Architecture::X86_64, &["x"]).data("x", &[value; 8]).build()];
    let build_id = |bytes: &[u8]| object::File::parse(bytes).unwrap().build_id().unwrap().unwrap().to_vec();
    let (one, two) = (program(1), program(2));
    let layout = Layout::new(Architecture::X86_64);
    let first = link_with(&one, &layout).unwrap().bytes;
    assert_eq!(first, link_with(&one, &layout).unwrap().bytes);
    assert_eq!(build_id(&first).len(), 16);
    assert_ne!(build_id(&first), build_id(&link_with(&two, &layout).unwrap().bytes));
    let without = Layout { build_id: false, ..layout };
    assert_eq!(object::File::parse(&*link_with(&one, &without).unwrap().bytes).unwrap().build_id().unwrap(), None);
}

#[test]
fn gaps_between_functions_trap() {
    let mut program = Builder::with_entry(Architecture::X86_64, &["second"]);
    let first = program.section(".text.first", SectionKind::Text, &[0x90; 3]);
    let symbol = program.define("first", first, 0, 3);
    let second = program.section(".text.second", SectionKind::Text, &[0x90; 3]);
    program.define("second", second, 0, 3);
    program.relocate(second, 0, symbol, elf::R_X86_64_8, -0x20_0000);
    let inputs = [program.build()];
    // The relocation only keeps `first`; where it lands does not fit a byte, which is an error of its own.
    let error = link_with(&inputs, &Layout::new(Architecture::X86_64)).unwrap_err();
    assert!(error.to_string().contains("does not fit into 8 bits"), "{error}");

    let mut program = Builder::with_entry(Architecture::X86_64, &["first", "second"]);
    for name in ["first", "second"] {
        let section = program.section(&format!(".text.{name}"), SectionKind::Text, &[0x90; 3]);
        program.define(name, section, 0, 3);
    }
    let inputs = [program.build()];
    let linked = link_with(&inputs, &Layout::new(Architecture::X86_64)).unwrap();
    let (first, second) = (table_entry(&linked, 0), table_entry(&linked, 1));
    assert_eq!(second - first, 8);
    assert_eq!(bytes_at(&linked.bytes, first, 8), [0x90, 0x90, 0x90, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc]);
    let file = object::File::parse(&*linked.bytes).unwrap();
    assert_eq!(file.section_by_name(".text").unwrap().kind(), SectionKind::Text);
}
