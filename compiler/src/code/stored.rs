//! [`CompiledFunction`] ⇄ bytes, for [`super::cache`]. Offsets in the module are kept relative to the body that they are
//! in, so that a function is the same wherever it and those it took in stand.

use super::compiled::{CompiledFunction, Inlined, InlinedCall, Loop, Relocation, RelocationTarget};
use super::unwind::{Step, Unwind};
use crate::code_name::CodeName;
use crate::index::FuncIndex;
use aot_abi::trap::Trap;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{LibCall, UserExternalName};

/// The relocations that can be stored: those that the object stage knows.
const RELOCATIONS: &[Reloc] = &[
    Reloc::X86CallPCRel4,
    Reloc::X86CallPLTRel4,
    Reloc::X86PCRel4,
    Reloc::X86GOTPCRel4,
    Reloc::Arm64Call,
    Reloc::Aarch64AdrPrelPgHi21,
    Reloc::Aarch64AddAbsLo12Nc,
    Reloc::Aarch64AdrGotPage21,
    Reloc::Aarch64Ld64GotLo12Nc,
    Reloc::Abs8,
];

const NAME: u8 = 0;
const HELPER: u8 = 1;
const LOCAL: u8 = 2;

/// Where the body of a function begins in the module.
pub(super) type BodyStart<'a> = &'a dyn Fn(FuncIndex) -> Option<u32>;

/// Start of the body that this call's callee has, or the function itself for 0.
fn start_of(name: CodeName, calls: &[InlinedCall], call: u32, body_start: BodyStart<'_>) -> Option<u32> {
    match (call.checked_sub(1), name) {
        (Some(call), _) => body_start(calls.get(call as usize)?.callee),
        (None, CodeName::Wasm(function)) => body_start(function),
        (None, _) => None,
    }
}

/// The call whose callee the code at an offset belongs to.
fn call_at(inlined: &Inlined, code_offset: u32) -> u32 {
    let after = inlined.ranges.partition_point(|&(start, _)| start <= code_offset);
    after.checked_sub(1).map_or(0, |range| inlined.ranges[range].1)
}

/// The bytes of a function, or `None` where something in it has no stored form.
pub(super) fn write(function: &CompiledFunction, body_start: BodyStart<'_>) -> Option<Vec<u8>> {
    let calls = &function.inlined.calls;
    let start_of = |call| start_of(function.name, calls, call, body_start);
    let mut to = Vec::with_capacity(function.bytes.len() * 2);
    put(&mut to, function.alignment);
    put_slice(&mut to, &function.bytes);
    put(&mut to, length(&function.loops)?);
    for at in &function.loops {
        [at.start, at.end, at.depth].into_iter().for_each(|word| put(&mut to, word));
    }
    put(&mut to, length(&function.relocations)?);
    for relocation in &function.relocations {
        put(&mut to, relocation.offset);
        to.push(RELOCATIONS.iter().position(|&known| known == relocation.kind)? as u8);
        to.extend_from_slice(&relocation.addend.to_le_bytes());
        match relocation.target {
            RelocationTarget::Name(name) => {
                let name = name.to_user();
                to.push(NAME);
                put(&mut to, name.namespace);
                put(&mut to, name.index);
            }
            RelocationTarget::Helper(helper) => {
                to.push(HELPER);
                put_slice(&mut to, helper.to_string().as_bytes());
            }
            RelocationTarget::Local(offset) => {
                to.push(LOCAL);
                put(&mut to, offset);
            }
        }
    }
    put(&mut to, length(&function.traps)?);
    for &(offset, trap) in &function.traps {
        put(&mut to, offset);
        to.push(trap.code());
    }
    put(&mut to, length(calls)?);
    for call in calls {
        let wasm_offset = call.wasm_offset.wrapping_sub(start_of(call.caller)?);
        [call.callee.as_u32(), wasm_offset, call.caller].into_iter().for_each(|word| put(&mut to, word));
    }
    put(&mut to, length(&function.inlined.ranges)?);
    for &(offset, call) in &function.inlined.ranges {
        put(&mut to, offset);
        put(&mut to, call);
    }
    put(&mut to, length(&function.source_map)?);
    for &(offset, wasm_offset) in &function.source_map {
        put(&mut to, offset);
        put(&mut to, wasm_offset.wrapping_sub(start_of(call_at(&function.inlined, offset))?));
    }
    put(&mut to, length(&function.returns)?);
    function.returns.iter().for_each(|&offset| put(&mut to, offset));
    match &function.unwind {
        None => to.push(0),
        Some(unwind) => {
            to.push(1);
            put(&mut to, unwind.code_length);
            put(&mut to, length(&unwind.steps)?);
            for &(at, step) in &unwind.steps {
                let (kind, first, second) = match step {
                    Step::FramePushed { to_caller } => (0, to_caller, 0),
                    Step::FrameDefined => (1, 0, 0),
                    Step::Saved { register, offset } => (2, u32::from(register), offset as u32),
                };
                to.push(kind);
                [at, first, second].into_iter().for_each(|word| put(&mut to, word));
            }
        }
    }
    match &function.for_avx2 {
        None => to.push(0),
        Some(version) => {
            to.push(1);
            put_slice(&mut to, &write(version, body_start)?);
        }
    }
    Some(to)
}

