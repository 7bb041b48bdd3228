//! PC → function, trap and Wasm offset: writer and reader side by side.
//!
//! The map of a module is one read-only byte string, position-independent because it only holds offsets from the
//! start of the module's code:
//!
//! ```text
//! u32 function_count
//! function_count × { u32 code_start, u32 code_end, u32 function_index, u32 wasm_offset, u32 sites_at, u32 name_at,
//!                    u32 inlined_at }
//! streams…                       // `sites_at`, `name_at`, `inlined_at` are offsets from the start of the map
//! ```
//!
//! Functions are sorted by `code_start`. `wasm_offset` is where the function's body starts in the module. A name is a
//! ULEB128 length and UTF-8 bytes. The sites of a function are a sequence of
//!
//! ```text
//! uleb128 (code_delta << 1 | is_trap), [u8 trap_code if is_trap], sleb128 wasm_delta
//! ```
//!
//! ended by the function's end or a `code_delta` that passes it: each site says "from this code offset on, the Wasm
//! offset is this", and a trap site says in addition "the instruction exactly here traps with this code". The first
//! site is relative to `code_start` and `wasm_offset`. Sites without a stream (`sites_at` = 0) say nothing.
//!
//! A function may have taken in others. Then `inlined_at` is not 0, and there stand
//!
//! ```text
//! uleb128 call_count, call_count × { uleb128 function_index, uleb128 name_at, uleb128 wasm_offset, uleb128 caller }
//! ranges: uleb128 code_delta, uleb128 call
//! ```
//!
//! Each call that was replaced says which function was taken in, the offset of the call operator, and in which of the calls
//! before it that operator was: they count from 1, and 0 is the function itself. Each range says "from this code offset on,
//! code belongs to the callee of this call". Ranges end as sites do.
//!
//! About two bytes a site: kilobytes for a small program, where a table of PC pairs would be four times that.

use crate::trap::Trap;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

const HEADER_BYTES: usize = 4;
const ROW_BYTES: usize = 28;

/// A site of one function, as the compiler knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// Offset from the function's first byte of code.
    pub code_offset: u32,
    /// Offset in the Wasm module.
    pub wasm_offset: u32,
    /// The instruction at `code_offset` traps with this.
    pub trap: Option<Trap>,
}

/// One function, as the compiler knows it.
#[derive(Debug, Clone)]
pub struct FunctionSites<'a> {
    /// Offsets from the start of the module's code.
    pub code_start: u32,
    /// One past its last byte.
    pub code_end: u32,
    /// Index in the module, imports first.
    pub function_index: u32,
    /// Where its body starts in the module.
    pub wasm_offset: u32,
    /// Its name; may be empty.
    pub name: &'a str,
    /// Sorted by `code_offset`.
    pub sites: &'a [Site],
    /// Calls that were replaced by what they call; those inside another come after it.
    pub inlined: &'a [InlinedCall<'a>],
    /// Sorted code offsets, and the call whose callee the code from there on belongs to: its position in `inlined` and one,
    /// or 0 for the function itself.
    pub inlined_ranges: &'a [(u32, u32)],
}

/// A call that was replaced by the body that it calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InlinedCall<'a> {
    /// What it calls: index in the module.
    pub function_index: u32,
    /// Its name; may be empty.
    pub name: &'a str,
    /// Offset in the module of the call operator.
    pub wasm_offset: u32,
    /// The call whose callee that operator is in, counted like those of the ranges.
    pub caller: u32,
}

/// What a PC belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    /// Index of the function in the module, imports first.
    pub function_index: u32,
    /// Its name, may be empty.
    pub name: &'a str,
    /// Offset in the Wasm module of the operator at this PC.
    pub wasm_offset: u32,
    /// The trap that the instruction exactly at this PC raises.
    pub trap: Option<Trap>,
}

