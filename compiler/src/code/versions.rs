//! Functions with vectors in loops are compiled twice, and the processor decides which version runs.
//!
//! AVX has three operands where SSE overwrites one, and reads memory in place wherever it is aligned: loops over vectors get
//! shorter, by up to a third. Nothing else gains, so everything else exists once. What others call is a few instructions
//! that look at a byte and jump; within a version, calls go straight to the same version of what they call:
//!
//! ```text
//! f:       cmp byte ptr [aot_processor], WITHOUT_AVX2      f.any:   …
//!          ja  f.avx2                                      f.avx2:  …
//!          je  f.any
//!          call aot_ask_processor
//!          jmp f
//! ```
//!
//! Both versions come from the same CLIF, and no instruction of AVX2 rounds otherwise. Which NaN an operation
//! on two NaNs returns may differ, as the specification allows, unless `deterministic` is on.

use super::compiled::{CompiledFunction, Inlined, Relocation, RelocationTarget};
use super::isa::Effort;
use super::machine::Machine;
use super::unwind::Unwind;
use crate::clif::Env;
use crate::code_name::CodeName;
use crate::error::Result;
use crate::index::FuncIndex;
use crate::optimizations::Optimization;
use crate::options::Optimize;
use crate::target::Arch;
use aot_abi::version::WITHOUT_AVX2;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{self, Inst, Opcode, Value};
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};
use std::collections::HashSet;

/// Of so many instructions of a loop, one at least computes with vectors where a second version pays, …
const SHARE_OF_LOOP: usize = 10;

/// … and of so many of the whole function. Compilers make vectors in loops that hardly ever run: without this, `printf` would exist
/// twice for the sake of three instructions, and SQLite would be a fifth larger.
const SHARE_OF_FUNCTION: usize = 50;

/// The processor of the second version, where there are to be any.
pub(super) fn machine(env: Env<'_>) -> Result<Option<Machine>> {
    let options = env.options;
    let wanted = options.vector_versions
        && options.optimizations.has(Optimization::VectorVersions)
        && options.optimize == Optimize::Speed
        && options.target.arch == Arch::X86_64;
    if !wanted {
        return Ok(None);
    }
    let mut options = options.clone();
    options.cpu.features.push("avx2".to_owned());
    Machine::new(env, &options, Effort::Full).map(Some)
}

/// Whether the function has vectors at all.
pub(super) fn may_pay(function: &ir::Function) -> bool {
    function.dfg.values().any(|value| function.dfg.value_type(value).is_vector())
}

/// Whether the function has a loop that computes with vectors, and not only on the side. It has been optimised: before
/// that, half of a loop are constants and casts.
pub(super) fn pay(function: &ir::Function) -> bool {
    let flow = ControlFlowGraph::with_function(function);
    let dominators = DominatorTree::with_function(function, &flow);
    let mut loops = LoopAnalysis::new();
    loops.compute(function, &flow, &dominators);
    let mut counts: SecondaryMap<Loop, Counts> = SecondaryMap::new();
    let mut all = 0;
    for block in function.layout.blocks() {
        all += function.layout.block_insts(block).count();
        let Some(innermost) = loops.innermost_loop(block) else { continue };
        if let Some(outer) = loops.loop_parent(innermost) {
            counts[outer].is_simple = false;
        }
        for inst in function.layout.block_insts(block) {
            let counts = &mut counts[innermost];
            counts.instructions += usize::from(takes_time(function.dfg.insts[inst].opcode()));
            counts.with_vectors += usize::from(computes(function, inst));
            counts.is_simple &= !function.dfg.insts[inst].opcode().is_call();
        }
    }
    let of_vectors = |counts: &&Counts| counts.is_simple && counts.with_vectors * SHARE_OF_LOOP >= counts.instructions;
    let with_vectors: usize = counts.values().filter(of_vectors).map(|counts| counts.with_vectors).sum();
    with_vectors > 0 && with_vectors * SHARE_OF_FUNCTION >= all
}

/// What is in a loop.
#[derive(Clone, Copy)]
struct Counts {
    instructions: usize,
    with_vectors: usize,
    /// It has neither loops nor calls in it.
    is_simple: bool,
}

