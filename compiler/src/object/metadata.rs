//! The code map: PC → function, trap, Wasm offset; in time, stack maps and the handler table.

use super::Emitter;
use super::functions::Text;
use crate::code::compiled::CompiledFunction;
use crate::code_name::CodeName;
use crate::index::FuncIndex;
use crate::target::Arch;
use aot_abi::code_map::{self, FunctionSites, InlinedCall, Site};
use aot_abi::image::NONE;
use aot_abi::trap::Trap;

/// What a backtrace calls the code that instantiates a module.
const INITIALIZE_NAME: &str = "(instantiation)";

impl Emitter<'_> {
    /// The map of all functions. Native entries are left out: they are no frames of the program.
    pub(super) fn code_map(&self, functions: &[CompiledFunction], text: &Text) -> Vec<u8> {
        let sites: Vec<Vec<Site>> = functions.iter().map(|function| self.sites(function)).collect();
        let inlined: Vec<_> = functions.iter().map(|function| self.inlined(function)).collect();
        let rows: Vec<FunctionSites<'_>> = functions
            .iter()
            .zip(&text.starts)
            .zip(sites.iter().zip(&inlined))
            .filter_map(|((function, &code_start), (sites, (inlined, inlined_ranges)))| {
                let (function_index, wasm_offset, name) = match function.name {
                    CodeName::Wasm(index)
                    | CodeName::AnyProcessor(index)
                    | CodeName::Avx2(index)
                    | CodeName::ImportWrapper(index) => {
                        let name = self.env.module.names.display_name(index).unwrap_or("");
                        (index.as_u32(), self.body_start(index), name)
                    }
                    CodeName::Initialize => (NONE, 0, INITIALIZE_NAME),
                    _ => return None,
                };
                let code_end = code_start + function.bytes.len() as u32;
                Some(FunctionSites {
                    code_start,
                    code_end,
                    function_index,
                    wasm_offset,
                    name,
                    sites,
                    inlined,
                    inlined_ranges,
                })
            })
            .collect();
        code_map::write(&rows)
    }

    /// The calls that were replaced, and where a backtrace can find what they call.
    fn inlined(&self, function: &CompiledFunction) -> (Vec<InlinedCall<'_>>, Vec<(u32, u32)>) {
        let names = &self.env.module.names;
        let calls = function.inlined.calls.iter().map(|call| InlinedCall {
            function_index: call.callee.as_u32(),
            name: names.display_name(call.callee).unwrap_or(""),
            wasm_offset: call.wasm_offset,
            caller: call.caller,
        });
        let mut ranges = visible_regions(function, &function.inlined.ranges);
        ranges.dedup_by_key(|&mut (_, call)| call);
        // What nobody can find needs no calls.
        if ranges.is_empty() { (Vec::new(), ranges) } else { (calls.collect(), ranges) }
    }

    /// Where the body begins in the module; 0 for code without one.
    pub(super) fn body_start(&self, function: FuncIndex) -> u32 {
        let module = self.env.module;
        module.defined(function).map_or(0, |body| module.bodies[body].range.start as u32)
    }

    /// Traps and changes of the Wasm offset, merged by place in the code.
    fn sites(&self, function: &CompiledFunction) -> Vec<Site> {
        let start = function.name.body().map_or(0, |index| self.body_start(index));
        let traps = function.traps.iter().filter(|&&(at, trap)| self.is_needed(function, at, trap));
        merge(start, traps.copied(), &visible_regions(function, &function.source_map))
    }

    /// Whether the runtime needs the table to know what a fault at this place means. Most sites are loads and stores that
    /// may leave the memory, and their fault address says so by itself: it lies in the memory's reservation or guard. Not
    /// so where misspeculation is guarded against: there an access out of bounds goes to address 0.
    fn is_needed(&self, function: &CompiledFunction, at: u32, trap: Trap) -> bool {
        trap != Trap::MemoryOutOfBounds
            || self.env.options.spectre
            || is_trap_instruction(self.env.options.target.arch, &function.bytes[at as usize..])
    }
}

fn is_trap_instruction(arch: Arch, code: &[u8]) -> bool {
    match arch {
        // `ud2`.
        Arch::X86_64 => code.starts_with(&[0x0f, 0x0b]),
        // `udf #…`: the upper half is zero, as in no other instruction.
        Arch::Aarch64 => code.get(2..4) == Some(&[0, 0]),
    }
}

