//! Names: which definition stands, what is pulled from archives, what is an error.

#[path = "support/build.rs"]
#[allow(dead_code, reason = "every suite uses a part of this")]
mod build;

use aot_link::{Architecture, LinkError};
use build::{Builder, address_relocation, archive, bytes_at, link, table_entry, word_at};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};

const X86_64: Architecture = Architecture::X86_64;

/// The names of symbols in `.symtab`, those of local ones in parentheses.
fn symbol_names(executable: &[u8]) -> Vec<String> {
    let file = object::File::parse(executable).unwrap();
    let name = |symbol: object::Symbol<'_, '_>| {
        let name = symbol.name().unwrap();
        if symbol.is_local() { format!("({name})") } else { name.to_string() }
    };
    file.symbols().map(name).collect()
}

fn section_size(executable: &[u8], name: &str) -> u64 {
    object::File::parse(executable).unwrap().section_by_name(name).map_or(0, |section| section.size())
}

#[test]
fn equal_weak_data_of_several_objects_has_one_address() {
    let inputs = [
        Builder::with_entry(X86_64, &["aot_type_1", "second", "third"]).weak_data("aot_type_1", &[1; 64]).build(),
        Builder::new(X86_64).weak_data("aot_type_1", &[2; 64]).pointer("second", "aot_type_1", false).build(),
        Builder::new(X86_64).weak_data("aot_type_1", &[3; 64]).pointer("third", "aot_type_1", false).build(),
    ];
    let linked = link(&inputs).unwrap();
    let chosen = linked.map.address("aot_type_1").unwrap();
    assert_eq!(table_entry(&linked, 0), chosen);
    assert_eq!(word_at(&linked.bytes, linked.map.address("second").unwrap()), chosen);
    assert_eq!(word_at(&linked.bytes, linked.map.address("third").unwrap()), chosen);
    assert_eq!(bytes_at(&linked.bytes, chosen, 64), [1; 64], "the first stands");
    assert_eq!(section_size(&linked.bytes, ".data"), 24 + 64 + 8 + 8, "the other two are not in the executable");
}

#[test]
fn strong_beats_common_beats_weak() {
    let mut common = Builder::new(X86_64);
    common.define_common("common_or_weak", 100, 64);
    common.define_common("strong_or_common", 100, 8);
    common.define_common("larger", 10, 4);
    let mut larger = Builder::new(X86_64);
    larger.define_common("larger", 40, 64);
    let names = ["strong_or_weak", "common_or_weak", "strong_or_common", "larger"];
    let inputs = [
        Builder::with_entry(X86_64, &names).weak_data("strong_or_weak", &[1; 8]).build(),
        common.weak_data("common_or_weak_too", &[1; 8]).build(),
        Builder::new(X86_64).weak_data("common_or_weak", &[2; 8]).data("strong_or_weak", &[3; 8]).build(),
        Builder::new(X86_64).data("strong_or_common", &[4; 8]).build(),
        larger.build(),
    ];
    let linked = link(&inputs).unwrap();
    assert_eq!(bytes_at(&linked.bytes, table_entry(&linked, 0), 8), [3; 8]);
    assert_eq!(bytes_at(&linked.bytes, table_entry(&linked, 2), 8), [4; 8]);
    let zeros = object::File::parse(&*linked.bytes).unwrap();
    let zeros = zeros.section_by_name(".bss").unwrap();
    let in_zeros = zeros.address()..zeros.address() + zeros.size();
    assert!(in_zeros.contains(&table_entry(&linked, 1)));
    assert!(in_zeros.contains(&table_entry(&linked, 3)) && table_entry(&linked, 3).is_multiple_of(64));
    assert_eq!(zeros.size(), 64 + 100, "the smaller first, each aligned");
}

