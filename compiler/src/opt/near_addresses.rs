//! Accesses near an earlier one use its address: what several share is computed once, and the distance is a part of each.
//!
//! An address is computed in 32 bits and wraps there, then extended to 64. So `x - 8` and `x + 16` are values of their own to
//! Cranelift, each in a register for as long as its accesses are near, and where there are many, as with variables in a
//! function's part of a shadow stack, each in a slot of the frame. Here one of them is the *anchor*, and the others are
//! loads and stores at another offset from it:
//!
//! ```text
//! v2 = iadd_imm v1, -64                              v2 = iadd_imm v1, -64
//! v3 = uextend.i64 v2                                v3 = uextend.i64 v2
//! store.i64 v9, v3+0x1000_0018                       store.i64 v9, v3+0x1000_0018
//! v4 = iadd_imm v1, -32                        →
//! v5 = uextend.i64 v4
//! v6 = load.i64 v5+0x1000_0000                       v6 = load.i64 v3+0x1000_0020
//! ```
//!
//! # Why that is the same
//!
//! Let `x` be the root of some sums, `A = zext(x + a)` the anchor, in 64 bits, and `zext(x + b)`, with `b = a + d`, the
//! address of another access at a static offset `o`. Both are computed modulo 2^32, so `zext(x + b)` is `A + d` or differs
//! from it by 2^32. `G` are the bytes of guard in front of the base: a memory that has them ends at `2^32 - G` or below.
//!
//! 1. **Upwards, `0 <= d`:** when an access at `A` with reach `r`, its offset and size, has succeeded, `A + r <= 2^32 - G`.
//!    So `A + d` is below 2^32 for all `d < G + r`, and is `zext(x + b)`.
//! 2. **Downwards, `-G <= d < 0`, and `o` is 0:** if `A + d` is negative, Wasm's address is `A + d + 2^32`, at least
//!    `2^32 - G`, and the access traps. Ours begins at `A + d >= -G`, in the guard, and faults at the same instruction,
//!    which is the same trap. With an offset this does not hold: `A + d + o` could be inside. An access of several bytes may
//!    begin in the guard and end in the memory: x86-64 stores nothing then, but aarch64 may store what is inside, and has no
//!    short form for what is below a base, so this is for x86-64 only. Where the access's bounds are checked by comparison,
//!    it is only reached when `A + d` is not negative.
//! 3. **After a success at distance `d`,** downwards as well, `A + d` is `zext(x + b)`, and 1 holds from there on: all
//!    distances from `d` to `d + G + r` are exact, with any offset.
//!
//! A success is an access that dominates. Nothing is known without one but 2, which makes anchors of roots themselves, as for
//! `a[i - 1]`: `zext(x)` serves all elements around it.

use super::flow::Flow;
use crate::clif::{Env, regions};
use crate::error::Result;
use crate::target::Arch;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// More anchors of one root are not remembered: each access looks at all of them.
const ANCHORS_MAX: usize = 64;
/// Longer chains of sums are not followed.
const CHAIN: u32 = 8;

/// Rewrites accesses, where every memory has the guard that this relies on.
pub(super) fn run(env: Env<'_>, function: &mut Function, flow: &mut Flow) -> Result<()> {
    let memories = &env.module.memories;
    let guard_of = |memory| env.plan.memories[memory].guard_before_bytes;
    let is_guarded = |memory| !memories[memory].is_64 && guard_of(memory) == aot_abi::GUARD_BEFORE_BYTES;
    if memories.is_empty() || !memories.keys().all(is_guarded) {
        return Ok(());
    }
    let uses = Uses::of(function);
    Pass { env, uses, anchors: HashMap::new(), undo: Vec::new() }.walk(function, flow);
    Ok(())
}

/// The guard in front of the base.
const GUARD: i64 = aot_abi::GUARD_BEFORE_BYTES as i64;

/// Values of which a change of address would not make anything superfluous.
struct Uses {
    /// Used by something that is neither an access nor a sum.
    elsewhere: EntitySet<Value>,
    /// Sums that have uses besides zero extensions.
    computed_anyway: EntitySet<Value>,
    /// Passed to a block: a pointer's next value takes the pointer's register, which must be free then.
    passed_on: EntitySet<Value>,
}

