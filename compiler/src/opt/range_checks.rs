//! Bounds checks that cannot fail are removed, and those that a fault replaces.
//!
//! A check says that `index + reach` is at most the memory's length. Memories never shrink, so what held once holds from
//! there on: a check that is dominated by one of the same index with at least its reach is superfluous, whatever runs in
//! between. So is one whose index has a known range, which with its reach ends within the memory's minimum.
//!
//! Where bytes that always fault lie around what is accessible ([`SmallGuard`]), a check is of the index alone, and one
//! check serves all indices near it. Let `y = zext(x + k)` be below the length, which is at most 2^32 - headroom.
//!
//! - *Above*, at `x + k + d`, with `0 < d <= slack <= headroom`: `y + d` is below 2^32, so it is `zext(x + k + d)`, and
//!   the access begins below `length + slack` and ends within the guard. If it succeeds, its index was below the length.
//! - *Below*, at `x + k - d`, with `0 < d <= before <= headroom`, for accesses at offset 0 that fault as a whole: the
//!   address is computed as `y - d` in 64 bits. Where `y >= d` that is the index. Where `y < d`, the 32-bit sum wraps to at
//!   least `2^32 - headroom`, outside; ours lies in the guard in front, and faults. With an offset, ours could come out in
//!   memory again, so there the check stays; that it succeeded proves that nothing wrapped.
//!
//! So what is known about a root (a sum without its constant) is an interval of constants: none of the sums in it wraps
//! against another, and the highest is below `length + slack`. All of them are addressed from one register.
//!
//! ```text
//! v3 = uextend.i64 v1                                        v3 = uextend.i64 v1
//! trapnz (v3 >= length)          ; i64.load offset=8 of v1   trapnz (v3 >= length)
//! v4 = load.i64 v3+8                                         v4 = load.i64 v3+8
//! v5 = uextend.i64 (v1 + 64)                                 v5 = iadd v3, 64
//! trapnz (v5 >= length)                                  →
//! v6 = load.i32 v5                                           v6 = load.i32 v5        ; that is v3+64
//! ```

use super::check_shapes::{self, Check};
use super::flow::Flow;
use super::linear::{Root, Sums};
use super::loop_checks::Walking;
use super::ranges::Ranges;
use crate::clif::Env;
use crate::clif::address::SmallGuard;
use crate::error::Result;
use crate::index::MemoryIndex;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, Opcode, Value};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Removes checks. Where an access also depends on its check's outcome, against misspeculation, all stay.
pub(super) fn run(env: Env<'_>, function: &mut Function, flow: &mut Flow) -> Result<()> {
    if env.options.spectre || !check_shapes::are_made(env) {
        return Ok(());
    }
    let walking = super::loop_checks::hoist(env, function, flow);
    if !walking.is_empty() {
        flow.look_again(function);
    }
    let mut sums = Sums::default();
    let users = check_shapes::users(function);
    let checks = check_shapes::find(env, function, &users, &mut sums);
    if checks.is_empty() {
        return Ok(());
    }
    let found = Walk::new(env, function, flow, &checks, &walking).run();
    remove(function, found.superfluous);
    for rewrite in found.addresses {
        readdress(function, rewrite);
    }
    Ok(())
}

/// Removes checks and what only they used: Cranelift would keep the loads of the length.
fn remove(function: &mut Function, mut superfluous: Vec<Inst>) {
    let mut uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for value in function.dfg.inst_values(inst) {
                uses[function.dfg.resolve_aliases(value)] += 1;
            }
        }
    }
    while let Some(inst) = superfluous.pop() {
        let operands: Vec<Value> = function.dfg.inst_values(inst).collect();
        function.layout.remove_inst(inst);
        for value in operands {
            let value = function.dfg.resolve_aliases(value);
            uses[value] -= 1;
            let of_check =
                |inst: &Inst| matches!(function.dfg.insts[*inst].opcode(), Opcode::Icmp | Opcode::Iadd | Opcode::Load);
            if uses[value] == 0 {
                superfluous.extend(function.dfg.value_def(value).inst().filter(of_check));
            }
        }
    }
}

/// An extended index that is another one plus a distance.
struct Rewrite {
    extension: Inst,
    from: Value,
    distance: i64,
}

