//! Frame-pointer walk from a trap up to the entry into compiled code.
//!
//! Compiled code keeps frame pointers, so a frame is two words: the caller's frame pointer and the return address. The walk
//! never leaves the used part of the guest stack, each step goes up, and every address is checked against that before it is
//! read. A wrong register ends the walk, it does not crash it.
//!
//! The runtime keeps them as well where we build it. A Rust program builds it itself, usually without
//! `-C force-frame-pointers`; then the walk from a trap that a libcall raises begins by looking for the frame of the compiled
//! code that called it. What is found that way is right, or it is not part of a chain up to the entry.
//!
//! # Safety
//!
//! `walk` reads words between the stack pointer and the top of the guest stack, which the calling (or interrupted)
//! thread runs on, so they are mapped and its own.
#![allow(unsafe_code, reason = "reads saved frame pointers and return addresses from the stack")]

use crate::ranges::RangeList;
use crate::stack::{BACKTRACE_FRAMES, GuestStack};
use alloc::vec::Vec;
use aot_abi::code_map::{self, Location};
use aot_abi::image::ModuleImage;
use core::sync::atomic::Ordering;

/// Code of every module that was instantiated.
static CODE: RangeList = RangeList::new();

/// Makes the code of `image` known to backtraces and to the signal handler. Doing it twice changes nothing.
pub fn register(image: &'static ModuleImage) {
    let (start, end) = (image.text_start as usize, image.text_end as usize);
    let known = CODE.find(start).is_some_and(|range| range.payload() == core::ptr::from_ref(image) as usize);
    if !known && start < end {
        CODE.insert(start, end, core::ptr::from_ref(image) as usize);
    }
}

/// The module whose code contains `pc`.
#[must_use]
pub fn module_at(pc: usize) -> Option<&'static ModuleImage> {
    let range = CODE.find(pc)?;
    // SAFETY: the payload of this list is always an image with the lifetime of the process.
    Some(unsafe { &*(range.payload() as *const ModuleImage) })
}

/// What the code map says about `pc`.
#[must_use]
pub fn locate(pc: usize) -> Option<(&'static ModuleImage, Location<'static>)> {
    let image = module_at(pc)?;
    Some((image, code_map::find(map_of(image), offset_in(image, pc)?)?))
}

