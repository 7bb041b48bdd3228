//! Wasm address → native address: every form of bounds check. The sandbox depends on this file.
//!
//! An access of `size` bytes at `index + offset` is inside when `index + offset + size <= length`, computed without
//! wrapping. In order of what costs least:
//!
//! 1. `offset + size` is more than the memory can ever have: trap.
//! 2. The index is a constant and the access ends within the memory's minimum: nothing. Memories never shrink.
//! 3. `MemoryCheck::Guard`: the index is 32 bits, so it is at most 2^32 - 1, and the access ends below
//!    `2^32 + offset + size`. Reservation (4 GiB) and guard (2 GiB) are ours up to 2^32 + 2^31: when `offset + size` is at
//!    most 2^31, the MMU checks and we emit nothing.
//! 4. `MemoryCheck::Shift`: a 64-bit index below the reservation's power of two, checked by one shift, is then as good.
//! 5. `MemoryCheck::Length` with a small guard of ours behind what is accessible: an index below the length is compared
//!    alone, and what the access reaches beyond it faults. All fields of a struct share one comparison. See [`SmallGuard`].
//! 6. Otherwise compare. `length - (offset + size)` cannot wrap where the minimum covers `offset + size`, so one
//!    subtraction (shared by GVN between the fields of a struct, or folded when the length is constant) and one compare
//!    do; else the end is computed: 32-bit indices cannot overflow 64 bits, 64-bit ones trap when they do.
//!
//! A native address never mixes with a Wasm one: `index` is what the program computed, `NativeAddress` what we load from.

use super::instance;
use super::regions;
use super::translator::{Env, FuncTranslator};
use super::trap;
use crate::error::Result;
use crate::index::MemoryIndex;
use crate::optimizations::Optimization;
use crate::plan::{MemoryCheck, MemoryPlan};
use crate::target::Arch;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Opcode, TrapCode, Value, types};
use wasmparser::{MemArg, MemArgTarget};

/// Where an access goes, checked: load or store at `base + offset` with these flags.
#[derive(Clone, Copy)]
pub(crate) struct NativeAddress {
    pub(crate) base: Value,
    pub(crate) offset: i32,
    pub(crate) flags: MemFlagsData,
}

/// The memory that an access names.
pub(crate) fn memory_of(f: &FuncTranslator<'_, '_>, memarg: &MemArg) -> Result<MemoryIndex> {
    match memarg.target {
        MemArgTarget::Memory(memory) => Ok(MemoryIndex::from_u32(memory)),
        #[allow(unreachable_patterns, reason = "targets beside memories belong to proposals that are off")]
        _ => f.unsupported("this kind of memory operand is not supported"),
    }
}

/// What the guards of a memory allow whose accesses are compared with its length. A guard as large as a reservation
/// replaces the comparison; a small one makes it coarse. Behind what is accessible lie bytes that always fault, as a trap
/// of the access that touches them. They are spent twice:
///
/// - `reach`: an access with an index below the length needs no other check when `offset + size` is at most this;
/// - `slack`: an index may be up to so much above the length, and the access still ends within the guard. That is for
///   [`opt`](crate::opt), which knows distances between indices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SmallGuard {
    pub(crate) reach: u64,
    pub(crate) slack: u64,
    /// Bytes in front of the base that always fault.
    pub(crate) before: u64,
    /// No index below the length and none that is less than this above it is near 2^32: 32-bit sums of an index inside
    /// and less than this do not wrap.
    pub(crate) headroom: u64,
}

/// The small guard that checks of this memory rely on: then a compare of the index alone means "and the access faults
/// where it ends outside".
pub(crate) fn small_guard(env: Env<'_>, memory: MemoryIndex) -> Option<SmallGuard> {
    let plan = &env.plan.memories[memory];
    // Under misspeculation, what lies behind a check must depend on its outcome exactly.
    let used = plan.check == MemoryCheck::Length
        && plan.guard_bytes > 0
        && !env.options.spectre
        && env.options.optimizations.has(Optimization::SmallGuards);
    let headroom = if env.module.memories[memory].is_64 { 0 } else { (1u64 << 32).saturating_sub(plan.maximum_bytes) };
    let half = plan.guard_bytes / 2;
    used.then(|| SmallGuard {
        reach: half,
        slack: half.min(headroom),
        before: plan.guard_before_bytes.min(headroom),
        headroom,
    })
}

/// Pops an index and checks an access of this many bytes. `None` when it always traps: the trap is emitted and what
/// follows is unreachable.
pub(crate) fn access(
    f: &mut FuncTranslator<'_, '_>,
    memarg: &MemArg,
    access_bytes: u32,
) -> Result<Option<NativeAddress>> {
    let memory = memory_of(f, memarg)?;
    let index = f.pop();
    Ok(checked(f, memory, index, memarg.offset, access_bytes, Want::BaseAndOffset))
}