fn readdress(function: &mut Function, rewrite: Rewrite) {
    let Rewrite { extension, from, distance } = rewrite;
    let mut cursor = FuncCursor::new(function).at_inst(extension);
    let location = cursor.func.srcloc(extension);
    cursor.set_srcloc(location);
    let wide = if distance == 0 { from } else { cursor.ins().iadd_imm_s(from, distance) };
    let result = function.dfg.first_result(extension);
    function.layout.remove_inst(extension);
    function.dfg.clear_results(extension);
    function.dfg.change_to_alias(result, wide);
}

/// What is known of the sums of one root.
#[derive(Clone, Copy)]
struct Known {
    /// No sum with a constant from `low` to `high` wraps against another one.
    low: i64,
    high: i64,
    /// The highest is below the length plus this.
    slack: u64,
    /// One of them, in 64 bits, and its constant.
    register: Option<(Value, i64)>,
}

/// How an access gets along without its check.
struct Free {
    /// Its address is to be computed from the register, because the 32-bit sum could wrap.
    must_readdress: bool,
}

impl Known {
    fn exactly(constant: i64, slack: u64) -> Known {
        Known { low: constant, high: constant, slack, register: None }
    }

    /// Whether accesses at this constant need no check.
    fn frees(&self, check: &Check) -> Option<Free> {
        let constant = check.constant;
        let Some((guard, accesses)) = &check.faults else {
            // Nothing faults in its place.
            let inside = self.slack == 0 && (self.low..=self.high).contains(&constant) && check.reach == 1;
            return inside.then_some(Free { must_readdress: false });
        };
        if constant >= self.low {
            let above = (constant - self.high).max(0).unsigned_abs();
            return (self.slack + above <= guard.slack).then_some(Free { must_readdress: false });
        }
        let below = (self.low - constant).unsigned_abs();
        let alone = self.register.is_some() && accesses.iter().all(|access| access.offset == 0 && access.is_whole);
        (alone && below <= guard.before).then_some(Free { must_readdress: true })
    }

    /// The index at this constant has proved to be below the length.
    fn proved(self, constant: i64, headroom: u64) -> Known {
        let proved = Known { register: self.register, ..Known::exactly(constant, 0) };
        if constant >= self.high {
            let above = (constant - self.high).unsigned_abs();
            if self.slack + above <= headroom {
                return Known { low: self.low, ..proved };
            }
        } else if constant >= self.low {
            return self;
        } else if (self.low - constant).unsigned_abs() <= headroom {
            return Known { low: constant, ..self };
        }
        Known { register: None, ..proved }
    }
}

/// What the walk found.
#[derive(Default)]
struct Found {
    superfluous: Vec<Inst>,
    addresses: Vec<Rewrite>,
}

/// A memory, and a root of indices into it.
type Key = (MemoryIndex, Root);

/// Walks the dominator tree with what has been checked on the way.
struct Walk<'a> {
    env: Env<'a>,
    function: &'a Function,
    checks: &'a HashMap<Inst, Check>,
    walking: &'a Walking,
    /// The checks that each access proves when it succeeds.
    proves: HashMap<Inst, Inst>,
    ranges: Ranges<'a>,
    flow: &'a Flow,
    known: HashMap<Key, Known>,
    /// The reach that each index was compared with.
    reached: HashMap<(Key, i64), u64>,
    undo: Vec<Undo>,
    found: Found,
}

enum Undo {
    Known(Key, Option<Known>),
    Reached((Key, i64), Option<u64>),
}

enum Step {
    Enter(Block),
    Leave(usize),
}

impl<'a> Walk<'a> {
    fn new(
        env: Env<'a>,
        function: &'a Function,
        flow: &'a Flow,
        checks: &'a HashMap<Inst, Check>,
        walking: &'a Walking,
    ) -> Self {
        let mut proves = HashMap::new();
        for (&inst, check) in checks {
            for access in check.faults.iter().flat_map(|(_, accesses)| accesses) {
                proves.insert(access.inst, inst);
            }
        }
        Walk {
            env,
            function,
            checks,
            walking,
            proves,
            ranges: Ranges::new(flow),
            flow,
            known: HashMap::new(),
            reached: HashMap::new(),
            undo: Vec::new(),
            found: Found::default(),
        }
    }