impl Uses {
    fn of(function: &Function) -> Uses {
        let dfg = &function.dfg;
        let mut uses =
            Uses { elsewhere: EntitySet::new(), computed_anyway: EntitySet::new(), passed_on: EntitySet::new() };
        for block in function.layout.blocks() {
            for inst in function.layout.block_insts(block) {
                let data = &dfg.insts[inst];
                for call in data.branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
                    for argument in call.args(&dfg.value_lists).filter_map(|argument| argument.as_value()) {
                        uses.passed_on.insert(dfg.resolve_aliases(argument));
                    }
                }
                let address = address_of(data);
                for value in dfg.inst_values(inst) {
                    let value = dfg.resolve_aliases(value);
                    if data.opcode() != Opcode::Uextend {
                        uses.computed_anyway.insert(value);
                    }
                    let is_address = address.is_some_and(|address| dfg.resolve_aliases(address) == value);
                    if !is_address && data.opcode() != Opcode::Iadd {
                        uses.elsewhere.insert(value);
                    }
                }
            }
        }
        uses
    }
}

/// The address of a load or store that has an offset.
fn address_of(data: &InstructionData) -> Option<Value> {
    match *data {
        InstructionData::Load { arg, .. } => Some(arg),
        InstructionData::Store { args: [_, address], .. } => Some(address),
        _ => None,
    }
}

/// An access of a linear memory at `base + zext(root + constant) + offset`.
struct Access {
    inst: Inst,
    /// The memory's base, where it is not a part of the instruction's offset.
    base: Option<Value>,
    /// The zero extension.
    wide: Value,
    /// What it extends.
    narrow: Value,
    root: Value,
    constant: i32,
    /// The instruction's own.
    displacement: i32,
    /// Wasm's static offset.
    offset: i64,
    bytes: i64,
    /// Whether it may begin in the guard before the memory, because it then has no effect but the trap.
    faults_below: bool,
}

/// A 64-bit value that addresses are expressed by, and at what distances from it.
struct Anchor {
    constant: i32,
    wide: Value,
    /// All distances from `low` up to but not including `high` are exact, with any offset. 0 always is.
    low: i64,
    high: i64,
}

impl Anchor {
    fn distance(&self, access: &Access) -> i64 {
        i64::from(access.constant.wrapping_sub(self.constant))
    }

    /// Whether the access, at that distance, does here what it does where it is.
    fn reaches(&self, access: &Access) -> bool {
        let distance = self.distance(access);
        let upwards_or_proved = (self.low..self.high).contains(&distance);
        upwards_or_proved || access.faults_below && (-GUARD..0).contains(&distance)
    }
}

enum Undo {
    Pushed(Value),
    Widened { root: Value, position: usize, low: i64, high: i64 },
}

struct Pass<'a> {
    env: Env<'a>,
    uses: Uses,
    anchors: HashMap<Value, Vec<Anchor>>,
    undo: Vec<Undo>,
}