/// The function of these bytes, or `None` where they are not what [`write()`] writes.
pub(super) fn read(name: CodeName, bytes: &[u8], body_start: BodyStart<'_>) -> Option<CompiledFunction> {
    read_version(name, bytes, body_start, false)
}

/// One version; of a further one, there is no other.
fn read_version(name: CodeName, bytes: &[u8], body_start: BodyStart<'_>, version: bool) -> Option<CompiledFunction> {
    let from = &mut { bytes };
    let alignment = take(from)?;
    let code = take_slice(from)?.to_vec();
    let loops = many(from, |from| {
        let at = Loop { start: take(from)?, end: take(from)?, depth: take(from)? };
        (at.start < at.end && at.end as usize <= code.len()).then_some(at)
    })?;
    let relocations = many(from, |from| {
        let offset = take(from)?;
        let kind = *RELOCATIONS.get(usize::from(byte(from)?))?;
        let addend = i64::from_le_bytes(*from.split_off(..8)?.first_chunk()?);
        let target = match byte(from)? {
            NAME => {
                let user = UserExternalName { namespace: take(from)?, index: take(from)? };
                RelocationTarget::Name(CodeName::try_from_user(&user)?)
            }
            HELPER => {
                let helper: LibCall = std::str::from_utf8(take_slice(from)?).ok()?.parse().ok()?;
                RelocationTarget::Helper(helper)
            }
            LOCAL => RelocationTarget::Local(take(from)?),
            _ => return None,
        };
        Some(Relocation { offset, kind, target, addend })
    })?;
    let traps = many(from, |from| Some((take(from)?, Trap::from_code(byte(from)?)?)))?;
    let mut inlined = Inlined::default();
    for _ in 0..take(from)? {
        let (callee, wasm_offset, caller) = (FuncIndex::from_u32(take(from)?), take(from)?, take(from)?);
        let wasm_offset = wasm_offset.wrapping_add(start_of(name, &inlined.calls, caller, body_start)?);
        inlined.calls.push(InlinedCall { callee, wasm_offset, caller });
    }
    inlined.ranges = many(from, |from| Some((take(from)?, take(from)?)))?;
    let source_map = many(from, |from| {
        let (offset, wasm_offset) = (take(from)?, take(from)?);
        let start = start_of(name, &inlined.calls, call_at(&inlined, offset), body_start)?;
        Some((offset, wasm_offset.wrapping_add(start)))
    })?;
    let returns = many(from, take)?;
    let unwind = match byte(from)? {
        0 => None,
        1 => Some(Unwind { code_length: take(from)?, steps: many(from, step)? }),
        _ => return None,
    };
    let for_avx2 = match (byte(from)?, version) {
        (0, _) => None,
        (1, false) => Some(Box::new(read_version(name, take_slice(from)?, body_start, true)?)),
        _ => return None,
    };
    let whole = from.is_empty();
    whole.then(|| CompiledFunction {
        name,
        bytes: code,
        alignment,
        loops,
        relocations,
        traps,
        source_map,
        inlined,
        returns,
        unwind,
        handlers: Vec::new(),
        stack_maps: Vec::new(),
        for_avx2,
    })
}