/// Encodes the map. `functions` are sorted by `code_start` and do not overlap.
#[must_use]
pub fn write(functions: &[FunctionSites<'_>]) -> Vec<u8> {
    let mut rows = Vec::with_capacity(HEADER_BYTES + functions.len() * ROW_BYTES);
    let streams_start = HEADER_BYTES + functions.len() * ROW_BYTES;
    let mut streams = Vec::new();
    let at = |streams: &Vec<u8>| u32::try_from(streams_start + streams.len()).expect("a code map stays below 4 GiB");
    rows.extend_from_slice(&u32::try_from(functions.len()).expect("functions are indexed by u32").to_le_bytes());
    let mut names = BTreeMap::new();
    let mut write_name = |streams: &mut Vec<u8>, name: &str| {
        *names.entry(String::from(name)).or_insert_with(|| {
            let start = at(streams);
            write_uleb(streams, name.len() as u64);
            streams.extend_from_slice(name.as_bytes());
            start
        })
    };
    for function in functions {
        let name_at = write_name(&mut streams, function.name);
        let sites_at = if function.sites.is_empty() { 0 } else { at(&streams) };
        let (mut code, mut wasm) = (0u32, function.wasm_offset);
        for site in function.sites {
            let delta = u64::from(site.code_offset - code) << 1;
            write_uleb(&mut streams, delta | u64::from(site.trap.is_some()));
            if let Some(trap) = site.trap {
                streams.push(trap.code());
            }
            write_sleb(&mut streams, i64::from(site.wasm_offset) - i64::from(wasm));
            (code, wasm) = (site.code_offset, site.wasm_offset);
        }
        if sites_at != 0 {
            // A delta past the function's end closes the stream.
            write_uleb(&mut streams, (u64::from(function.code_end) + 1) << 1);
            write_sleb(&mut streams, 0);
        }
        let mut inlined_at = 0;
        if !function.inlined_ranges.is_empty() {
            let name_ats: Vec<u32> = function.inlined.iter().map(|call| write_name(&mut streams, call.name)).collect();
            inlined_at = at(&streams);
            write_inlined(&mut streams, function, &name_ats);
        }
        for field in [
            function.code_start,
            function.code_end,
            function.function_index,
            function.wasm_offset,
            sites_at,
            name_at,
            inlined_at,
        ] {
            rows.extend_from_slice(&field.to_le_bytes());
        }
    }
    rows.extend_from_slice(&streams);
    rows
}

fn write_inlined(streams: &mut Vec<u8>, function: &FunctionSites<'_>, name_ats: &[u32]) {
    write_uleb(streams, function.inlined.len() as u64);
    for (call, &name_at) in function.inlined.iter().zip(name_ats) {
        for field in [call.function_index, name_at, call.wasm_offset, call.caller] {
            write_uleb(streams, u64::from(field));
        }
    }
    let mut code = 0;
    for &(code_offset, call) in function.inlined_ranges {
        write_uleb(streams, u64::from(code_offset - code));
        write_uleb(streams, u64::from(call));
        code = code_offset;
    }
    write_uleb(streams, u64::from(function.code_end) + 1);
    write_uleb(streams, 0);
}

/// The function that has this offset from the start of the module's code.
fn row_of(map: &[u8], code_offset: u32) -> Option<usize> {
    let count = read_u32(map, 0)? as usize;
    let (mut low, mut high) = (0usize, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if row(map, middle, 0)? <= code_offset {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let index = low.checked_sub(1)?;
    (code_offset < row(map, index, 1)?).then_some(index)
}

/// Looks up an offset from the start of the module's code. Where a function was taken into another, the one taken in is
/// found; [`callers`] has the others. Never panics, whatever the bytes.
#[must_use]
pub fn find(map: &[u8], code_offset: u32) -> Option<Location<'_>> {
    let index = row_of(map, code_offset)?;
    let start = row(map, index, 0)?;
    let mut location = Location {
        function_index: row(map, index, 2)?,
        name: name(map, row(map, index, 5)? as usize).unwrap_or(""),
        wasm_offset: row(map, index, 3)?,
        trap: None,
    };
    let sites_at = row(map, index, 4)? as usize;
    if sites_at != 0 {
        let target = u64::from(code_offset - start);
        let mut cursor = Cursor { bytes: map, at: sites_at };
        let (mut code, mut wasm) = (0u64, i64::from(location.wasm_offset));
        loop {
            let head = cursor.uleb()?;
            code = code.checked_add(head >> 1)?;
            if code > target {
                break;
            }
            let trap = if head & 1 == 1 { Trap::from_code(cursor.byte()?) } else { None };
            wasm += cursor.sleb()?;
            location.wasm_offset = wasm as u32;
            if code == target && trap.is_some() {
                location.trap = trap;
            }
        }
    }
    if let Some(call) = callers(map, code_offset).call() {
        (location.function_index, location.name) = (call.function_index, call.name);
    }
    Some(location)
}

/// Those that the function which [`find`] finds was taken into, from the innermost to the outermost: the places of their
/// calls.
#[must_use]
pub fn callers(map: &[u8], code_offset: u32) -> Callers<'_> {
    let index = row_of(map, code_offset).unwrap_or(usize::MAX);
    let call = call_at(map, index, code_offset).unwrap_or(0);
    Callers { map, index, call }
}

/// See [`callers`].
#[derive(Debug, Clone)]
pub struct Callers<'a> {
    map: &'a [u8],
    /// Row of the outermost.
    index: usize,
    /// Whose callee we are in; 0 for the outermost function itself.
    call: u32,
}

