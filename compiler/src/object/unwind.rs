//! `.eh_frame`: how to unwind each function, for debuggers, profilers and C++ or Rust code above ours.
//!
//! Cranelift describes prologues only; inside an epilogue, a few instructions long, an unwinder may see one frame too few.
//! Addresses are relative to where they stand, so the table is right wherever the code is loaded.

use super::{Emitter, container_error, internal};
use crate::code::compiled::CompiledFunction;
use crate::code::isa;
use crate::code::unwind::{Step, Unwind};
use crate::error::Result;
use crate::target::Arch;
use cranelift_codegen::gimli;
use gimli::write::{
    Address, CallFrameInstruction, EhFrame, EndianVec, FrameDescriptionEntry, FrameTable, RelocateWriter, Relocation,
};
use gimli::{AArch64, LittleEndian, X86_64, constants};
use object::RelocationFlags;
use object::elf;
use object::write::StandardSection;

/// Collects the table and its relocations, all of which are against `.text`.
struct Table {
    bytes: EndianVec<LittleEndian>,
    relocations: Vec<Relocation>,
}

impl RelocateWriter for Table {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.bytes
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}

/// One function's entry.
fn entry(unwind: &Unwind, address: Address, arch: Arch) -> FrameDescriptionEntry {
    let (frame_pointer, link_register) = match arch {
        Arch::X86_64 => (X86_64::RBP, None),
        Arch::Aarch64 => (AArch64::X29, Some(AArch64::X30)),
    };
    let mut entry = FrameDescriptionEntry::new(address, unwind.code_length);
    for &(at, step) in &unwind.steps {
        match step {
            Step::FramePushed { to_caller } => {
                let below = to_caller as i32;
                entry.add_instruction(at, CallFrameInstruction::CfaOffset(below));
                entry.add_instruction(at, CallFrameInstruction::Offset(frame_pointer, -below));
                if let Some(link_register) = link_register {
                    entry.add_instruction(at, CallFrameInstruction::Offset(link_register, 8 - below));
                }
            }
            Step::FrameDefined => entry.add_instruction(at, CallFrameInstruction::CfaRegister(frame_pointer)),
            Step::Saved { register, offset } => {
                entry.add_instruction(at, CallFrameInstruction::Offset(gimli::Register(register), offset));
            }
        }
    }
    entry
}

/// gimli's name for `.text`, the only symbol the table refers to.
const TEXT: usize = 0;

impl Emitter<'_> {
    /// Emits the table; `starts` are the functions' offsets in `.text`.
    pub(super) fn emit_unwind(&mut self, functions: &[CompiledFunction], starts: &[u32]) -> Result<()> {
        let mut frames = FrameTable::default();
        let mut head = isa::unwind_head(self.env.options)?;
        head.fde_address_encoding = gimli::DwEhPe(constants::DW_EH_PE_pcrel.0 | constants::DW_EH_PE_sdata4.0);
        let head = frames.add_cie(head);
        for (function, &start) in functions.iter().zip(starts) {
            if let Some(unwind) = &function.unwind {
                let address = Address::Symbol { symbol: TEXT, addend: i64::from(start) };
                frames.add_fde(head, entry(unwind, address, self.env.options.target.arch));
            }
        }
        let mut table = EhFrame(Table { bytes: EndianVec::new(LittleEndian), relocations: Vec::new() });
        frames.write_eh_frame(&mut table).map_err(|error| internal(format!("cannot encode `.eh_frame`: {error}")))?;

        let section = self.object.section_id(StandardSection::EhFrame);
        self.object.set_section_data(section, table.0.bytes.into_vec(), 8);
        let symbol = self.text_place(0).symbol;
        let r_type = match self.env.options.target.arch {
            Arch::X86_64 => elf::R_X86_64_PC32,
            Arch::Aarch64 => elf::R_AARCH64_PREL32,
        };
        for relocation in table.0.relocations {
            debug_assert_eq!(relocation.size, 4, "sdata4 is four bytes");
            self.object
                .add_relocation(
                    section,
                    object::write::Relocation {
                        offset: relocation.offset as u64,
                        symbol,
                        addend: relocation.addend,
                        flags: RelocationFlags::Elf { r_type },
                    },
                )
                .map_err(container_error)?;
        }
        Ok(())
    }
}
