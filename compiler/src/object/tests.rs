//! What every object must be, whatever the module: read back with the `object` crate.

use crate::options::{Model, Options};
use crate::target::Target;
use aot_abi::image::ModuleImage;
use aot_abi::trap::Trap;
use aot_abi::{ABI_VERSION, code_map};
use cranelift_codegen::gimli::{self, EhFrame, LittleEndian, UnwindSection};
use object::read::elf::ElfFile64;
use object::{Endianness, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, elf};
use std::mem::offset_of;

const MODULE: &str = r#"
    (module $sample
      (import "host" "slot" (func $slot (param i32)))
      (type $binary (func (param i32 i32) (result i32)))
      (memory (export "memory") 1 2)
      (table 3 funcref)
      (elem (i32.const 1) $divide $slot)
      (data (i32.const 4096) "")
      (data (i32.const 16) "initial")
      (data (i32.const 20000) "more than is copied")
      (data "passive")
      (func $divide (export "divide") (type $binary) local.get 0 local.get 1 i32.div_s)
      (func (export "twice") (param i32) (result i32)
        (call $slot (local.get 0))
        (call $divide (local.get 0) (i32.const 2)))
      (func (export "init") (memory.init 3 (i32.const 0) (i32.const 0) (i32.const 7)))
      (func (export "indirect") (param i32) (result i32)
        (call_indirect (type $binary) (i32.const 7) (i32.const 2) (local.get 0))))
"#;

fn compile(target: &str, model: Model, threads: usize) -> Vec<u8> {
    let mut options = Options::new(Target::parse(target).expect("a supported target"));
    options.model = model;
    options.threads = threads;
    options.debug_info = true;
    options.memory_in_place = model == Model::Executable;
    let wasm = wat::parse_str(MODULE).expect("the module is well-formed");
    crate::compile(&wasm, &options).unwrap_or_else(|error| panic!("{error}")).bytes
}