impl<'a> Callers<'a> {
    fn call(&self) -> Option<InlinedCall<'a>> {
        inlined_call(self.map, self.index, self.call)
    }
}

impl<'a> Iterator for Callers<'a> {
    type Item = Location<'a>;

    fn next(&mut self) -> Option<Location<'a>> {
        let call = self.call()?;
        // Callers come first; a damaged map must not go round in circles.
        self.call = if call.caller < self.call { call.caller } else { 0 };
        let (function_index, name) = match self.call() {
            Some(outer) => (outer.function_index, outer.name),
            None => {
                let name_at = row(self.map, self.index, 5)?;
                (row(self.map, self.index, 2)?, name(self.map, name_at as usize).unwrap_or(""))
            }
        };
        Some(Location { function_index, name, wasm_offset: call.wasm_offset, trap: None })
    }
}

/// The stream about functions that this one took in, if it did.
fn inlined(map: &[u8], index: usize) -> Option<Cursor<'_>> {
    let at = row(map, index, 6)? as usize;
    (at != 0).then_some(Cursor { bytes: map, at })
}

/// A call by its number; `None` for 0.
fn inlined_call(map: &[u8], index: usize, call: u32) -> Option<InlinedCall<'_>> {
    let mut cursor = inlined(map, index).filter(|_| call != 0)?;
    if u64::from(call) > cursor.uleb()? {
        return None;
    }
    for _ in 0..4 * u64::from(call - 1) {
        cursor.uleb()?;
    }
    let mut field = || u32::try_from(cursor.uleb()?).ok();
    let (function_index, name_at, wasm_offset, caller) = (field()?, field()?, field()?, field()?);
    let name = name(map, name_at as usize).unwrap_or("");
    Some(InlinedCall { function_index, name, wasm_offset, caller })
}

