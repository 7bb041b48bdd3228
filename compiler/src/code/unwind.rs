//! How to unwind one function, as far as Cranelift says: its prologue.

use crate::error::{Error, ErrorKind, Result};
use cranelift_codegen::binemit::CodeOffset;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInst;

/// What holds from which offset of the code on. Every function has a frame pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unwind {
    pub(crate) steps: Vec<(u32, Step)>,
    pub(crate) code_length: u32,
}

/// One thing that a prologue did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It saved the caller's frame pointer, and where there is one the link register, right below what the caller's stack
    /// pointer was, which is this much above the stack pointer now.
    FramePushed { to_caller: u32 },
    /// The frame pointer points there from now on.
    FrameDefined,
    /// It saved the register with this DWARF number, this far from what the caller's stack pointer was.
    Saved { register: u16, offset: i32 },
}

impl Unwind {
    /// From what Cranelift notes while it emits code; `None` for code without a prologue.
    pub(super) fn new(
        notes: &[(CodeOffset, UnwindInst)],
        code_length: u32,
        isa: &dyn TargetIsa,
    ) -> Result<Option<Self>> {
        let mut steps = Vec::new();
        let mut clobbers_to_caller = 0;
        for (at, note) in notes {
            let step = match *note {
                UnwindInst::PushFrameRegs { offset_upward_to_caller_sp } => {
                    Step::FramePushed { to_caller: offset_upward_to_caller_sp }
                }
                UnwindInst::DefineNewFrame { offset_upward_to_caller_sp, offset_downward_to_clobbers } => {
                    clobbers_to_caller = offset_upward_to_caller_sp + offset_downward_to_clobbers;
                    Step::FrameDefined
                }
                UnwindInst::SaveReg { clobber_offset, reg } => {
                    let register = isa.map_regalloc_reg_to_dwarf(reg.into());
                    let register = register.map_err(|error| internal(&format!("it saves a register: {error}")))?;
                    Step::Saved { register, offset: clobber_offset as i32 - clobbers_to_caller as i32 }
                }
                // What is below the frame pointer is nobody's business, and return addresses start out unsigned.
                UnwindInst::StackAlloc { .. } | UnwindInst::Aarch64SetPointerAuth { return_addresses: false } => {
                    continue;
                }
                ref other => return Err(internal(&format!("{other:?}"))),
            };
            steps.push((*at, step));
        }
        Ok((!steps.is_empty()).then_some(Unwind { steps, code_length }))
    }
}

fn internal(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("cannot describe how to unwind the code: {what}"))
}