fn step(from: &mut &[u8]) -> Option<(u32, Step)> {
    let kind = byte(from)?;
    let (at, first, second) = (take(from)?, take(from)?, take(from)?);
    let step = match kind {
        0 => Step::FramePushed { to_caller: first },
        1 => Step::FrameDefined,
        2 => Step::Saved { register: u16::try_from(first).ok()?, offset: second as i32 },
        _ => return None,
    };
    Some((at, step))
}

fn length<T>(list: &[T]) -> Option<u32> {
    u32::try_from(list.len()).ok()
}

fn put(to: &mut Vec<u8>, value: u32) {
    to.extend_from_slice(&value.to_le_bytes());
}

fn put_slice(to: &mut Vec<u8>, bytes: &[u8]) {
    put(to, u32::try_from(bytes.len()).expect("a function is smaller than 4 GiB"));
    to.extend_from_slice(bytes);
}

fn byte(from: &mut &[u8]) -> Option<u8> {
    from.split_off_first().copied()
}

fn take(from: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*from.split_off(..4)?.first_chunk()?))
}

fn take_slice<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take(from)? as usize;
    from.split_off(..length)
}

fn many<T>(from: &mut &[u8], mut one: impl FnMut(&mut &[u8]) -> Option<T>) -> Option<Vec<T>> {
    let count = take(from)? as usize;
    // Each takes a byte at least: a damaged count allocates nothing it should not.
    let mut list = Vec::with_capacity(count.min(from.len()));
    for _ in 0..count {
        list.push(one(from)?);
    }
    Some(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_abi::libcall::Libcall;

    fn example() -> CompiledFunction {
        CompiledFunction { for_avx2: Some(Box::new(version())), ..version() }
    }

    fn version() -> CompiledFunction {
        let relocation = |kind, target| Relocation { offset: 7, kind, target, addend: -4 };
        CompiledFunction {
            name: CodeName::Wasm(FuncIndex::from_u32(3)),
            bytes: vec![1, 2, 3],
            alignment: 32,
            loops: vec![Loop { start: 1, end: 3, depth: 1 }],
            relocations: vec![
                relocation(Reloc::X86CallPCRel4, RelocationTarget::Name(CodeName::Wasm(FuncIndex::from_u32(9)))),
                relocation(Reloc::X86PCRel4, RelocationTarget::Name(CodeName::Libcall(Libcall::MemoryGrow))),
                relocation(Reloc::X86CallPLTRel4, RelocationTarget::Helper(LibCall::FloorF32)),
                relocation(Reloc::X86PCRel4, RelocationTarget::Local(2)),
            ],
            traps: vec![(1, Trap::Unreachable)],
            source_map: vec![(0, 100), (1, 503), (2, 107)],
            inlined: Inlined {
                calls: vec![InlinedCall { callee: FuncIndex::from_u32(5), wasm_offset: 105, caller: 0 }],
                ranges: vec![(1, 1), (2, 0)],
            },
            returns: vec![3],
            unwind: Some(Unwind {
                code_length: 3,
                steps: vec![
                    (1, Step::FramePushed { to_caller: 16 }),
                    (2, Step::FrameDefined),
                    (2, Step::Saved { register: 3, offset: -24 }),
                ],
            }),
            handlers: Vec::new(),
            stack_maps: Vec::new(),
            for_avx2: None,
        }
    }

    #[test]
    fn what_was_written_is_read_wherever_the_body_moves_to() {
        let function = example();
        let bodies = |third, fifth| move |function: FuncIndex| Some(if function.as_u32() == 3 { third } else { fifth });
        let bytes = write(&function, &bodies(100, 500)).expect("everything in it can be stored");
        let same = read(function.name, &bytes, &bodies(100, 500)).expect("it was written so");
        assert_eq!(format!("{same:?}"), format!("{function:?}"));
        let moved = read(function.name, &bytes, &bodies(1000, 20)).expect("it was written so");
        assert_eq!(moved.source_map, [(0, 1000), (1, 23), (2, 1007)]);
        assert_eq!(moved.inlined.calls[0].wasm_offset, 1005);
    }

    #[test]
    fn damaged_bytes_are_nothing() {
        let function = example();
        let bytes = write(&function, &|_| Some(0)).expect("everything in it can be stored");
        for end in 0..bytes.len() {
            assert!(read(function.name, &bytes[..end], &|_| Some(0)).is_none(), "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            let _ = read(function.name, &damaged, &|_| Some(0));
        }
    }
}