#[test]
fn of_two_groups_with_one_signature_the_first_is_linked() {
    let with_group = |value: u8, name: &str| {
        let mut builder = Builder::new(X86_64);
        let function = builder.section(".text.shared", SectionKind::Text, &[value; 16]);
        let data = builder.section(".data.shared", SectionKind::Data, &[value; 8]);
        let symbol = builder.define("shared", function, 0, 16);
        let data_symbol = builder.define("shared_data", data, 0, 8);
        builder.relocate(function, 0, data_symbol, address_relocation(X86_64), 0);
        builder.object.add_comdat(object::write::Comdat {
            kind: object::ComdatKind::Any,
            symbol,
            sections: vec![function, data],
        });
        builder.pointer(name, "shared", false).build()
    };
    let inputs = [Builder::with_entry(X86_64, &["one", "two"]).build(), with_group(1, "one"), with_group(2, "two")];
    let linked = link(&inputs).unwrap();
    let shared = linked.map.address("shared").unwrap();
    assert_eq!(bytes_at(&linked.bytes, shared + 8, 8), [1; 8]);
    assert_eq!(word_at(&linked.bytes, table_entry(&linked, 0)), shared);
    assert_eq!(word_at(&linked.bytes, table_entry(&linked, 1)), shared);
    assert_eq!(section_size(&linked.bytes, ".text"), 16 + 16);
}

#[test]
fn members_are_pulled_when_needed_wherever_the_archive_stands() {
    let needed = Builder::new(X86_64).pointer("needed", "also_needed", false).build();
    let also_needed = Builder::new(X86_64).data("also_needed", &[7; 8]).build();
    // It would clash with the first object.
    let not_needed = Builder::new(X86_64).data("not_needed", &[9; 8]).data("mine", &[9; 8]).build();
    let members = [("also.o", &also_needed[..]), ("not.o", &not_needed), ("needed.o", &needed)];
    let symbols = [("also_needed", 0), ("not_needed", 1), ("mine", 1), ("needed", 2)];
    let program = Builder::with_entry(X86_64, &["needed", "mine"]).data("mine", &[1; 8]).build();
    for index in [&symbols[..], &[]] {
        let library = archive(&members, index);
        for inputs in [[program.clone(), library.clone()], [library, program.clone()]] {
            let linked = link(&inputs).unwrap();
            let also_needed = word_at(&linked.bytes, table_entry(&linked, 0));
            assert_eq!(bytes_at(&linked.bytes, also_needed, 8), [7; 8]);
            assert_eq!(bytes_at(&linked.bytes, table_entry(&linked, 1), 8), [1; 8]);
            assert_eq!(linked.map.address("not_needed"), None);
        }
    }
}

#[test]
fn the_entry_point_is_pulled_from_an_archive() {
    let start = Builder::with_entry(X86_64, &["value"]).build();
    let inputs = [
        Builder::new(X86_64).data("value", &[5; 8]).build(),
        archive(&[("start.o", &start)], &[("_start", 0), ("table", 0)]),
    ];
    let linked = link(&inputs).unwrap();
    assert_eq!(bytes_at(&linked.bytes, table_entry(&linked, 0), 8), [5; 8]);
}

#[test]
fn a_weak_reference_pulls_nothing_and_is_zero() {
    let member = Builder::new(X86_64).data("maybe", &[1; 8]).build();
    let inputs = [
        Builder::with_entry(X86_64, &["asks"]).pointer("asks", "maybe", true).build(),
        archive(&[("maybe.o", &member)], &[("maybe", 0)]),
    ];
    let linked = link(&inputs).unwrap();
    assert_eq!(word_at(&linked.bytes, table_entry(&linked, 0)), 0);
    assert_eq!(linked.map.address("maybe"), None);
}

#[test]
fn two_strong_definitions_are_an_error_that_names_both_inputs() {
    let member = Builder::new(X86_64).data("needed", &[1; 8]).data("twice", &[1; 8]).build();
    let inputs = [
        Builder::with_entry(X86_64, &["needed"]).data("twice", &[1; 8]).build(),
        archive(&[("member.o", &member)], &[("needed", 0), ("twice", 0)]),
    ];
    let error = link(&inputs).unwrap_err();
    assert_eq!(error.to_string(), "duplicate symbol `twice`\n  first defined in 1\n  defined again in 2(member.o)");
}