fn each_object(mut check: impl FnMut(&ElfFile64<'_, Endianness>, &str, Model)) {
    for target in ["x86_64-linux", "aarch64-linux"] {
        for model in [Model::Library, Model::Executable] {
            let bytes = compile(target, model, 0);
            check(&ElfFile64::parse(&*bytes).expect("a readable object"), target, model);
        }
    }
}

fn bytes_of(file: &ElfFile64<'_, Endianness>, section: &str) -> Vec<u8> {
    let section = file.section_by_name(section).unwrap_or_else(|| panic!("no section {section}"));
    section.data().expect("the section is in the file").to_vec()
}

fn field(file: &ElfFile64<'_, Endianness>, offset: usize) -> (u64, Option<String>) {
    let image = file.symbol_by_name("aot_image").expect("an image");
    let section = file.section_by_index(image.section_index().expect("a defined symbol")).expect("its section");
    let at = image.address() + offset as u64;
    let value = section.data().expect("data")[at as usize..at as usize + 8].try_into().expect("eight bytes");
    let target =
        section.relocations().find(|(place, _)| *place == at).map(|(_, relocation)| match relocation.target() {
            RelocationTarget::Symbol(symbol) => {
                file.symbol_by_index(symbol).expect("a symbol").name().expect("a name").to_owned()
            }
            other => panic!("a relocation against {other:?}"),
        });
    (u64::from_le_bytes(value), target)
}

#[test]
fn bytes_do_not_depend_on_the_number_of_threads() {
    for target in ["x86_64-linux", "aarch64-linux"] {
        assert!(compile(target, Model::Library, 1) == compile(target, Model::Library, 3), "{target}");
    }
}

#[test]
fn code_links_at_any_address() {
    let allowed = [
        (elf::EM_X86_64, elf::R_X86_64_PC32),
        (elf::EM_X86_64, elf::R_X86_64_PLT32),
        (elf::EM_AARCH64, elf::R_AARCH64_CALL26),
        (elf::EM_AARCH64, elf::R_AARCH64_JUMP26),
        (elf::EM_AARCH64, elf::R_AARCH64_ADR_PREL_PG_HI21),
        (elf::EM_AARCH64, elf::R_AARCH64_ADD_ABS_LO12_NC),
    ];
    each_object(|file, target, _| {
        let machine = if target.starts_with("x86_64") { elf::EM_X86_64 } else { elf::EM_AARCH64 };
        let text = file.section_by_name(".text").expect("code");
        assert!(text.relocations().count() > 0, "the sample refers to types and to the runtime");
        for (at, relocation) in text.relocations() {
            let RelocationFlags::Elf { r_type } = relocation.flags() else { panic!("not ELF") };
            assert!(allowed.contains(&(machine, r_type)), "{target}: kind {r_type} at {at:#x}");
        }
    });
}

#[test]
fn the_image_says_what_it_is() {
    each_object(|file, _, model| {
        let (head, _) = field(file, offset_of!(ModuleImage, abi_version));
        let model_number = u64::from(model == Model::Executable);
        assert_eq!(head, u64::from(ABI_VERSION) | model_number << 32);
        let (_, context) = field(file, offset_of!(ModuleImage, static_context));
        assert_eq!(context.as_deref(), (model == Model::Executable).then_some("aot_context"));
        assert_eq!(field(file, offset_of!(ModuleImage, initialize)).1.as_deref(), Some("aot_initialize"));
        let length = |slice: usize| field(file, slice + 8).0;
        assert_eq!(length(offset_of!(ModuleImage, imports)), 1);
        assert_eq!(length(offset_of!(ModuleImage, exports)), 5);
        assert_eq!(length(offset_of!(ModuleImage, data_segments)), 4);
        assert_eq!(length(offset_of!(ModuleImage, element_segments)), 1);
    });
}

#[test]
fn initial_memory_is_a_section_where_it_is_mapped() {
    each_object(|file, target, model| {
        let base = Target::parse(target).expect("a supported target").default_memory_base();
        let section = file.section_by_name(&format!(".aot.memory0@{base:#x}"));
        match model {
            Model::Executable => {
                let section = section.expect("memory 0 has a fixed address");
                let data = section.data().expect("data");
                assert!(data.starts_with(b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0initial\0"));
                assert!(data.ends_with(b"more than is copied") && data.len() == 20019);
            }
            Model::Library => assert!(section.is_none()),
        }
    });
}

#[test]
fn descriptors_are_merged_by_any_linker() {
    each_object(|file, _, _| {
        let descriptors: Vec<_> =
            file.symbols().filter(|symbol| symbol.name().is_ok_and(|name| name.starts_with("aot_type_"))).collect();
        // (i32), (i32, i32) -> i32, (i32) -> i32, () -> ().
        assert_eq!(descriptors.len(), 4);
        for descriptor in &descriptors {
            assert!(descriptor.is_weak() && descriptor.is_definition());
            let section = file.section_by_index(descriptor.section_index().expect("defined")).expect("a section");
            let object::SectionFlags::Elf { sh_flags } = section.flags() else { panic!("not ELF") };
            assert_ne!(sh_flags & u64::from(elf::SHF_GROUP), 0, "GNU ld refuses groups whose members do not say so");
        }
    });
}

#[test]
fn every_function_can_be_unwound() {
    each_object(|file, target, _| {
        let functions = file.symbols().filter(|symbol| symbol.kind() == object::SymbolKind::Text).count();
        let bytes = bytes_of(file, ".eh_frame");
        let table = EhFrame::new(&bytes, LittleEndian);
        let bases = gimli::BaseAddresses::default().set_eh_frame(0);
        let (mut entries, mut descriptions) = (table.entries(&bases), 0);
        while let Some(entry) = entries.next().expect("a well-formed table") {
            match entry {
                gimli::CieOrFde::Cie(head) => {
                    let encoding = head.fde_address_encoding().expect("addresses are not absolute");
                    assert_eq!(encoding.application(), gimli::DW_EH_PE_pcrel);
                }
                gimli::CieOrFde::Fde(_) => descriptions += 1,
            }
        }
        assert_eq!(descriptions, functions, "{target}");
        assert_eq!(file.section_by_name(".eh_frame").expect("it is there").relocations().count(), functions);
    });
}

#[test]
fn the_code_map_finds_functions_and_traps() {
    each_object(|file, _, _| {
        let divide = file.symbol_by_name("divide").expect("named after the name section");
        // The map is the last thing that image.rs puts into `.rodata`.
        let (length, _) = field(file, offset_of!(ModuleImage, code_map) + 8);
        let bytes = bytes_of(file, ".rodata");
        let map = &bytes[bytes.len() - length as usize..];
        let start = divide.address() as u32;
        let locations: Vec<_> = (start..start + divide.size() as u32).map(|at| code_map::find(map, at)).collect();
        let locations: Vec<_> = locations.into_iter().map(|location| location.expect("inside a function")).collect();
        assert!(locations.iter().all(|location| location.name == "divide" && location.function_index == 1));
        for trap in [Trap::IntegerDivideByZero, Trap::IntegerOverflow] {
            assert!(locations.iter().any(|location| location.trap == Some(trap)), "{trap:?}");
        }
    });
}