impl Pass<'_> {
    /// Walks the dominator tree with the anchors of the accesses on the way.
    fn walk(&mut self, function: &mut Function, flow: &Flow) {
        enum Step {
            Enter(Block),
            Leave(usize),
        }
        let mut steps: Vec<Step> = function.layout.entry_block().map(Step::Enter).into_iter().collect();
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(block) => {
                    steps.push(Step::Leave(self.undo.len()));
                    steps.extend(flow.tree.children(block).map(Step::Enter));
                    let mut next = function.layout.first_inst(block);
                    while let Some(inst) = next {
                        next = function.layout.next_inst(inst);
                        if let Some(access) = self.access(function, inst) {
                            self.visit(function, &access);
                        }
                    }
                }
                Step::Leave(depth) => self.forget(depth),
            }
        }
    }

    fn forget(&mut self, depth: usize) {
        for undo in self.undo.drain(depth..).rev() {
            match undo {
                Undo::Pushed(root) => {
                    self.anchors.get_mut(&root).and_then(Vec::pop).expect("what was pushed is there");
                }
                Undo::Widened { root, position, low, high } => {
                    let anchors = self.anchors.get_mut(&root).expect("what was widened is there");
                    (anchors[position].low, anchors[position].high) = (low, high);
                }
            }
        }
    }

    /// Reads the shapes that `clif/address.rs` makes.
    fn access(&self, function: &Function, inst: Inst) -> Option<Access> {
        let dfg = &function.dfg;
        let (opcode, flags, address, displacement, ty) = match dfg.insts[inst] {
            InstructionData::Load { opcode, flags, arg, offset } => {
                (opcode, flags, arg, offset, dfg.value_type(dfg.first_result(inst)))
            }
            InstructionData::Store { opcode, flags, args: [value, address], offset } => {
                (opcode, flags, address, offset, dfg.value_type(value))
            }
            _ => return None,
        };
        if !regions::is_guest(function, dfg.mem_flags[flags]) {
            return None;
        }
        let address = dfg.resolve_aliases(address);
        let displacement = i32::from(displacement);
        let (base, wide, offset) = match dfg.insts[dfg.value_def(address).inst()?] {
            InstructionData::Unary { opcode: Opcode::Uextend, .. } => {
                // The base is a part of the offset, and only the first memory's can be.
                let fixed = self.env.plan.memories.values().next()?.fixed_base?;
                (None, address, i64::from(displacement).checked_sub(i64::try_from(fixed).ok()?)?)
            }
            InstructionData::Binary { opcode: Opcode::Iadd, args: [base, wide] } => {
                (Some(dfg.resolve_aliases(base)), dfg.resolve_aliases(wide), i64::from(displacement))
            }
            _ => return None,
        };
        let InstructionData::Unary { opcode: Opcode::Uextend, arg } = dfg.insts[dfg.value_def(wide).inst()?] else {
            return None;
        };
        let narrow = dfg.resolve_aliases(arg);
        if offset < 0 || dfg.value_type(narrow) != types::I32 || dfg.value_type(wide) != types::I64 {
            return None;
        }
        let (root, constant) = root_of(function, narrow);
        let bytes = access_bytes(opcode, ty.bytes());
        let faults_below = offset == 0 && self.env.options.target.arch == Arch::X86_64;
        Some(Access { inst, base, wide, narrow, root, constant, displacement, offset, bytes, faults_below })
    }

    fn visit(&mut self, function: &mut Function, access: &Access) {
        let position = match self.position(access) {
            Some(position) => position,
            None => {
                if self.anchors.get(&access.root).is_some_and(|anchors| anchors.len() == ANCHORS_MAX) {
                    return;
                }
                let anchor = self.new_anchor(function, access);
                let anchors = self.anchors.entry(access.root).or_default();
                anchors.push(anchor);
                self.undo.push(Undo::Pushed(access.root));
                anchors.len() - 1
            }
        };
        let worth_it = self.uses_allow(access);
        let anchor =
            &mut self.anchors.get_mut(&access.root).expect("an anchor of the root was found or pushed")[position];
        let distance = anchor.distance(access);
        if distance != 0 && worth_it {
            rewrite(function, access, anchor.wide, distance);
        }
        // From here on the access has succeeded.
        self.undo.push(Undo::Widened { root: access.root, position, low: anchor.low, high: anchor.high });
        anchor.low = anchor.low.min(distance);
        anchor.high = anchor.high.max(distance + GUARD + access.offset + access.bytes);
    }

    /// The first anchor that the access can be expressed by, in one instruction.
    fn position(&self, access: &Access) -> Option<usize> {
        let usable = |anchor: &Anchor| anchor.reaches(access) && self.fits(access, anchor.distance(access));
        self.anchors.get(&access.root)?.iter().position(usable)
    }

    /// The access's own address, or its root where that is enough, and better, because the sum is not needed otherwise.
    fn new_anchor(&self, function: &mut Function, access: &Access) -> Anchor {
        let distance = i64::from(access.constant);
        let by_root = (-GUARD..0).contains(&distance)
            && access.faults_below
            && !self.uses.computed_anyway.contains(access.narrow)
            && self.uses_allow(access)
            && self.fits(access, distance);
        if by_root {
            let mut cursor = FuncCursor::new(function).at_inst(access.inst);
            cursor.set_srcloc(cursor.func.srcloc(access.inst));
            let root = match cursor.func.dfg.value_type(access.root) {
                types::I32 => access.root,
                _ => cursor.ins().ireduce(types::I32, access.root),
            };
            let wide = cursor.ins().uextend(types::I64, root);
            return Anchor { constant: 0, wide, low: 0, high: 1 };
        }
        Anchor { constant: access.constant, wide: access.wide, low: 0, high: 1 }
    }

    /// Whether something is gained: a check by comparison needs the extension, and a pointer that is passed on the sum.
    fn uses_allow(&self, access: &Access) -> bool {
        !self.uses.elsewhere.contains(access.wide) && !self.uses.passed_on.contains(access.narrow)
    }

    /// Whether one instruction has room for the access's offset and this distance.
    fn fits(&self, access: &Access, distance: i64) -> bool {
        let Some(displacement) = i32::try_from(distance).ok().and_then(|d| access.displacement.checked_add(d)) else {
            return false;
        };
        match self.env.options.target.arch {
            Arch::X86_64 => true,
            Arch::Aarch64 => {
                let displacement = i64::from(displacement);
                let scaled =
                    displacement >= 0 && displacement % access.bytes == 0 && displacement / access.bytes <= 4095;
                distance == 0 || scaled || (0..256).contains(&displacement)
            }
        }
    }
}

