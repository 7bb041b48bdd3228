//! Where an access goes, in a form in which two accesses can be compared.
//!
//! Every address is brought into the form *term + constant*. A term stands for a value that is computed in one way
//! only: `p`, `p + i * 4`; constants are pulled out of sums, differences, shifts and products, so that `a[i]` and
//! `a[i + 1]` have one term. Equal terms are equal values, wherever they are computed; of different terms nothing is known.
//!
//! A Wasm address of 32 bits wraps before the access's offset is added, in 64 bits. Both constants are kept apart:
//!
//! ```text
//! v2 = iadd_imm v1, 8
//! v3 = uextend.i64 v2
//! v4 = load.i32 v3+0x1000_0004      ; term v1, inner 8, outer 0x1000_0004
//! ```
//!
//! **Disjoint.** Of two accesses that succeed, both lie in the memory as a whole, so below 2^32. Their distance modulo 2^32 is
//! the difference of the sums of their constants; where it leaves no byte in common, they have none.
//!
//! **Equal.** That an access succeeds says nothing about one whose constants have the same sum but are split in another way: the
//! one may wrap to a valid address where the other goes beyond 2^32 and traps. [`Places::covers`] has the cases.

use crate::clif::{Env, instance, regions};
use crate::index::MemoryIndex;
use crate::plan::MemoryPlan;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Function, GlobalValue, Inst, InstructionData, Opcode, Type, Value, types};
use regions::Contents;
use rustc_hash::FxHashMap;

/// A value up to a constant. Term 0 is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Term(u32);

const ZERO: Term = Term(0);

/// A value: a term and a constant, modulo the size of the value's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Sum {
    term: Term,
    constant: u64,
}

/// How a term is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Definition {
    Zero,
    /// In a way that is not looked into.
    Value(Value),
    Symbol(GlobalValue),
    /// Loaded from where nothing ever changes, or the base of a memory: whether it moves or not, it is the same memory.
    Loaded(Type, Sum),
    Unary(Opcode, Type, Sum),
    Binary(Opcode, Type, Sum, Sum),
}

/// Deeper expressions are not looked into.
const DEPTH: u32 = 12;

/// Where an access begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the alias region.
    region: u32,
    /// What is added to a 32-bit index; zero where there is none.
    base: Term,
    term: Term,
    /// Whether the address has a 32-bit index, which is `term + inner`.
    narrow: bool,
    inner: u32,
    outer: i64,
}

impl Place {
    /// The same but for constants: the distance between the two is known.
    fn is_near(&self, other: &Place) -> bool {
        self.region == other.region && self.term == other.term && self.base == other.base && self.narrow == other.narrow
    }

    /// How far `other`, which is near, lies behind this place.
    fn distance(&self, other: &Place) -> u64 {
        let difference = other.outer.wrapping_sub(self.outer) as u64;
        if self.narrow {
            u64::from((difference as u32).wrapping_add(other.inner).wrapping_sub(self.inner))
        } else {
            difference
        }
    }

    /// Whether accesses of these sizes, if both succeed, can have a byte in common.
    pub(super) fn may_overlap(&self, bytes: u8, other: &Place, other_bytes: u8) -> bool {
        if self.region != other.region {
            return false;
        }
        if !self.is_near(other) {
            return true;
        }
        let ahead = self.distance(other);
        let behind = other.distance(self);
        ahead < u64::from(bytes) || behind < u64::from(other_bytes)
    }

    /// What is extended to 64 bits, where that is a sum of 32 bits.
    fn index(&self) -> Option<Index> {
        self.narrow.then_some(Index { region: self.region, base: self.base, term: self.term, inner: self.inner })
    }
}

/// A 32-bit index into a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Index {
    region: u32,
    base: Term,
    term: Term,
    inner: u32,
}

/// The places of one function.
pub(super) struct Places<'e> {
    env: Env<'e>,
    terms: FxHashMap<Definition, Term>,
    definitions: Vec<Definition>,
    /// Values that have been looked at.
    known: SecondaryMap<Value, Option<Sum>>,
}

impl<'e> Places<'e> {
    pub(super) fn new(env: Env<'e>) -> Self {
        let mut places =
            Places { env, terms: FxHashMap::default(), definitions: Vec::new(), known: SecondaryMap::new() };
        places.term(Definition::Zero);
        places
    }

    /// Looks at values anew, since some have become aliases of others. Places made before keep their meaning.
    pub(super) fn look_again(&mut self) {
        self.known.clear();
    }