/// The functions that took in the one at `pc`.
fn callers(image: &'static ModuleImage, pc: usize) -> impl Iterator<Item = Location<'static>> {
    offset_in(image, pc).into_iter().flat_map(move |offset| code_map::callers(map_of(image), offset))
}

fn map_of(image: &'static ModuleImage) -> &'static [u8] {
    // SAFETY: images describe their own data truthfully; see `instance.rs`.
    unsafe { crate::instance::slice(&image.code_map) }
}

fn offset_in(image: &ModuleImage, pc: usize) -> Option<u32> {
    u32::try_from(pc - image.text_start as usize).ok()
}

/// A running thread on a guest stack, as far as a walk is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Position<'a> {
    /// The stack it runs on.
    pub stack: &'a GuestStack,
    /// Its stack pointer: nothing below it is looked at.
    pub sp: usize,
    /// Its frame pointer, if the code it runs keeps one.
    pub fp: usize,
    /// The frame of its entry into compiled code, where the walk ends. It may be on another stack.
    pub entry_frame: usize,
}

/// Calls `visit` with the return address of each frame from the innermost to the one that the entry called.
///
/// # Safety
/// See the module documentation.
pub unsafe fn walk(position: Position<'_>, mut visit: impl FnMut(usize)) {
    let Position { stack, sp, mut fp, entry_frame } = position;
    let mut low = sp;
    while fp != entry_frame && fp.is_multiple_of(8) && fp >= low && fp <= stack.top() - 16 {
        // SAFETY: two aligned words in the used part of the stack.
        let (caller, return_address) = unsafe { (*(fp as *const usize), *((fp + 8) as *const usize)) };
        visit(return_address);
        low = fp + 16;
        fp = caller;
    }
}

/// Leaves the backtrace of a trap in the stack's record: `pc` when the trap was in compiled code, then the callers.
///
/// # Safety
/// As [`walk`].
pub unsafe fn capture(position: Position<'_>, pc: Option<usize>) {
    const HALF: usize = BACKTRACE_FRAMES / 2;
    let stack = position.stack;
    let mut count = 0usize;
    let mut push = |address: usize| {
        if module_at(address).is_none() {
            return;
        }
        // The innermost half stays; the outermost half is a ring that the last frames end up in.
        let slot = if count < HALF { count } else { HALF + (count - HALF) % HALF };
        stack.backtrace[slot].store(address, Ordering::Relaxed);
        count += 1;
    };
    if let Some(pc) = pc {
        // One more than the PC, because everything in the record is taken for a return address.
        push(pc + 1);
    }
    // SAFETY: the caller's promise, here and below.
    let from_runtime = pc.is_none() && !unsafe { is_frame_of_runtime(position) };
    // SAFETY: as above.
    let caller = if from_runtime { unsafe { find_caller(position) } } else { None };
    let start = caller.map_or(position, |caller| {
        push(caller.return_address);
        Position { sp: caller.frame, fp: caller.frame, ..position }
    });
    // SAFETY: as above: the frame is in the used part of the stack.
    unsafe { walk(start, push) };
    stack.backtrace_length.store(count.min(BACKTRACE_FRAMES), Ordering::Relaxed);
    stack.backtrace_omitted.store(count.saturating_sub(BACKTRACE_FRAMES), Ordering::Relaxed);
}

/// Compiled code that called a function without a frame of its own.
struct FoundCaller {
    /// Where it goes on.
    return_address: usize,
    /// Its frame.
    frame: usize,
}

/// How much of the stack is searched: frames of the runtime, and one of compiled code.
const SEARCHED_BYTES: usize = 64 << 10;

/// The compiled code that called the function of the runtime which runs now.
///
/// # Safety
/// As [`walk`].
unsafe fn find_caller(position: Position<'_>) -> Option<FoundCaller> {
    let top = position.stack.top().min(position.sp.saturating_add(SEARCHED_BYTES));
    // SAFETY: only called for aligned addresses between the stack pointer and the top.
    let word = |at: usize| unsafe { *(at as *const usize) };
    let mut return_address = None;
    for at in (position.sp.next_multiple_of(8)..top.saturating_sub(8)).step_by(8) {
        let is_frame = word(at) == position.entry_frame || (word(at) > at && module_at(word(at + 8)).is_some());
        match return_address {
            // SAFETY: the caller's promise.
            Some(return_address) if is_frame && unsafe { leads_to_entry(Position { fp: at, sp: at, ..position }) } => {
                return Some(FoundCaller { return_address, frame: at });
            }
            Some(_) => {}
            None => return_address = locate(word(at).wrapping_sub(1)).map(|_| word(at)),
        }
    }
    None
}

/// Whether the frame pointer is that of a function of the runtime, which another one called, and so on up to the entry.
///
/// # Safety
/// As [`walk`].
unsafe fn is_frame_of_runtime(position: Position<'_>) -> bool {
    // SAFETY: a frame that leads to the entry is in the used part of the stack, and is not that of the entry itself.
    unsafe {
        position.fp != position.entry_frame
            && leads_to_entry(position)
            && module_at(*((position.fp + 8) as *const usize)).is_none()
    }
}

/// Whether the frames form a chain up to the entry.
///
/// # Safety
/// As [`walk`].
unsafe fn leads_to_entry(position: Position<'_>) -> bool {
    let mut fp = position.fp;
    let mut low = position.sp;
    while fp != position.entry_frame {
        if !fp.is_multiple_of(8) || fp < low || fp > position.stack.top() - 16 {
            return false;
        }
        low = fp + 16;
        // SAFETY: an aligned word in the used part of the stack.
        fp = unsafe { *(fp as *const usize) };
    }
    true
}

/// One frame of compiled code.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The module it belongs to.
    pub image: &'static ModuleImage,
    /// Function and Wasm offset.
    pub location: Location<'static>,
}

impl Frame {
    /// The module's name, for a reader.
    #[must_use]
    pub fn module_name(&self) -> &'static str {
        // SAFETY: part of an image.
        core::str::from_utf8(unsafe { crate::instance::slice(&self.image.name) }).unwrap_or("?")
    }
}

/// The frames of compiled code between a trap and the entry, innermost first.
#[derive(Debug, Clone, Default)]
pub struct Backtrace {
    /// Those that were kept.
    pub frames: Vec<Frame>,
    /// How many were left out…
    pub omitted: usize,
    /// …and after how many of `frames`; never more than there are.
    pub omitted_after: usize,
}

/// Reads what [`capture`] left.
#[must_use]
pub fn read(stack: &GuestStack) -> Backtrace {
    const HALF: usize = BACKTRACE_FRAMES / 2;
    let length = stack.backtrace_length.load(Ordering::Relaxed).min(BACKTRACE_FRAMES);
    let omitted = stack.backtrace_omitted.load(Ordering::Relaxed);
    let mut frames = Vec::with_capacity(length);
    let mut omitted_after = 0;
    for position in 0..length {
        if position == HALF {
            omitted_after = frames.len();
        }
        // The ring's oldest entry stands where the next one would have been written.
        let slot = if omitted == 0 || position < HALF { position } else { HALF + (position - HALF + omitted) % HALF };
        let address = stack.backtrace[slot].load(Ordering::Relaxed);
        // A return address may be the first byte of the next function; the call is before it.
        if let Some((image, location)) = locate(address - 1) {
            frames.push(Frame { image, location });
            frames.extend(callers(image, address - 1).map(|location| Frame { image, location }));
        }
    }
    if omitted == 0 {
        omitted_after = frames.len();
    }
    Backtrace { frames, omitted, omitted_after }
}
