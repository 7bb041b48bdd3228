//! Annotated disassembly: what `aot dump --stage code` prints.
//!
//! ```text
//! load:
//!     0  push  rbp
//!     1  mov  rbp, rsp
//!     4  mov  eax, dword ptr [rdi + 0x10000004]   ; @0x2b, trap: out of bounds memory access
//!     a  call  helper                             ; @0x30
//! ```
//!
//! Offsets are from the function's start. A comment begins with the offset in the Wasm module where that changes, and names
//! what the linker fills in and what a trap at this instruction means. Bytes that are no instruction (constants, jump
//! tables) are printed as such where the disassembler can tell.

use super::compiled::{CompiledFunction, Relocation, RelocationTarget};
use crate::code_name::CodeName;
use crate::error::{Error, ErrorKind, Result};
use crate::target::Arch;
use capstone::arch::{BuildsCapstone, BuildsCapstoneSyntax, arm64, x86};
use capstone::{Capstone, CsResult};
use std::fmt::Write;

/// Column where comments start, unless the instruction is longer.
const COMMENT_COLUMN: usize = 56;

/// The function as text. `symbol` is the name of what it refers to.
pub(crate) fn text(function: &CompiledFunction, arch: Arch, symbol: &dyn Fn(CodeName) -> String) -> Result<String> {
    let failed = |error| Error::new(ErrorKind::Internal, format!("the disassembler failed: {error}"));
    let capstone = disassembler(arch).map_err(failed)?;
    let instructions = capstone.disasm_all(&function.bytes, 0).map_err(failed)?;
    let mut text = format!("{}:\n", symbol(function.name));
    let mut notes = Notes { function, symbol, next_source: 0, next_trap: 0, next_relocation: 0 };
    for instruction in instructions.iter() {
        let start = instruction.address() as u32;
        let end = start + instruction.len() as u32;
        let mut line = format!("{start:6x}  {}", instruction.mnemonic().unwrap_or("?"));
        let (comments, callee) = notes.for_instruction(start, end);
        match (callee, instruction.op_str().unwrap_or("")) {
            (Some(callee), _) => line.extend(["  ", &callee]),
            (None, "") => {}
            (None, operands) => line.extend(["  ", operands]),
        }
        if !comments.is_empty() {
            let padding = COMMENT_COLUMN.saturating_sub(line.chars().count());
            write!(line, "{:padding$}  ; {}", "", comments.join(", ")).expect("a string can always grow");
        }
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

fn disassembler(arch: Arch) -> CsResult<Capstone> {
    let mut capstone = match arch {
        Arch::X86_64 => Capstone::new().x86().mode(x86::ArchMode::Mode64).syntax(x86::ArchSyntax::Intel).build()?,
        Arch::Aarch64 => Capstone::new().arm64().mode(arm64::ArchMode::Arm).build()?,
    };
    capstone.set_skipdata(true)?;
    Ok(capstone)
}

/// What is known about places in the code, consumed in order.
struct Notes<'a> {
    function: &'a CompiledFunction,
    symbol: &'a dyn Fn(CodeName) -> String,
    next_source: usize,
    next_trap: usize,
    next_relocation: usize,
}

impl Notes<'_> {
    /// Comments on the instruction, and its operand if that is nothing but a symbol.
    fn for_instruction(&mut self, start: u32, end: u32) -> (Vec<String>, Option<String>) {
        let (mut comments, mut callee) = (Vec::new(), None);
        let function = self.function;
        if let Some(&(_, wasm_offset)) =
            take_before(&function.source_map, &mut self.next_source, end, |row| row.0).last()
        {
            comments.push(format!("@{wasm_offset:#x}"));
        }
        for relocation in take_before(&function.relocations, &mut self.next_relocation, end, |row| row.offset) {
            let target = self.target(relocation);
            if is_call(&function.bytes[start as usize..end as usize], relocation) {
                callee = Some(target);
            } else {
                comments.push(target);
            }
        }
        for (_, trap) in take_before(&function.traps, &mut self.next_trap, end, |row| row.0) {
            comments.push(format!("trap: {}", trap.message()));
        }
        (comments, callee)
    }

    fn target(&self, relocation: &Relocation) -> String {
        match relocation.target {
            RelocationTarget::Name(name) => (self.symbol)(name),
            RelocationTarget::Helper(helper) => format!("helper {helper}"),
            RelocationTarget::Local(offset) => format!("{offset:#x}"),
        }
    }
}

/// Rows that start before `end`, beginning with the first that was not taken yet.
fn take_before<'a, T>(rows: &'a [T], next: &mut usize, end: u32, offset: impl Fn(&T) -> u32) -> &'a [T] {
    let first = *next;
    *next += rows[first..].iter().take_while(|row| offset(row) < end).count();
    &rows[first..*next]
}

/// `call` and `jmp` with a 32-bit distance; `bl` and `b`.
fn is_call(instruction: &[u8], relocation: &Relocation) -> bool {
    use cranelift_codegen::binemit::Reloc;
    match relocation.kind {
        Reloc::Arm64Call => true,
        Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => matches!(instruction, [0xe8 | 0xe9, ..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::compiled::Inlined;
    use crate::index::FuncIndex;
    use aot_abi::trap::Trap;
    use cranelift_codegen::binemit::Reloc;

    #[test]
    fn instructions_carry_what_is_known_about_them() {
        let function = CompiledFunction {
            name: CodeName::Wasm(FuncIndex::from_u32(0)),
            bytes: vec![0x8b, 0x87, 0x10, 0, 0, 0x10, 0xe8, 0, 0, 0, 0, 0x0f, 0x0b],
            alignment: 16,
            loops: Vec::new(),
            relocations: vec![Relocation {
                offset: 7,
                kind: Reloc::X86CallPCRel4,
                target: RelocationTarget::Name(CodeName::Wasm(FuncIndex::from_u32(1))),
                addend: -4,
            }],
            traps: vec![(11, Trap::Unreachable)],
            source_map: vec![(0, 0x2b), (6, 0x30)],

            inlined: Inlined::default(),
            returns: Vec::new(),
            unwind: None,
            handlers: Vec::new(),
            stack_maps: Vec::new(),
            for_avx2: None,
        };
        let symbol = |name: CodeName| match name {
            CodeName::Wasm(index) => format!("f{}", index.as_u32()),
            _ => unreachable!("the function refers to no other kind"),
        };
        let text = text(&function, Arch::X86_64, &symbol).expect("valid code");
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["f0:"]);
        assert_eq!(lines[1].join(" "), "0 mov eax, dword ptr [rdi + 0x10000010] ; @0x2b");
        assert_eq!(lines[2].join(" "), "6 call f1 ; @0x30");
        assert_eq!(lines[3].join(" "), "b ud2 ; trap: unreachable");
    }
}