    /// Where a load or store goes, if its region is one that is kept track of.
    pub(super) fn of_access(&mut self, function: &Function, inst: Inst) -> Option<Place> {
        let (flags, address, offset) = match function.dfg.insts[inst] {
            InstructionData::Load { flags, arg, offset, .. } => (flags, arg, offset),
            InstructionData::Store { flags, args: [_, address], offset, .. } => (flags, address, offset),
            _ => return None,
        };
        let region = function.dfg.mem_flags[flags].alias_region()?;
        let region = function.dfg.alias_regions[region].user_id;
        let wraps_at_32_bits = match regions::contents(self.env, region) {
            Contents::Memory(memory) => !self.env.module.memories[memory].is_64,
            Contents::Globals => false,
            Contents::MemoryHeaders | Contents::Other => return None,
        };
        let address = self.sum(function, address, DEPTH);
        let outer = (address.constant as i64).wrapping_add(i64::from(i32::from(offset)));
        let index = |sum: Sum| match self.definitions[sum.term.0 as usize] {
            Definition::Unary(Opcode::Uextend, types::I64, index) if wraps_at_32_bits && sum.constant == 0 => {
                Some(index)
            }
            _ => None,
        };
        let narrow = |base: Term, index: Sum| Place {
            region,
            base,
            term: index.term,
            narrow: true,
            inner: index.constant as u32,
            outer,
        };
        if let Some(found) = index(Sum { term: address.term, constant: 0 }) {
            return Some(narrow(ZERO, found));
        }
        if let Definition::Binary(Opcode::Iadd, types::I64, left, right) = self.definitions[address.term.0 as usize] {
            match (index(left), index(right)) {
                (None, Some(found)) if left.constant == 0 => return Some(narrow(left.term, found)),
                (Some(found), None) if right.constant == 0 => return Some(narrow(right.term, found)),
                _ => {}
            }
        }
        Some(Place { region, base: ZERO, term: address.term, narrow: false, inner: 0, outer })
    }

    /// How far behind `place`, where an access of these many bytes succeeded, `other` begins, if an access of that size lies
    /// within the first and is sure to succeed as well. `checked` says that the second cannot fail, because of a check
    /// before it; `reached` how far behind an index accesses have succeeded.
    pub(super) fn covers(
        &self,
        (place, bytes): (&Place, u8),
        (other, other_bytes): (&Place, u8),
        checked: bool,
        reached: impl Fn(&Index) -> Option<u64>,
    ) -> Option<u8> {
        if !place.is_near(other) {
            return None;
        }
        let ahead = place.distance(other);
        if ahead.checked_add(u64::from(other_bytes))? > u64::from(bytes) {
            return None;
        }
        // Modulo the size of the index, both have the same bytes. What is left is whether the second goes there.
        let same = !place.narrow || checked || {
            // By how much the second index is larger, if its sum wraps where the first one's does.
            let step = (ahead as i64).checked_sub(other.outer.checked_sub(place.outer)?)?;
            step == 0 || self.steps_without_wrapping(place, bytes, other, step, reached)
        };
        same.then_some(ahead as u8)
    }

    /// Whether `term + other.inner` is exactly `step` more than `term + place.inner`.
    fn steps_without_wrapping(
        &self,
        place: &Place,
        bytes: u8,
        other: &Place,
        step: i64,
        reached: impl Fn(&Index) -> Option<u64>,
    ) -> bool {
        let Some(plan) = self.memory(place.region).map(|memory| &self.env.plan.memories[memory]) else { return false };
        if place.inner.wrapping_add(step as u32) != other.inner || step.unsigned_abs() > 1 << 31 {
            return false;
        }
        // Whichever index is lower: an access that reaches this far behind it has ended within the maximum.
        let reach = if step > 0 {
            offset(plan, place).map(|offset| offset + u64::from(bytes))
        } else {
            other.index().and_then(|index| reached(&index))
        };
        // Up to the other one it does not wrap, then. If the maximum is less than the reach, nothing runs behind it.
        reach.is_some_and(|reach| plan.maximum_bytes.saturating_sub(reach) + step.unsigned_abs() < 1 << 32)
    }

    /// The index of an access, and how far behind it the access ends.
    pub(super) fn reach(&self, place: &Place, bytes: u8) -> Option<(Index, u64)> {
        let plan = &self.env.plan.memories[self.memory(place.region)?];
        Some((place.index()?, offset(plan, place)? + u64::from(bytes)))
    }

