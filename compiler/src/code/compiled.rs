//! `CompiledFunction`: bytes, relocations, traps, unwind, source map; the only file that knows Cranelift's output.

use super::inline::{InlineLocations, Place};
use super::unwind::Unwind;
use crate::clif::trap;
use crate::code_name::CodeName;
use crate::error::{Error, ErrorKind, Result};
use crate::index::FuncIndex;
use aot_abi::trap::Trap;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{
    CompiledCode, Final, FinalizedMachReloc, FinalizedRelocTarget, MachSrcLoc, MachTrap, binemit, ir,
};

/// One function as machine code.
#[derive(Debug)]
pub(crate) struct CompiledFunction {
    /// What it is.
    pub(crate) name: CodeName,
    pub(crate) bytes: Vec<u8>,
    pub(crate) alignment: u32,
    /// Loops in the code, inner ones first; none where nobody asks.
    pub(crate) loops: Vec<Loop>,
    pub(crate) relocations: Vec<Relocation>,
    /// Sorted by offset: the instruction there traps.
    pub(crate) traps: Vec<(u32, Trap)>,
    /// Sorted by offset: from there on, code comes from this offset in the Wasm module.
    pub(crate) source_map: Vec<(u32, u32)>,
    pub(crate) inlined: Inlined,
    /// Return addresses of calls, ascending.
    pub(crate) returns: Vec<u32>,
    pub(crate) unwind: Option<Unwind>,
    /// Handlers of the exceptions proposal; empty until it is supported.
    #[expect(dead_code, reason = "the place is kept for the exceptions proposal")]
    pub(crate) handlers: Vec<()>,
    /// Live references at calls; empty until a collector needs them.
    #[expect(dead_code, reason = "the place is kept for garbage collection")]
    pub(crate) stack_maps: Vec<()>,
    /// The same function for processors with AVX2, until `versions::separate` makes two of it.
    pub(crate) for_avx2: Option<Box<CompiledFunction>>,
}

/// Code that is run many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loop {
    /// Offset of its first byte.
    pub(crate) start: u32,
    /// Offset behind its last.
    pub(crate) end: u32,
    /// How many loops it is in, itself included.
    pub(crate) depth: u32,
}

/// What a function took in.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Inlined {
    /// Calls that were replaced by what they call; those inside another come after it.
    pub(crate) calls: Vec<InlinedCall>,
    /// Sorted by offset: from there on, code belongs to the callee of this call, counted from 1; 0 is the function itself.
    pub(crate) ranges: Vec<(u32, u32)>,
}

/// A call that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InlinedCall {
    pub(crate) callee: FuncIndex,
    /// Offset of the operator in the module.
    pub(crate) wasm_offset: u32,
    /// The call whose callee the operator is in, counted as in [`Inlined::ranges`].
    pub(crate) caller: u32,
}

/// A place in the code that the linker fills in.
#[derive(Debug, Clone)]
pub(crate) struct Relocation {
    pub(crate) offset: u32,
    pub(crate) kind: binemit::Reloc,
    pub(crate) target: RelocationTarget,
    pub(crate) addend: i64,
}

/// What a relocation refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelocationTarget {
    Name(CodeName),
    /// A helper that the code generator called on its own account (`fma`, `ceil`, …).
    Helper(ir::LibCall),
    /// An offset in the function itself (constant pools, jump tables).
    Local(u32),
}

impl CompiledFunction {
    /// Takes what the object needs from Cranelift's output: the function's code.
    pub(crate) fn new(
        name: CodeName,
        function: &ir::Function,
        code: &CompiledCode,
        locations: InlineLocations,
        isa: &dyn TargetIsa,
    ) -> Result<Self> {
        let buffer = &code.buffer;
        let places = places(buffer.get_srclocs_sorted(), &locations);
        let length = u32::try_from(buffer.data().len()).expect("the code generator refuses larger functions");
        let unwind = Unwind::new(&buffer.unwind_info, length, isa)?;
        Ok(CompiledFunction {
            name,
            bytes: buffer.data().to_vec(),
            alignment: buffer.alignment.max(isa.function_alignment().minimum),
            loops: loops(code, length),
            relocations: buffer.relocs().iter().map(|reloc| relocation(function, reloc)).collect::<Result<_>>()?,
            traps: traps(buffer.traps()),
            source_map: map(&places, |place| place.wasm_offset),
            inlined: Inlined { ranges: inlined_ranges(&places), calls: locations.calls },
            returns: returns(buffer.call_sites().map(|site| site.ret_addr)),
            unwind,
            handlers: Vec::new(),
            stack_maps: Vec::new(),
            for_avx2: None,
        })
    }
}