/// The regions of a map in which a backtrace can find a frame: those with a call, or with an instruction that
/// can fault. That is about half of them; nobody asks where an addition came from.
fn visible_regions(function: &CompiledFunction, map: &[(u32, u32)]) -> Vec<(u32, u32)> {
    // A return address belongs to the call before it.
    let calls = function.returns.iter().map(|&at| at - 1);
    let mut places: Vec<u32> = function.traps.iter().map(|&(at, _)| at).chain(calls).collect();
    places.sort_unstable();
    let mut places = places.into_iter().peekable();
    let mut regions = Vec::new();
    for (position, &(start, value)) in map.iter().enumerate() {
        let end = map.get(position + 1).map_or(u32::MAX, |next| next.0);
        while places.next_if(|&place| place < start).is_some() {}
        if places.peek().is_some_and(|&place| place < end) {
            regions.push((start, value));
        }
    }
    regions
}

fn merge(start: u32, traps: impl Iterator<Item = (u32, Trap)>, source_map: &[(u32, u32)]) -> Vec<Site> {
    let mut sites: Vec<Site> = Vec::new();
    let mut traps = traps.peekable();
    let mut wasm_offset = start;
    let mut push_traps_before = |limit: u32, wasm_offset: u32, sites: &mut Vec<Site>| {
        while let Some((code_offset, trap)) = traps.next_if(|&(at, _)| at < limit) {
            sites.push(Site { code_offset, wasm_offset, trap: Some(trap) });
        }
    };
    for &(code_offset, next_wasm_offset) in source_map {
        push_traps_before(code_offset, wasm_offset, &mut sites);
        if next_wasm_offset != wasm_offset {
            sites.push(Site { code_offset, wasm_offset: next_wasm_offset, trap: None });
            wasm_offset = next_wasm_offset;
        }
    }
    push_traps_before(u32::MAX, wasm_offset, &mut sites);
    // A trap site says the offset too: a plain site at the same place is one too many.
    let mut merged: Vec<Site> = Vec::with_capacity(sites.len());
    for site in sites {
        match merged.last_mut() {
            Some(last) if last.code_offset == site.code_offset && last.trap.is_none() => *last = site,
            _ => merged.push(site),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::compiled::Inlined;

    #[test]
    fn sites_say_each_thing_once() {
        let source_map = [(0, 100), (4, 103), (8, 103), (12, 110)];
        let traps = [(4, Trap::Unreachable), (9, Trap::IntegerOverflow), (20, Trap::Unreachable)];
        let sites = merge(100, traps.into_iter(), &source_map);
        let expected = [
            (4, 103, Some(Trap::Unreachable)),
            (9, 103, Some(Trap::IntegerOverflow)),
            (12, 110, None),
            (20, 110, Some(Trap::Unreachable)),
        ];
        let got: Vec<_> = sites.iter().map(|site| (site.code_offset, site.wasm_offset, site.trap)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn regions_that_no_backtrace_can_see_are_left_out() {
        let function = CompiledFunction {
            name: CodeName::Initialize,
            bytes: vec![0; 40],
            alignment: 16,
            loops: Vec::new(),
            relocations: Vec::new(),
            traps: vec![(9, Trap::Unreachable)],
            source_map: vec![(0, 100), (8, 101), (12, 102), (20, 103), (30, 104)],

            inlined: Inlined::default(),
            // The call ends where the next region begins.
            returns: vec![20],
            unwind: None,
            handlers: Vec::new(),
            stack_maps: Vec::new(),
            for_avx2: None,
        };
        assert_eq!(visible_regions(&function, &function.source_map), [(8, 101), (12, 102)]);
    }

    #[test]
    fn trap_instructions_are_told_from_loads() {
        assert!(is_trap_instruction(Arch::X86_64, &[0x0f, 0x0b, 0xc3]));
        assert!(!is_trap_instruction(Arch::X86_64, &[0x8b, 0x07]));
        assert!(is_trap_instruction(Arch::Aarch64, &0x0000_c11fu32.to_le_bytes()));
        assert!(!is_trap_instruction(Arch::Aarch64, &0xb940_0000u32.to_le_bytes()));
    }
}