impl Default for Counts {
    fn default() -> Self {
        Counts { instructions: 0, with_vectors: 0, is_simple: true }
    }
}

/// Whether machine code has an instruction for this one.
fn takes_time(opcode: Opcode) -> bool {
    !matches!(opcode, Opcode::Iconst | Opcode::Vconst | Opcode::Bitcast | Opcode::Uextend | Opcode::Jump)
}

/// Whether the instruction makes a vector of others. Moving them around gains nothing.
fn computes(function: &ir::Function, inst: Inst) -> bool {
    let opcode = function.dfg.insts[inst].opcode();
    let moves = matches!(opcode, Opcode::Load | Opcode::Splat | Opcode::Select);
    let is_vector = |value: &Value| function.dfg.value_type(*value).is_vector();
    takes_time(opcode) && !moves && function.dfg.inst_results(inst).iter().any(is_vector)
}

/// Makes functions of their own of both versions, and one that chooses.
pub(crate) fn separate(functions: Vec<CompiledFunction>) -> Vec<CompiledFunction> {
    let twice: HashSet<FuncIndex> =
        functions.iter().filter(|function| function.for_avx2.is_some()).filter_map(|f| f.name.body()).collect();
    if twice.is_empty() {
        return functions;
    }
    let mut separated = Vec::with_capacity(functions.len() + 2 * twice.len());
    for mut function in functions {
        match (function.for_avx2.take(), function.name.body()) {
            (Some(for_avx2), Some(index)) => {
                separated.push(choice(index));
                separated.push(version(function, &twice, CodeName::AnyProcessor));
                separated.push(version(*for_avx2, &twice, CodeName::Avx2));
            }
            _ => separated.push(function),
        }
    }
    separated
}

/// A version under its own name, which calls the same versions of others.
fn version(
    mut function: CompiledFunction,
    twice: &HashSet<FuncIndex>,
    name: fn(FuncIndex) -> CodeName,
) -> CompiledFunction {
    let renamed = |original: CodeName| match original {
        CodeName::Wasm(index) if twice.contains(&index) => name(index),
        other => other,
    };
    function.name = renamed(function.name);
    for relocation in &mut function.relocations {
        if let RelocationTarget::Name(target) = relocation.target {
            relocation.target = RelocationTarget::Name(renamed(target));
        }
    }
    function
}

/// The code that stands in the place of a function and goes to one of its versions.
fn choice(function: FuncIndex) -> CompiledFunction {
    let mut bytes = Vec::new();
    let mut relocations = Vec::new();
    // The distance is from the end of the instruction, `behind` bytes after the field.
    let mut instruction = |opcode: &[u8], target, behind: &[u8]| {
        bytes.extend_from_slice(opcode);
        relocations.push(Relocation {
            offset: bytes.len() as u32,
            kind: if matches!(opcode, [0xe8 | 0xe9]) { Reloc::X86CallPCRel4 } else { Reloc::X86PCRel4 },
            target: RelocationTarget::Name(target),
            addend: -4 - behind.len() as i64,
        });
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(behind);
    };
    instruction(&[0x80, 0x3d], CodeName::Processor, &[WITHOUT_AVX2]); // cmp byte ptr [rip + …], …
    instruction(&[0x0f, 0x87], CodeName::Avx2(function), &[]); // ja
    instruction(&[0x0f, 0x84], CodeName::AnyProcessor(function), &[]); // je
    instruction(&[0xe8], CodeName::AskProcessor, &[]); // call
    instruction(&[0xe9], CodeName::Wasm(function), &[]); // jmp
    let code_length = bytes.len() as u32;
    CompiledFunction {
        name: CodeName::Wasm(function),
        bytes,
        alignment: 32,
        loops: Vec::new(),
        relocations,
        traps: Vec::new(),
        source_map: Vec::new(),
        inlined: Inlined::default(),
        returns: Vec::new(),
        unwind: Some(Unwind { code_length, steps: Vec::new() }),
        handlers: Vec::new(),
        stack_maps: Vec::new(),
        for_avx2: None,
    }
}
