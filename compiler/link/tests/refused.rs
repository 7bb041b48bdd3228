//! Inputs that cannot be linked: an error that says which and why, and never a panic.

#[path = "support/build.rs"]
#[allow(dead_code, reason = "every suite uses a part of this")]
mod build;
mod support;

use aot_link::{Architecture, Layout, LinkError, Position, Strip};
use build::{Builder, archive, link, link_with};
use object::{SectionKind, elf};
use support::{BOTH, Scratch, have_toolchain};

const X86_64: Architecture = Architecture::X86_64;

fn refusal(inputs: &[Vec<u8>]) -> String {
    link(inputs).expect_err("it cannot be linked").to_string()
}

/// A program whose code has one relocation of some kind against a data symbol `value`.
fn with_relocation(architecture: Architecture, kind: u32, addend: i64) -> [Vec<u8>; 1] {
    let mut program = Builder::new(architecture);
    let text = program.section(".text", SectionKind::Text, &[0; 16]);
    program.define("_start", text, 0, 16);
    let value = program.section(".data", SectionKind::Data, &[0; 16]);
    let symbol = program.define("value", value, 0, 16);
    program.relocate(text, 8, symbol, kind, addend);
    [program.build()]
}

#[test]
fn files_that_are_no_objects() {
    let object = Builder::with_entry(X86_64, &[]).build();
    assert_eq!(refusal(&[b"hello".to_vec()]), "1: neither an ELF object nor an archive");
    assert_eq!(refusal(&[object, b"!<thin>\n".to_vec()]), "2: a thin archive: its members are other files");
    assert_eq!(refusal(&[b"\x7fELF".to_vec()]), "1: too short for an ELF object");
    let linked = link(&[Builder::with_entry(X86_64, &[]).build()]).unwrap().bytes;
    assert_eq!(refusal(&[linked]), "1: an executable, not a relocatable object");
    let other = Builder::with_entry(Architecture::Aarch64, &[]).build();
    assert_eq!(
        refusal(std::slice::from_ref(&other)),
        "1: made for aarch64, cannot be linked into an executable for x86_64"
    );
    let library = archive(&[("start.o", &other)], &[("_start", 0)]);
    let with_library = refusal(&[library]);
    assert!(with_library.starts_with("1(start.o): made for aarch64"), "{with_library}");
}

#[test]
fn relocations_that_are_not_known_or_do_not_fit() {
    assert_eq!(
        refusal(&with_relocation(X86_64, 23, 0)),
        "1: section `.text` + 0x8: relocation number 23 of x86_64 is not supported"
    );
    let message = refusal(&with_relocation(X86_64, elf::R_X86_64_PC32, 1 << 40));
    assert!(message.starts_with("1: section `.text` + 0x8: relocation R_X86_64_PC32 against `value`"), "{message}");
    assert!(message.ends_with("does not fit into 32 bits"), "{message}");

    let layout = Layout::new(Architecture::Aarch64);
    let unaligned = with_relocation(Architecture::Aarch64, elf::R_AARCH64_LDST64_ABS_LO12_NC, 1);
    let message = link_with(&unaligned, &layout).unwrap_err().to_string();
    assert!(message.contains("is not a multiple of 8"), "{message}");

    let mut outside = Builder::with_entry(X86_64, &["short"]);
    let short = outside.section(".data.short", SectionKind::Data, &[0; 16]);
    let symbol = outside.define("short", short, 0, 16);
    outside.relocate(short, 14, symbol, elf::R_X86_64_PC32, 0);
    let message = refusal(&[outside.build()]);
    assert!(message.ends_with("the field is outside of the section"), "{message}");
}

#[test]
fn absolute_code_in_a_program_that_moves() {
    let layout = Layout { position: Position::Independent, ..Layout::new(X86_64) };
    let refusal = |kind| link_with(&with_relocation(X86_64, kind, 0), &layout).unwrap_err().to_string();
    assert!(refusal(elf::R_X86_64_32S).ends_with("compile with `-fPIE`"));
    assert!(refusal(elf::R_X86_64_64).contains("read-only section"));
    assert!(link_with(&with_relocation(X86_64, elf::R_X86_64_PC32, 0), &layout).is_ok());
}

#[test]
fn sections_that_are_not_supported() {
    let with_section = |name: &str, flags: u32| {
        let mut program = Builder::with_entry(X86_64, &["value"]);
        let section = program.section(name, SectionKind::Data, &[0; 32]);
        program.set_flags(section, flags);
        program.define("value", section, 0, 8);
        program.build()
    };
    let alloc = elf::SHF_ALLOC;
    let message = refusal(&[with_section(".tdata", alloc | elf::SHF_WRITE | elf::SHF_TLS)]);
    assert_eq!(message, "1: section `.tdata` holds thread-local data, which is not supported");
    let message = refusal(&[with_section(".wild", alloc | elf::SHF_WRITE | elf::SHF_EXECINSTR)]);
    assert_eq!(message, "1: section `.wild` is both writable and executable");
    let message = refusal(&[with_section(".packed", alloc | elf::SHF_COMPRESSED)]);
    assert_eq!(message, "1: section `.packed` is compressed, which only debug sections can be");

    let mut program = Builder::with_entry(X86_64, &[]);
    let debug = program.section(".debug_info", SectionKind::Debug, &[0; 32]);
    program.set_flags(debug, elf::SHF_COMPRESSED);
    let inputs = [program.build()];
    assert!(refusal(&inputs).contains("strip debug information"));
    let stripped = Layout { strip: Strip::Debug, ..Layout::new(X86_64) };
    assert!(link_with(&inputs, &stripped).is_ok());
}