    fn run(mut self) -> Found {
        let mut steps: Vec<Step> = self.function.layout.entry_block().map(Step::Enter).into_iter().collect();
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(block) => {
                    steps.push(Step::Leave(self.undo.len()));
                    steps.extend(self.flow.tree.children(block).map(Step::Enter));
                    self.enter(block);
                }
                Step::Leave(depth) => self.leave(depth),
            }
        }
        self.found
    }

    fn enter(&mut self, block: Block) {
        for inst in self.function.layout.block_insts(block) {
            if let Some(check) = self.checks.get(&inst) {
                self.check(inst, check);
            } else if let Some(proved) = self.proves.get(&inst) {
                let check = &self.checks[proved];
                self.prove(check);
            }
        }
    }

    fn leave(&mut self, depth: usize) {
        for undo in self.undo.drain(depth..).rev() {
            match undo {
                Undo::Known(key, Some(before)) => drop(self.known.insert(key, before)),
                Undo::Known(key, None) => drop(self.known.remove(&key)),
                Undo::Reached(key, Some(before)) => drop(self.reached.insert(key, before)),
                Undo::Reached(key, None) => drop(self.reached.remove(&key)),
            }
        }
    }

    fn know(&mut self, key: Key, known: Known) {
        let before = self.known.insert(key, known);
        self.undo.push(Undo::Known(key, before));
    }

    fn check(&mut self, inst: Inst, check: &Check) {
        let key = (check.memory, check.root);
        if let Some(&slack) = self.walking.get(&inst)
            && self.known.get(&key).is_none_or(|known| known.frees(check).is_none())
        {
            self.know(key, Known::exactly(check.constant, slack));
        }
        let before = self.known.get(&key).copied();
        if let Some(known) = before
            && let Some(free) = known.frees(check)
            && self.frees(inst, check, known, free)
        {
            self.found.superfluous.push(inst);
            if known.register.is_none() {
                self.know(key, Known { register: Some((check.wide, check.constant)), ..known });
            }
            return;
        }
        let reached = self.reached.get(&(key, check.constant)).copied();
        if reached.is_some_and(|reached| check.reach <= reached) || self.is_in_range(check) {
            self.found.superfluous.push(inst);
            return;
        }
        let before = self.reached.insert((key, check.constant), check.reach);
        self.undo.push(Undo::Reached((key, check.constant), before));
        self.prove(check);
    }

    /// Whether the index is low enough, whatever the length.
    fn is_in_range(&mut self, check: &Check) -> bool {
        let highest = self.ranges.of(self.function, check.index).high;
        let beyond = check.faults.as_ref().map_or(0, |(guard, _)| guard.slack);
        let minimum = self.env.plan.memories[check.memory].minimum_bytes;
        highest.checked_add(check.reach).is_some_and(|end| end <= minimum.saturating_add(beyond))
    }

    /// From here on, the check's index is below the length.
    fn prove(&mut self, check: &Check) {
        let Some(guard) = self.guard(check) else { return };
        let key = (check.memory, check.root);
        let mut known = match self.known.get(&key) {
            Some(known) => known.proved(check.constant, guard.headroom),
            None => Known::exactly(check.constant, 0),
        };
        if known.register.is_none() {
            known.register = Some((check.wide, check.constant));
        }
        self.know(key, known);
    }

    fn guard(&self, check: &Check) -> Option<SmallGuard> {
        crate::clif::address::small_guard(self.env, check.memory)
    }

    /// Has the index computed from the register that stands for its root, where that comes before it. Whether the check
    /// can go.
    fn frees(&mut self, inst: Inst, check: &Check, known: Known, free: Free) -> bool {
        let Some((register, at)) = known.register else { return !free.must_readdress };
        let layout = &self.function.layout;
        let dfg = &self.function.dfg;
        let comes_first = dfg.value_def(register).inst().is_some_and(|before| {
            layout.inst_block(before) != layout.inst_block(check.extension)
                || layout.pp_cmp(before, check.extension) == Ordering::Less
        });
        let placed = comes_first && layout.inst_block(check.extension) == layout.inst_block(inst);
        if placed {
            let distance = check.constant - at;
            self.found.addresses.push(Rewrite { extension: check.extension, from: register, distance });
        }
        placed || !free.must_readdress
    }
}