    /// The memory whose bytes a region holds.
    fn memory(&self, region: u32) -> Option<MemoryIndex> {
        match regions::contents(self.env, region) {
            Contents::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The parts of a value.
    fn sum(&mut self, function: &Function, value: Value, depth: u32) -> Sum {
        let value = function.dfg.resolve_aliases(value);
        if let Some(known) = self.known[value] {
            return known;
        }
        let inst = function.dfg.value_def(value).inst().filter(|_| depth > 0);
        let sum = inst.and_then(|inst| self.sum_of(function, inst, depth - 1));
        let sum = sum.unwrap_or_else(|| self.just(Definition::Value(value)));
        self.known[value] = Some(sum);
        sum
    }

    fn sum_of(&mut self, function: &Function, inst: Inst, depth: u32) -> Option<Sum> {
        let dfg = &function.dfg;
        let ty = dfg.value_type(*dfg.inst_results(inst).first()?);
        let mask = match ty {
            types::I32 => u64::from(u32::MAX),
            types::I64 => u64::MAX,
            _ => return None,
        };
        let sum = match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                Sum { term: ZERO, constant: imm.bits() as u64 }
            }
            InstructionData::UnaryGlobalValue { opcode: Opcode::SymbolValue, global_value } => {
                self.just(Definition::Symbol(global_value))
            }
            InstructionData::Load { opcode: Opcode::Load, flags, arg, offset } => {
                let flags = dfg.mem_flags[flags];
                let region = flags.alias_region().map(|region| dfg.alias_regions[region].user_id);
                let is_base = region.is_some_and(|region| {
                    regions::contents(self.env, region) == Contents::MemoryHeaders
                        && instance::is_memory_base(self.env, offset.into())
                });
                if !flags.readonly() && !is_base {
                    return None;
                }
                let mut address = self.sum(function, arg, depth);
                address.constant = address.constant.wrapping_add(i64::from(i32::from(offset)) as u64);
                self.just(Definition::Loaded(ty, address))
            }
            InstructionData::Unary { opcode, arg } => {
                let operand_type = dfg.value_type(arg);
                let operand = self.sum(function, arg, depth);
                match (opcode, operand_type) {
                    (Opcode::Uextend, types::I32) if operand.term == ZERO => operand,
                    (Opcode::Uextend | Opcode::Sextend, types::I32) => {
                        self.just(Definition::Unary(opcode, ty, operand))
                    }
                    (Opcode::Ireduce, types::I64) if ty == types::I32 => {
                        let lower = match self.definitions[operand.term.0 as usize] {
                            Definition::Zero => Sum { term: ZERO, constant: 0 },
                            Definition::Unary(Opcode::Uextend | Opcode::Sextend, _, lower) => lower,
                            _ => {
                                let term = Sum { term: operand.term, constant: 0 };
                                self.just(Definition::Unary(opcode, ty, term))
                            }
                        };
                        Sum { term: lower.term, constant: lower.constant.wrapping_add(operand.constant) }
                    }
                    (Opcode::Bnot, _) if operand_type == ty => self.just(Definition::Unary(opcode, ty, operand)),
                    _ => return None,
                }
            }
            InstructionData::Binary { opcode, args: [left, right] } => {
                if dfg.value_type(left) != ty {
                    return None;
                }
                let (left, right) = (self.sum(function, left, depth), self.sum(function, right, depth));
                self.binary(opcode, ty, left, right)?
            }
            _ => return None,
        };
        Some(Sum { term: sum.term, constant: sum.constant & mask })
    }

    fn binary(&mut self, opcode: Opcode, ty: Type, left: Sum, right: Sum) -> Option<Sum> {
        let bare = |term| Sum { term, constant: 0 };
        match opcode {
            Opcode::Iadd => {
                let constant = left.constant.wrapping_add(right.constant);
                let term = match (left.term, right.term) {
                    (ZERO, other) | (other, ZERO) => other,
                    (one, other) => {
                        let (one, other) = if one.0 <= other.0 { (one, other) } else { (other, one) };
                        self.term(Definition::Binary(opcode, ty, bare(one), bare(other)))
                    }
                };
                Some(Sum { term, constant })
            }
            Opcode::Isub => {
                let constant = left.constant.wrapping_sub(right.constant);
                let term = match right.term {
                    ZERO => left.term,
                    same if same == left.term => ZERO,
                    other => self.term(Definition::Binary(opcode, ty, bare(left.term), bare(other))),
                };
                Some(Sum { term, constant })
            }
            Opcode::Ishl | Opcode::Imul if right.term == ZERO => {
                let factor = match opcode {
                    Opcode::Ishl => 1 << (right.constant & u64::from(ty.bits() - 1)),
                    _ => right.constant,
                };
                let constant = left.constant.wrapping_mul(factor);
                let term = match left.term {
                    ZERO => ZERO,
                    term => {
                        let factor = Sum { term: ZERO, constant: factor };
                        self.term(Definition::Binary(Opcode::Imul, ty, bare(term), factor))
                    }
                };
                Some(Sum { term, constant })
            }
            Opcode::Imul
            | Opcode::Ishl
            | Opcode::Ushr
            | Opcode::Sshr
            | Opcode::Band
            | Opcode::Bor
            | Opcode::Bxor
            | Opcode::Rotl
            | Opcode::Rotr => Some(self.just(Definition::Binary(opcode, ty, left, right))),
            _ => None,
        }
    }

    fn just(&mut self, definition: Definition) -> Sum {
        Sum { term: self.term(definition), constant: 0 }
    }

    fn term(&mut self, definition: Definition) -> Term {
        let next = Term(self.definitions.len() as u32);
        let term = *self.terms.entry(definition).or_insert(next);
        if term == next {
            self.definitions.push(definition);
        }
        term
    }
}

/// The access's offset, without a base that is a constant.
fn offset(plan: &MemoryPlan, place: &Place) -> Option<u64> {
    let base = if place.base == ZERO { plan.fixed_base? } else { 0 };
    u64::try_from(place.outer).ok()?.checked_sub(base)
}