/// The access at a distance from another value than its own.
fn rewrite(function: &mut Function, access: &Access, anchor: Value, distance: i64) {
    let address = match access.base {
        None => anchor,
        Some(base) => {
            let mut cursor = FuncCursor::new(function).at_inst(access.inst);
            cursor.set_srcloc(cursor.func.srcloc(access.inst));
            cursor.ins().iadd(base, anchor)
        }
    };
    let displacement = access.displacement + i32::try_from(distance).expect("the distance fits");
    match &mut function.dfg.insts[access.inst] {
        InstructionData::Load { arg, offset, .. } | InstructionData::Store { args: [_, arg], offset, .. } => {
            *arg = address;
            *offset = Offset32::new(displacement);
        }
        _ => unreachable!("an access is a load or a store"),
    }
}

/// A value as another plus a constant, modulo 2^32, through sums of sums. Sums of 64 bits whose lower half is taken, as Go
/// computes its addresses, are as good; the root may have 64 bits then, of which the lower half counts.
fn root_of(function: &Function, value: Value) -> (Value, i32) {
    let (mut root, mut total) = (value, 0i32);
    for _ in 0..CHAIN {
        let Some((next, constant)) = sum_of_lower_halves(function, root) else { break };
        (root, total) = (next, total.wrapping_add(constant));
    }
    (root, total)
}

/// What gives the lower 32 bits of this value, plus a constant.
fn sum_of_lower_halves(function: &Function, value: Value) -> Option<(Value, i32)> {
    let dfg = &function.dfg;
    let is_whole = |value| matches!(dfg.value_type(value), types::I32 | types::I64);
    let constant = |value| match dfg.insts[dfg.value_def(value).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as i32),
        _ => None,
    };
    if !is_whole(value) {
        return None;
    }
    match dfg.insts[dfg.value_def(value).inst()?] {
        InstructionData::Unary { opcode: Opcode::Ireduce | Opcode::Uextend | Opcode::Sextend, arg } => {
            is_whole(arg).then(|| (dfg.resolve_aliases(arg), 0))
        }
        InstructionData::Binary { opcode: opcode @ (Opcode::Iadd | Opcode::Isub), args: [left, right] } => {
            let (left, right) = (dfg.resolve_aliases(left), dfg.resolve_aliases(right));
            match (opcode, constant(left), constant(right)) {
                (Opcode::Iadd, _, Some(right)) => Some((left, right)),
                (Opcode::Iadd, Some(left), None) => Some((right, left)),
                (Opcode::Isub, _, Some(right)) => Some((left, right.wrapping_neg())),
                _ => None,
            }
        }
        _ => None,
    }
}

fn access_bytes(opcode: Opcode, value_bytes: u32) -> i64 {
    let bytes = match opcode {
        Opcode::Uload8 | Opcode::Sload8 | Opcode::Istore8 => 1,
        Opcode::Uload16 | Opcode::Sload16 | Opcode::Istore16 => 2,
        Opcode::Uload32 | Opcode::Sload32 | Opcode::Istore32 => 4,
        Opcode::Load | Opcode::Store => value_bytes,
        // Half of a vector, extended.
        _ => value_bytes / 2,
    };
    i64::from(bytes)
}