#[test]
fn more_memory_than_there_is() {
    let mut program = Builder::with_entry(X86_64, &["zeros"]);
    let zeros = program.section(".bss", SectionKind::UninitializedData, &[0; 8]);
    program.object.section_mut(zeros).append_bss(1 << 62, 8);
    program.define("zeros", zeros, 0, 8);
    assert!(refusal(&[program.build()]).contains("larger"));
}

/// Random numbers, the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

/// Links damaged copies of inputs; anything but a panic is fine.
fn damage(inputs: &[Vec<u8>], layout: &Layout, rounds: usize) {
    assert!(link_with(inputs, layout).is_ok(), "{:?}", link_with(inputs, layout).unwrap_err());
    let mut random = Random(rounds as u64);
    let (mut linked, mut refused) = (0, 0);
    for _ in 0..rounds {
        let mut damaged = inputs.to_vec();
        let victim = random.below(inputs.len());
        let victim = &mut damaged[victim];
        for _ in 0..1 + random.below(3) {
            let length = victim.len();
            // Headers and tables are at both ends.
            let position = match random.below(4) {
                0 => random.below(length.min(64)),
                1 => length - 1 - random.below(length.min(2000)),
                _ => random.below(length),
            };
            match random.below(4) {
                0 => victim[position] = random.below(256) as u8,
                1 => victim[position] ^= 1 << random.below(8),
                2 => victim[position] = 0xff,
                _ => {
                    let other = random.below(length - 8);
                    let from: [u8; 8] = victim[other..other + 8].try_into().unwrap();
                    let position = position.min(length - 8);
                    victim[position..position + 8].copy_from_slice(&from);
                }
            }
        }
        if random.below(50) == 0 {
            victim.truncate(random.below(victim.len()));
        }
        match link_with(&damaged, layout) {
            Ok(_) => linked += 1,
            Err(LinkError::Layout(what)) if what.is_empty() => unreachable!(),
            Err(_) => refused += 1,
        }
    }
    // Else the damage is too little or too much to mean anything.
    assert!(linked > rounds / 50 && refused > rounds / 50, "{linked} linked, {refused} refused");
}

fn layouts(architecture: Architecture) -> [Layout; 2] {
    [
        Layout { build_id: false, ..Layout::new(architecture) },
        Layout { position: Position::Independent, collect_garbage: false, ..Layout::new(architecture) },
    ]
}

#[test]
fn damaged_inputs_are_refused_or_linked() {
    for architecture in BOTH {
        let mut grouped = Builder::new(architecture);
        let function = grouped.section(".text.shared", SectionKind::Text, &[0; 16]);
        let symbol = grouped.define("shared", function, 0, 16);
        grouped.object.add_comdat(object::write::Comdat {
            kind: object::ComdatKind::Any,
            symbol,
            sections: vec![function],
        });
        grouped.define_common("common", 24, 8);
        let library = grouped.pointer("member", "shared", false).build();
        let inputs = [
            Builder::with_entry(architecture, &["shared", "member", "_end", "common"]).build(),
            archive(&[("library.o", &library)], &[("shared", 0), ("member", 0), ("common", 0)]),
            archive(&[("unused.o", &library)], &[]),
        ];
        for layout in layouts(architecture) {
            damage(&inputs, &layout, 4000);
        }
    }
}

#[test]
fn damaged_output_of_a_compiler_is_refused_or_linked() {
    for architecture in BOTH {
        if !have_toolchain(architecture) {
            continue;
        }
        let scratch = Scratch::new("damaged", architecture);
        let flags = ["-fPIC", "-fcommon", "-g"];
        let paths = [
            scratch.compile("features.c", include_str!("programs/features.c"), &flags),
            scratch.compile("features_library.c", include_str!("programs/features_library.c"), &flags),
            scratch.start(&flags),
        ];
        let mut inputs = paths.map(|path| std::fs::read(path).unwrap()).to_vec();
        // Collecting no garbage means that `unused_function` stays, and with it a name that has to exist.
        inputs.push(Builder::new(architecture).data("nobody_defines_this", &[0; 8]).build());
        for layout in layouts(architecture) {
            damage(&inputs, &layout, 1500);
        }
    }
}

#[test]
fn an_object_cut_short_anywhere_is_refused_or_linked() {
    let whole = Builder::with_entry(X86_64, &["value"]).data("value", &[1; 8]).build();
    for length in 0..whole.len() {
        let _ = link(&[whole[..length].to_vec()]);
    }
    let library = archive(&[("member.o", &whole)], &[("_start", 0), ("table", 0), ("value", 0)]);
    for length in 0..library.len() {
        assert!(link(&[library[..length].to_vec()]).is_err(), "{length} of {}", library.len());
    }
}