#[test]
fn all_undefined_names_are_reported_with_those_who_ask() {
    let inputs = [
        Builder::with_entry(X86_64, &["nowhere", "second", "gone"]).build(),
        Builder::new(X86_64).pointer("second", "nowhere", false).pointer("unreachable", "not_missed", false).build(),
    ];
    let error = link(&inputs).unwrap_err();
    let LinkError::UndefinedSymbols(symbols) = &error else { panic!("{error}") };
    assert_eq!(symbols.iter().map(|symbol| &*symbol.name).collect::<Vec<_>>(), ["nowhere", "gone"]);
    assert_eq!(
        error.to_string(),
        "undefined symbol `nowhere`\n  referenced by 1: section `.data.table` + 0x0\n  referenced by 2: section \
         `.data.second` + 0x0\nundefined symbol `gone`\n  referenced by 1: section `.data.table` + 0x10"
    );
}

#[test]
fn the_first_references_are_shown_and_the_others_counted() {
    let names = ["gone"; 10];
    let LinkError::UndefinedSymbols(symbols) = link(&[Builder::with_entry(X86_64, &names).build()]).unwrap_err() else {
        panic!("it is undefined");
    };
    assert_eq!((symbols.len(), symbols[0].references.len(), symbols[0].more), (1, 3, 7));
}

#[test]
fn no_entry_point_is_an_error() {
    let error = link(&[Builder::new(X86_64).data("value", &[1]).build()]).unwrap_err();
    assert_eq!(error, LinkError::NoEntry { symbol: "_start".into() });
}

#[test]
fn hidden_symbols_become_local_and_absolute_ones_keep_their_value() {
    let mut hidden = Builder::new(X86_64);
    let section = hidden.section(".data.hidden", SectionKind::Data, &[1; 8]);
    let symbol = hidden.define("hidden", section, 0, 8);
    hidden.hide(symbol);
    hidden.define_absolute("absolute", 0x1234_5678_9abc);
    let inputs = [Builder::with_entry(X86_64, &["hidden", "absolute"]).build(), hidden.build()];
    let linked = link(&inputs).unwrap();
    assert_eq!(table_entry(&linked, 1), 0x1234_5678_9abc);
    assert_eq!(linked.map.address("absolute"), Some(0x1234_5678_9abc));
    let names = symbol_names(&linked.bytes);
    assert!(names.contains(&"(hidden)".into()) && names.contains(&"absolute".into()), "{names:?}");
    assert!(names.contains(&"_start".into()), "{names:?}");
}

#[test]
fn linker_symbols_bound_what_they_say() {
    let names = ["__ehdr_start", "_end", "__start_my_set", "__stop_my_set", "__init_array_start", "__init_array_end"];
    let mut program = Builder::with_entry(X86_64, &[&names[..], &["in_set"]].concat());
    let set = program.section("my_set", SectionKind::Data, &[1; 24]);
    program.define("in_set", set, 8, 8);
    let inputs = [program.build()];
    let linked = link(&inputs).unwrap();
    let entry = |index| table_entry(&linked, index);
    assert_eq!(entry(0), 0x20_0000);
    assert_eq!(bytes_at(&linked.bytes, entry(0), 4), b"\x7fELF");
    assert_eq!((entry(2), entry(3)), (entry(6) - 8, entry(6) + 16));
    assert_eq!(entry(4), entry(5), "there is no initialiser");
    let highest = linked.map.symbols().filter(|(name, _)| *name != b"_end").map(|(_, address)| address).max().unwrap();
    assert!(entry(1) >= highest);
}

#[test]
fn a_reference_to_the_bounds_of_a_section_does_not_keep_it() {
    let mut program = Builder::with_entry(X86_64, &["__start_my_set", "__stop_my_set"]);
    let set = program.section("my_set", SectionKind::Data, &[1; 24]);
    program.define("in_set", set, 0, 24);
    let inputs = [program.build()];
    let linked = link(&inputs).unwrap();
    assert_eq!(table_entry(&linked, 0), table_entry(&linked, 1));
    assert_eq!(section_size(&linked.bytes, "my_set"), 0);

    // Where no input has such a section, the name is simply undefined.
    let error = link(&[Builder::with_entry(X86_64, &["__start_other_set"]).build()]).unwrap_err();
    assert!(matches!(error, LinkError::UndefinedSymbols(_)), "{error}");
}
