//! Modules that are made, not kept: what matters about them is their size.

use anyhow::Result;

/// Bytes of one data segment.
const SEGMENT: usize = 1 << 20;

/// A program that prints a line and has this many data segments of 1 MiB, none of them zeros.
pub(crate) fn with_data_segments(count: usize) -> Result<Vec<u8>> {
    // The line lies in the first segment and its descriptor in a segment of its own, behind the others.
    let descriptor = count * SEGMENT;
    let pages = descriptor / 65536 + 1;
    let mut module = wat::parse_str(format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") {pages})
            (func (export "_start")
                (drop (call $fd_write (i32.const 1) (i32.const {descriptor}) (i32.const 1)
                    (i32.const {written})))))"#,
        written = descriptor + 8,
    ))?;
    let mut segments = Vec::new();
    push_unsigned(&mut segments, count as u64 + 1);
    let mut contents = vec![0; SEGMENT];
    let mut state = 1u64;
    for segment in 0..count {
        for word in contents.chunks_exact_mut(8) {
            // A generator of Knuth's: no pattern that anything could shorten.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            word.copy_from_slice(&(state | 1).to_le_bytes());
        }
        if segment == 0 {
            contents[..LINE.len()].copy_from_slice(LINE);
        }
        push_segment(&mut segments, (segment * SEGMENT) as u64, &contents);
    }
    let line = [0u32, LINE.len() as u32].map(u32::to_le_bytes);
    push_segment(&mut segments, descriptor as u64, line.as_flattened());
    // The data section is the last that a module can have.
    module.push(11);
    push_unsigned(&mut module, segments.len() as u64);
    module.extend(segments);
    Ok(module)
}

/// What it prints.
pub(crate) const LINE: &[u8] = b"hello, world\n";

/// An active segment of the first memory.
fn push_segment(out: &mut Vec<u8>, address: u64, contents: &[u8]) {
    out.push(0);
    out.push(0x41);
    push_signed(out, address as i64);
    out.push(0x0b);
    push_unsigned(out, contents.len() as u64);
    out.extend_from_slice(contents);
}

fn push_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// For values that are not negative.
fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    while value >= 0x40 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