fn relocation(function: &ir::Function, reloc: &FinalizedMachReloc) -> Result<Relocation> {
    let target = match &reloc.target {
        FinalizedRelocTarget::ExternalName(ir::ExternalName::User(name)) => {
            RelocationTarget::Name(CodeName::from_user(&function.params.user_named_funcs()[*name]))
        }
        FinalizedRelocTarget::ExternalName(ir::ExternalName::LibCall(helper)) => RelocationTarget::Helper(*helper),
        FinalizedRelocTarget::ExternalName(name) => {
            let message = format!("the code generator made up the name {}", name.display(Some(&function.params)));
            return Err(Error::new(ErrorKind::Internal, message));
        }
        FinalizedRelocTarget::Func(offset) => RelocationTarget::Local(*offset),
    };
    Ok(Relocation { offset: reloc.offset, kind: reloc.kind, target, addend: reloc.addend })
}

fn traps(traps: &[MachTrap]) -> Vec<(u32, Trap)> {
    let mut traps: Vec<(u32, Trap)> =
        traps.iter().filter_map(|site| Some((site.offset, trap::from_code(site.code)?))).collect();
    // Deferred traps stand at the end of the code, but are noted where they were asked for.
    traps.sort_by_key(|&(offset, _)| offset);
    traps.dedup_by_key(|&mut (offset, _)| offset);
    traps
}

/// Where code comes from, by where it begins.
fn places(locations: &[MachSrcLoc<Final>], inlined: &InlineLocations) -> Vec<(u32, Place)> {
    let known = locations.iter().filter(|location| !location.loc.is_default());
    known.map(|location| (location.start, inlined.place(location.loc))).collect()
}

/// Each change of something that places have.
fn map(places: &[(u32, Place)], what: impl Fn(Place) -> u32) -> Vec<(u32, u32)> {
    let mut map: Vec<(u32, u32)> = Vec::new();
    for &(from, place) in places {
        let value = what(place);
        match map.last_mut() {
            Some((_, last)) if *last == value => {}
            // Regions are sorted by where they start; of two that start together, the last one is not empty.
            Some((start, last)) if *start == from => *last = value,
            _ => map.push((from, value)),
        }
    }
    map
}

fn inlined_ranges(places: &[(u32, Place)]) -> Vec<(u32, u32)> {
    let mut ranges = map(places, |place| place.call);
    // Code belongs to the function itself unless something else is said.
    if ranges.first().is_some_and(|&(_, call)| call == 0) {
        ranges.remove(0);
    }
    ranges
}

/// Functions with more of them than this have no loop that matters more than others.
const BACK_EDGES_MAX: usize = 500;

/// From each place that code goes back to, up to the last that goes there.
fn loops(code: &CompiledCode, length: u32) -> Vec<Loop> {
    let back: Vec<_> = code.bb_edges.iter().filter(|(from, to)| to <= from).collect();
    if back.len() > BACK_EDGES_MAX {
        return Vec::new();
    }
    let mut loops: Vec<Loop> = Vec::new();
    for &&(from, to) in &back {
        let following = code.bb_starts.partition_point(|&start| start <= from);
        let end = code.bb_starts.get(following).copied().unwrap_or(length);
        match loops.iter_mut().find(|at| at.start == to) {
            Some(known) => known.end = known.end.max(end),
            None => loops.push(Loop { start: to, end, depth: 0 }),
        }
    }
    let ranges: Vec<(u32, u32)> = loops.iter().map(|at| (at.start, at.end)).collect();
    for at in &mut loops {
        at.depth = ranges.iter().filter(|&&(start, end)| start <= at.start && at.end <= end).count() as u32;
    }
    loops.sort_by_key(|at| (std::cmp::Reverse(at.depth), at.start));
    loops
}

fn returns(addresses: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut addresses: Vec<u32> = addresses.collect();
    addresses.sort_unstable();
    addresses
}