/// The number of the call whose callee the code at this offset belongs to.
fn call_at(map: &[u8], index: usize, code_offset: u32) -> Option<u32> {
    let mut cursor = inlined(map, index)?;
    let calls = cursor.uleb()?;
    for _ in 0..calls.checked_mul(4)? {
        cursor.uleb()?;
    }
    let target = u64::from(code_offset - row(map, index, 0)?);
    let (mut code, mut found) = (0u64, 0);
    loop {
        code = code.checked_add(cursor.uleb()?)?;
        let call = cursor.uleb()?;
        if code > target {
            return u32::try_from(found).ok();
        }
        found = call;
    }
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn row(map: &[u8], index: usize, field: usize) -> Option<u32> {
    read_u32(map, index.checked_mul(ROW_BYTES)?.checked_add(HEADER_BYTES + field * 4)?)
}

fn name(map: &[u8], at: usize) -> Option<&str> {
    let mut cursor = Cursor { bytes: map, at };
    let length = usize::try_from(cursor.uleb()?).ok()?;
    core::str::from_utf8(map.get(cursor.at..cursor.at.checked_add(length)?)?).ok()
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn uleb(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    fn sleb(&mut self) -> Option<i64> {
        let (mut value, mut shift) = (0i64, 0);
        loop {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                if shift < 64 && byte & 0x40 != 0 {
                    value |= -1 << shift;
                }
                return Some(value);
            }
        }
    }
}

fn write_uleb(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn write_sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let sites = [
            Site { code_offset: 0, wasm_offset: 105, trap: None },
            Site { code_offset: 7, wasm_offset: 300, trap: Some(Trap::Unreachable) },
            Site { code_offset: 9, wasm_offset: 101, trap: None },
        ];
        write(&[
            FunctionSites {
                code_start: 16,
                code_end: 40,
                function_index: 2,
                wasm_offset: 100,
                name: "añ",
                sites: &sites,
                inlined: &[],
                inlined_ranges: &[],
            },
            FunctionSites {
                code_start: 48,
                code_end: 64,
                function_index: 3,
                wasm_offset: 400,
                name: "",
                sites: &[Site { code_offset: 4, wasm_offset: 108, trap: Some(Trap::Unreachable) }],
                inlined: &[
                    InlinedCall { function_index: 7, name: "outer", wasm_offset: 405, caller: 0 },
                    InlinedCall { function_index: 2, name: "añ", wasm_offset: 501, caller: 1 },
                ],
                inlined_ranges: &[(2, 1), (4, 2), (9, 0)],
            },
        ])
    }

    #[test]
    fn round_trip() {
        let map = sample();
        assert_eq!(find(&map, 15), None);
        let at = |offset| find(&map, offset).expect("inside a function");
        assert_eq!(at(16), Location { function_index: 2, name: "añ", wasm_offset: 105, trap: None });
        assert_eq!(at(23).trap, Some(Trap::Unreachable));
        assert_eq!((at(24).wasm_offset, at(24).trap), (300, None));
        assert_eq!(at(39).wasm_offset, 101);
        assert_eq!(find(&map, 40), None);
        assert_eq!(at(48), Location { function_index: 3, name: "", wasm_offset: 400, trap: None });
        assert_eq!(find(&map, 64), None);
    }

    #[test]
    fn functions_that_were_taken_in_are_found_with_their_callers() {
        let map = sample();
        let at = |offset| {
            let innermost = find(&map, offset).expect("inside a function");
            let all = core::iter::once(innermost).chain(callers(&map, offset));
            all.map(|location| (location.function_index, location.name, location.wasm_offset)).collect::<Vec<_>>()
        };
        assert_eq!(at(49), [(3, "", 400)]);
        assert_eq!(at(51), [(7, "outer", 400), (3, "", 405)]);
        assert_eq!(at(52), [(2, "añ", 108), (7, "outer", 501), (3, "", 405)]);
        assert_eq!(at(57), [(3, "", 108)]);
        assert_eq!(find(&map, 52).and_then(|location| location.trap), Some(Trap::Unreachable));
        assert_eq!(at(30).len(), 1);
    }

    #[test]
    fn truncated_maps_never_panic() {
        let map = sample();
        for length in 0..map.len() {
            for offset in [0, 16, 23, 39, 50, 55, 1000] {
                let _ = find(&map[..length], offset);
                assert!(callers(&map[..length], offset).count() < 3);
            }
        }
        let _ = find(&[0xff; 64], 3);
        assert_eq!(callers(&[0xff; 64], 3).count(), 0);
    }
}
