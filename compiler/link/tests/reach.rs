//! Garbage collection: what stays and what goes.

#[path = "support/build.rs"]
#[allow(dead_code, reason = "every suite uses a part of this")]
mod build;

use aot_link::{Architecture, Layout};
use build::{Builder, address_relocation, link, link_with};
use object::{Object, ObjectSection, SectionKind, elf};

const X86_64: Architecture = Architecture::X86_64;

fn sections(executable: &[u8]) -> Vec<String> {
    let file = object::File::parse(executable).unwrap();
    file.sections().map(|section| section.name().unwrap().to_string()).collect()
}

#[test]
fn only_what_the_entry_point_reaches_stays() {
    let inputs = [
        Builder::with_entry(X86_64, &["one"]).build(),
        Builder::new(X86_64)
            .pointer("one", "two", false)
            .pointer("two", "one", false)
            .pointer("island", "island_too", false)
            .pointer("island_too", "island", false)
            .build(),
    ];
    let linked = link(&inputs).unwrap();
    assert!(linked.map.address("one").is_some() && linked.map.address("two").is_some());
    assert!(linked.map.address("island").is_none() && linked.map.address("island_too").is_none());

    let all = Layout { collect_garbage: false, ..Layout::new(X86_64) };
    assert!(link_with(&inputs, &all).unwrap().map.address("island").is_some());

    let kept = Layout { keep: vec!["island".into(), "no_such_symbol".into()], ..Layout::new(X86_64) };
    assert!(link_with(&inputs, &kept).unwrap().map.address("island_too").is_some());
}

#[test]
fn sections_that_a_loader_looks_for_stay() {
    let mut program = Builder::with_entry(X86_64, &[]);
    let retained = program.section("retained", SectionKind::Data, &[1; 8]);
    program.set_flags(retained, elf::SHF_ALLOC | elf::SHF_WRITE | elf::SHF_GNU_RETAIN);
    let dropped = program.section("dropped", SectionKind::Data, &[1; 8]);
    program.define("dropped_value", dropped, 0, 8);
    program.section(".note.mine", SectionKind::Note, &[4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'm', b'e', 0, 0]);
    let array = program.section(".init_array.7", SectionKind::Elf(elf::SHT_INIT_ARRAY), &[0; 8]);
    program.set_flags(array, elf::SHF_ALLOC | elf::SHF_WRITE);
    let initialiser = program.section(".text.initialiser", SectionKind::Text, &[0; 4]);
    let symbol = program.define("initialiser", initialiser, 0, 4);
    program.relocate(array, 0, symbol, address_relocation(X86_64), 0);
    let inputs = [program.build()];
    let linked = link(&inputs).unwrap();
    let sections = sections(&linked.bytes);
    for wanted in ["retained", ".note.mine", ".init_array"] {
        assert!(sections.iter().any(|name| name == wanted), "{wanted} is missing from {sections:?}");
    }
    assert!(!sections.iter().any(|name| name == "dropped"), "{sections:?}");
    assert!(linked.map.address("initialiser").is_some());
}

#[test]
fn debug_information_stays_with_the_objects_that_have_something_left() {
    let with_debug = |builder: &mut Builder, name: &str| {
        let debug = builder.section(".debug_info", SectionKind::Debug, &[1; 16]);
        let symbol = builder.reference(name, false);
        builder.relocate(debug, 8, symbol, address_relocation(X86_64), 0);
    };
    let mut program = Builder::with_entry(X86_64, &["used"]).data("unused_here", &[1; 8]);
    with_debug(&mut program, "unused_here");
    let mut library = Builder::new(X86_64).data("used", &[1; 8]);
    with_debug(&mut library, "used");
    let mut unused = Builder::new(X86_64).data("unused", &[1; 8]);
    with_debug(&mut unused, "unused");
    let inputs = [program.build(), library.build(), unused.build()];

    let linked = link(&inputs).unwrap();
    let file = object::File::parse(&*linked.bytes).unwrap();
    let debug = file.section_by_name(".debug_info").unwrap().data().unwrap();
    assert_eq!(debug.len(), 32, "of two objects");
    let word = |at: usize| u64::from_le_bytes(debug[at..at + 8].try_into().unwrap());
    assert_eq!(word(8), 0, "what is gone has address zero");
    assert_eq!(word(24), linked.map.address("used").unwrap());

    let stripped = Layout { strip: aot_link::Strip::Debug, ..Layout::new(X86_64) };
    let stripped = sections(&link_with(&inputs, &stripped).unwrap().bytes);
    assert!(!stripped.iter().any(|name| name == ".debug_info"), "{stripped:?}");
    assert!(stripped.iter().any(|name| name == ".symtab"), "{stripped:?}");
    let bare = Layout { strip: aot_link::Strip::All, ..Layout::new(X86_64) };
    let bare = sections(&link_with(&inputs, &bare).unwrap().bytes);
    assert!(!bare.iter().any(|name| name == ".symtab" || name == ".strtab"), "{bare:?}");
}