/// [`access`] for atomics: in addition traps when the address is not a multiple of `access_bytes`; `offset` is 0.
pub(crate) fn atomic_access(
    f: &mut FuncTranslator<'_, '_>,
    memarg: &MemArg,
    access_bytes: u32,
) -> Result<Option<NativeAddress>> {
    let memory = memory_of(f, memarg)?;
    let index = f.pop();
    trap_unless_aligned(f, index, memarg.offset, access_bytes);
    let address = checked(f, memory, index, memarg.offset, access_bytes, Want::BaseOnly);
    // The value is used by instructions that fault or not as a whole; alignment is proved.
    Ok(address.map(|address| NativeAddress { flags: address.flags.with_aligned(), ..address }))
}

/// The Wasm address, offset included, of an atomic access that the runtime performs: aligned and inside, by explicit
/// checks, since a fault in the runtime is nobody's trap.
pub(crate) fn atomic_wasm_address(
    f: &mut FuncTranslator<'_, '_>,
    memarg: &MemArg,
    access_bytes: u32,
) -> Result<Option<Value>> {
    let memory = memory_of(f, memarg)?;
    let plan = f.env.plan.memories[memory];
    let index = f.pop();
    trap_unless_aligned(f, index, memarg.offset, access_bytes);
    let wide = extend(f, index);
    let Some(reach) = reach(f, &plan, memarg.offset, access_bytes) else {
        return Ok(None);
    };
    let outside = outside_length(f, memory, &plan, wide, index_is_64(f, memory), reach);
    trap::trap_if(f, outside, Trap::MemoryOutOfBounds);
    Ok(Some(f.builder.ins().iadd_imm_s(wide, memarg.offset as i64)))
}

/// Checks an access of this many bytes at an index, for blocks of a constant length. `None` as for [`access`]. Where the
/// flags have a trap code, the access itself is the check, and one that has several parts must touch the last byte first.
pub(crate) fn block(
    f: &mut FuncTranslator<'_, '_>,
    memory: MemoryIndex,
    index: Value,
    bytes: u32,
) -> Option<NativeAddress> {
    checked(f, memory, index, 0, bytes, Want::BaseAndOffset)
}

/// The native address of `start`, after a check that `length` bytes from there are inside. Both are index-sized; a
/// range of no bytes may begin at the very end.
pub(crate) fn range(f: &mut FuncTranslator<'_, '_>, memory: MemoryIndex, start: Value, length: Value) -> Value {
    let (wide, length) = (extend(f, start), extend(f, length));
    let end = if index_is_64(f, memory) {
        f.builder.ins().uadd_overflow_trap(wide, length, trap::code(Trap::MemoryOutOfBounds))
    } else {
        // Both are below 2^32.
        f.builder.ins().iadd(wide, length)
    };
    let byte_length = instance::memory_byte_length(f, memory);
    let outside = f.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, byte_length);
    trap::trap_if(f, outside, Trap::MemoryOutOfBounds);
    let base = instance::memory_base(f, memory);
    let address = f.builder.ins().iadd(base, wide);
    if !f.env.options.spectre {
        return address;
    }
    let zero = f.builder.ins().iconst(types::I64, 0);
    f.builder.ins().select_spectre_guard(outside, zero, address)
}

/// An index, address or length zero-extended to 64 bits.
pub(crate) fn extend(f: &mut FuncTranslator<'_, '_>, index: Value) -> Value {
    if f.type_of(index) == types::I64 { index } else { f.builder.ins().uextend(types::I64, index) }
}

/// The trap of the checks that this file makes.
pub(crate) fn out_of_bounds() -> TrapCode {
    trap::code(Trap::MemoryOutOfBounds)
}

/// What form of address the instruction can use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    BaseAndOffset,
    BaseOnly,
}

fn index_is_64(f: &FuncTranslator<'_, '_>, memory: MemoryIndex) -> bool {
    f.env.module.memories[memory].is_64
}

/// `offset + size`, or `None` after a trap when no index can be inside.
fn reach(f: &mut FuncTranslator<'_, '_>, plan: &MemoryPlan, offset: u64, access_bytes: u32) -> Option<u64> {
    match offset.checked_add(u64::from(access_bytes)) {
        Some(reach) if reach <= plan.maximum_bytes => Some(reach),
        _ => {
            trap::raise(f, Trap::MemoryOutOfBounds);
            None
        }
    }
}

fn checked(
    f: &mut FuncTranslator<'_, '_>,
    memory: MemoryIndex,
    index: Value,
    offset: u64,
    access_bytes: u32,
    want: Want,
) -> Option<NativeAddress> {
    let plan = f.env.plan.memories[memory];
    let reach = reach(f, &plan, offset, access_bytes)?;
    if let Some(constant) = constant_index(f, index)
        && constant.checked_add(reach).is_some_and(|end| end <= plan.minimum_bytes)
    {
        let flags = regions::guest(f, memory, None);
        let wide = extend(f, index);
        return Some(native(f, memory, &plan, wide, offset, flags, want));
    }
    let wide = extend(f, index);
    let faults = regions::guest(f, memory, Some(Trap::MemoryOutOfBounds));
    // Misspeculated accesses beyond a compare can reach anything; those in guard mode only reach the reservation.
    match plan.check {
        MemoryCheck::Guard if reach <= plan.guard_bytes => {
            return Some(native(f, memory, &plan, wide, offset, faults, want));
        }
        MemoryCheck::Shift { log2 } if reach <= plan.guard_bytes && !f.env.options.spectre => {
            let high = f.builder.ins().ushr_imm_u(wide, i64::from(log2));
            trap::trap_if(f, high, Trap::MemoryOutOfBounds);
            return Some(native(f, memory, &plan, wide, offset, faults, want));
        }
        MemoryCheck::Length if small_guard(f.env, memory).is_some_and(|guard| reach <= guard.reach) => {
            let outside = outside_length(f, memory, &plan, wide, index_is_64(f, memory), 1);
            trap::trap_if(f, outside, Trap::MemoryOutOfBounds);
            return Some(native(f, memory, &plan, wide, offset, faults, want));
        }
        MemoryCheck::Guard | MemoryCheck::Shift { .. } | MemoryCheck::Length => {}
    }
    let outside = outside_length(f, memory, &plan, wide, index_is_64(f, memory), reach);
    trap::trap_if(f, outside, Trap::MemoryOutOfBounds);
    let flags = regions::guest(f, memory, None);
    if !f.env.options.spectre {
        return Some(native(f, memory, &plan, wide, offset, flags, want));
    }
    // Under misspeculation the address becomes 0, which is never mapped. The access stays after the check because the
    // address depends on its outcome.
    let address = native(f, memory, &plan, wide, offset, flags, Want::BaseOnly);
    let zero = f.builder.ins().iconst(types::I64, 0);
    let base = f.builder.ins().select_spectre_guard(outside, zero, address.base);
    Some(NativeAddress { base, offset: 0, flags })
}

/// Whether `index + reach` is beyond the current length.
fn outside_length(
    f: &mut FuncTranslator<'_, '_>,
    memory: MemoryIndex,
    plan: &MemoryPlan,
    wide: Value,
    is_64: bool,
    reach: u64,
) -> Value {
    let length = instance::memory_byte_length(f, memory);
    if reach == 1 {
        return f.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, wide, length);
    }
    if reach <= plan.minimum_bytes {
        let last = f.builder.ins().iadd_imm_s(length, (reach as i64).wrapping_neg());
        return f.builder.ins().icmp(IntCC::UnsignedGreaterThan, wide, last);
    }
    let end = if is_64 {
        let reach = f.builder.ins().iconst(types::I64, reach as i64);
        f.builder.ins().uadd_overflow_trap(wide, reach, trap::code(Trap::MemoryOutOfBounds))
    } else {
        // Both are below 2^33.
        f.builder.ins().iadd_imm_s(wide, reach as i64)
    };
    f.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length)
}

/// The native address of a checked index. Nothing here can wrap: `wide + offset` lies within what the memory owns, or,
/// in guard mode, within its reservation and guard.
fn native(
    f: &mut FuncTranslator<'_, '_>,
    memory: MemoryIndex,
    plan: &MemoryPlan,
    wide: Value,
    offset: u64,
    flags: MemFlagsData,
    want: Want,
) -> NativeAddress {
    // On x86_64 a low base is part of the displacement: no base register at all. A 64-bit index must not be used so: its
    // upper half is only checked, not cleared, which is right after a check but leaves nothing to gain.
    if let Some(fixed) = plan.fixed_base
        && f.env.options.target.arch == Arch::X86_64
        && want == Want::BaseAndOffset
        && let Some(displacement) = fixed.checked_add(offset).and_then(|sum| i32::try_from(sum).ok())
    {
        return NativeAddress { base: wide, offset: displacement, flags };
    }
    let base = instance::memory_base(f, memory);
    let sum = f.builder.ins().iadd(base, wide);
    match (want, i32::try_from(offset)) {
        (Want::BaseAndOffset, Ok(offset)) => NativeAddress { base: sum, offset, flags },
        _ => NativeAddress { base: f.builder.ins().iadd_imm_s(sum, offset as i64), offset: 0, flags },
    }
}

/// Traps unless `index + offset` is a multiple of `access_bytes`.
fn trap_unless_aligned(f: &mut FuncTranslator<'_, '_>, index: Value, offset: u64, access_bytes: u32) {
    if access_bytes == 1 {
        return;
    }
    let mask = u64::from(access_bytes) - 1;
    // Only the low bits matter, so the sum may wrap.
    let low = if offset & mask == 0 { index } else { f.builder.ins().iadd_imm_s(index, (offset & mask) as i64) };
    let rest = f.builder.ins().band_imm_u(low, mask as i64);
    trap::trap_if(f, rest, Trap::UnalignedAtomic);
}

/// The index when it is a literal.
pub(crate) fn constant_index(f: &FuncTranslator<'_, '_>, index: Value) -> Option<u64> {
    let dfg = &f.builder.func.dfg;
    let inst = dfg.value_def(index).inst()?;
    match dfg.insts[inst] {
        cranelift_codegen::ir::InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
            Some(if dfg.value_type(index) == types::I64 { imm.bits() as u64 } else { u64::from(imm.bits() as u32) })
        }
        _ => None,
    }
}
