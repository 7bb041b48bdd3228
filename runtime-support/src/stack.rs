//! The guarded stacks that compiled code runs on.
//!
//! ```text
//! low                                                              top      top + record
//! | hard guard (always faults) | soft guard (faults once) | usable, ↓ | record | signal stack, ↓ |
//! ```
//!
//! Compiled code probes every page of a large frame, so running out of stack touches a guard. When that is compiled
//! code, the program traps. When it is the runtime, called by compiled code that had little stack left, it may be
//! holding a lock or a half-changed structure and must not be abandoned: the signal handler makes the soft guard usable
//! and lets it finish. Compiled code could then go on into the soft guard, so every function of the runtime that it calls
//! asks [`check_late`] first: while nothing is held yet, it either traps, or closes the soft guard again. What has passed
//! that check has all of the soft guard below it, so a fault in the hard guard is one before the check.
//!
//! The *signal stack* is for the thread that runs on the stack if the runtime started it, for the thread that keeps the
//! stack (see `hosted.rs`), or else for the thread that made the stack, if that had no other. Without one, a handler could
//! not run when the stack is used up.
//!
//! The *record* at the top holds what a handler needs: who entered compiled code on this stack, and room for a
//! backtrace. Handlers and libcalls find it by their stack pointer, so the runtime needs no thread-local storage in a
//! process without libc. In a host's threads a thread-local variable makes calls cheap.
//!
//! # Safety
//!
//! A stack is owned by whoever holds its `busy` flag, and every record lives as long as the process: stacks are used
//! again, never unmapped.
#![allow(unsafe_code, reason = "maps memory and places a record in it")]

use crate::arch;
use crate::os;
use crate::ranges::RangeList;
use aot_abi::trap::Trap;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
#[cfg(feature = "hosted")]
use rustix::mm::{Advice, madvise};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect};

/// Frames that a backtrace can hold; those between the innermost and the outermost half are counted only.
pub const BACKTRACE_FRAMES: usize = 64;

/// Size of each of the two guards: more than any function of the runtime uses, and than a page of any machine.
const GUARD_BYTES: usize = 256 << 10;

/// For the kernel's frame with the largest vector state of today, about 11 KiB, and the handler.
const SIGNAL_STACK_BYTES: usize = 64 << 10;

/// What hosts get who do not ask for a size.
const DEFAULT_BYTES: usize = 1 << 20;

static STACKS: RangeList = RangeList::new();
/// How many soft guards are open.
pub(crate) static OPEN: AtomicU32 = AtomicU32::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(DEFAULT_BYTES);

/// Sets the size of stacks made from now on; smaller ones are not used again.
pub fn set_guest_stack_bytes(bytes: usize) {
    BYTES.store(bytes.max(64 << 10), Ordering::Relaxed);
}

/// The record at the top of each stack.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct GuestStack {
    /// First address that compiled code may use; the soft guard lies below it.
    usable: usize,
    /// Frame of the innermost entry into compiled code on this stack; 0 while there is none. `arch::enter` writes it.
    pub(crate) activation: AtomicUsize,
    /// 1 while somebody owns the stack. A thread that runs on it leaves the clearing to the kernel, which does it when
    /// the thread no longer needs a stack.
    busy: AtomicU32,
    soft_guard_open: AtomicBool,
    /// Return addresses of the frames below the trap, innermost first: written where the trap happens, read by `call`.
    pub(crate) backtrace: [AtomicUsize; BACKTRACE_FRAMES],
    /// How many of those are valid.
    pub(crate) backtrace_length: AtomicUsize,
    /// How many frames were left out in the middle.
    pub(crate) backtrace_omitted: AtomicUsize,
    /// What the host's function returned that ended the guest.
    pub(crate) host_error: AtomicI32,
}

/// Where `arch::enter` finds the activation.
pub(crate) const ACTIVATION_OFFSET: usize = core::mem::offset_of!(GuestStack, activation);

/// To be called first by every function of the runtime that compiled code calls, while it holds nothing: traps when
/// compiled code has used up its stack and only the open soft guard let it come this far.
#[inline(always)]
pub fn check_late() {
    if OPEN.load(Ordering::Relaxed) != 0 {
        late();
    }
}

#[cold]
#[inline(never)]
fn late() {
    let sp = arch::stack_pointer();
    if let Some(stack) = GuestStack::containing(sp)
        && stack.soft_guard_open.load(Ordering::Relaxed)
    {
        if sp < stack.usable {
            crate::call::raise(Trap::StackOverflow);
        }
        stack.close_soft_guard();
    }
}

/// No memory for a stack.
#[derive(Debug, Clone, Copy)]
pub struct NoStack;

impl GuestStack {
    /// The stack that `sp` points into.
    #[must_use]
    pub fn containing(sp: usize) -> Option<&'static GuestStack> {
        if let Some(own) = GuestStack::of_this_thread()
            && (own.usable - 2 * GUARD_BYTES..own.top()).contains(&sp)
        {
            return Some(own);
        }
        let range = STACKS.find(sp)?;
        // SAFETY: the payload of this list is always the address of a record, which is never unmapped.
        Some(unsafe { &*(range.payload() as *const GuestStack) })
    }

    /// The stack that the caller runs on, if it is one of ours.
    pub(crate) fn current() -> Option<&'static GuestStack> {
        GuestStack::containing(arch::stack_pointer())
    }

    /// The stack that this thread keeps for itself, in a host, from now on.
    pub(crate) fn for_this_thread() -> Option<&'static GuestStack> {
        #[cfg(feature = "hosted")]
        return crate::hosted::prepare_thread();
        #[cfg(not(feature = "hosted"))]
        return None;
    }

    /// The stack that this thread keeps for itself already.
    #[inline]
    pub(crate) fn of_this_thread() -> Option<&'static GuestStack> {
        #[cfg(feature = "hosted")]
        return crate::hosted::stack();
        #[cfg(not(feature = "hosted"))]
        return None;
    }

    /// Takes a stack that nobody uses, making one if need be.
    pub fn acquire() -> Result<&'static GuestStack, NoStack> {
        GuestStack::acquire_at_least(0)
    }

    /// As [`GuestStack::acquire`], with at least so many usable bytes.
    pub(crate) fn acquire_at_least(bytes: usize) -> Result<&'static GuestStack, NoStack> {
        let wanted = bytes.checked_add(size_of::<GuestStack>()).ok_or(NoStack)?;
        let bytes = BYTES.load(Ordering::Relaxed).max(wanted);
        for range in STACKS.iterate() {
            // SAFETY: as in `containing`; an entry of this list is never removed.
            let stack = unsafe { &*(range.payload() as *const GuestStack) };
            if stack.top() - stack.usable >= bytes - size_of::<GuestStack>()
                && stack.busy.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                stack.close_soft_guard();
                return Ok(stack);
            }
        }
        GuestStack::create(bytes).ok_or(NoStack)
    }

    /// Gives it back; nothing runs on it any more.
    pub fn release(&self) {
        self.close_soft_guard();
        self.busy.store(0, Ordering::Release);
    }

    /// Gives the kernel back what deep calls have used, but for the end that every call uses.
    #[cfg(feature = "hosted")]
    pub(crate) fn give_pages_back(&self) {
        const KEPT_BYTES: usize = 16 << 10;
        let end = (self.top() - KEPT_BYTES) & !(os::page_size() - 1);
        if end > self.usable {
            // SAFETY: no frame is there, because nothing runs on the stack, and what is read before it is written is
            // nobody's. A failure leaves the pages where they are.
            let _ = unsafe { madvise(self.usable as *mut _, end - self.usable, Advice::LinuxDontNeed) };
        }
    }

    /// Cleared by whoever gives the stack back, the kernel included.
    #[cfg(not(feature = "hosted"))]
    pub(crate) fn busy(&self) -> &AtomicU32 {
        &self.busy
    }

    /// Makes the signal stack the calling thread's.
    pub(crate) fn use_signal_stack(&self) {
        // SAFETY: this end of the mapping is for nothing else, and stays mapped for the life of the process.
        unsafe { os::use_alternate_stack(self.signal_stack(), SIGNAL_STACK_BYTES) };
    }

    /// Its first address.
    pub(crate) fn signal_stack(&self) -> *mut u8 {
        (self.top() + size_of::<GuestStack>()) as *mut u8
    }

    /// Where the first frame starts.
    #[must_use]
    pub fn top(&self) -> usize {
        core::ptr::from_ref(self) as usize
    }

    /// Whether no compiled code runs on it.
    pub(crate) fn is_idle(&self) -> bool {
        self.activation.load(Ordering::Acquire) == 0
    }

    /// How much compiled code can use.
    pub(crate) fn usable_bytes(&self) -> usize {
        self.top() - self.usable
    }

    /// Where the first frame starts that may use so many bytes and no more; 0 for all there are.
    pub(crate) fn top_for(&self, bytes: usize) -> *mut u8 {
        let top = if bytes == 0 { self.top() } else { self.top().min(self.usable + bytes.next_multiple_of(16)) };
        top as *mut u8
    }

    /// First address that is not a guard.
    #[must_use]
    pub fn usable(&self) -> usize {
        self.usable
    }

    /// Is this in a guard that would fault now?
    #[must_use]
    pub fn guards(&self, address: usize) -> bool {
        let hard_guard = self.usable - 2 * GUARD_BYTES;
        let limit = if self.soft_guard_open.load(Ordering::Relaxed) { self.usable - GUARD_BYTES } else { self.usable };
        (hard_guard..limit).contains(&address)
    }

    /// Lets the runtime finish what it was doing when `address` faulted; false when there is nothing left to give.
    #[must_use]
    pub fn open_soft_guard(&self, address: usize) -> bool {
        let start = self.usable - GUARD_BYTES;
        if address < start || self.soft_guard_open.load(Ordering::Relaxed) {
            return false;
        }
        // SAFETY: the soft guard is part of this stack's mapping and nothing else uses it.
        let opened =
            unsafe { mprotect(start as *mut _, GUARD_BYTES, MprotectFlags::READ | MprotectFlags::WRITE) }.is_ok();
        self.soft_guard_open.store(opened, Ordering::Relaxed);
        OPEN.fetch_add(u32::from(opened), Ordering::Relaxed);
        opened
    }

    /// Arms the soft guard again, if it was opened. Nothing may be running in it.
    pub fn close_soft_guard(&self) {
        if self.soft_guard_open.load(Ordering::Relaxed) {
            let start = (self.usable - GUARD_BYTES) as *mut _;
            // SAFETY: the soft guard is part of this stack's mapping, and all frames that used it have returned. A
            // failure leaves more stack than promised, which harms nobody.
            let closed = unsafe { mprotect(start, GUARD_BYTES, MprotectFlags::empty()) }.is_ok();
            self.soft_guard_open.store(!closed, Ordering::Relaxed);
            OPEN.fetch_sub(u32::from(closed), Ordering::Relaxed);
        }
    }

    fn create(bytes: usize) -> Option<&'static GuestStack> {
        let page = os::page_size();
        let usable_bytes = bytes.checked_add(SIGNAL_STACK_BYTES)?.checked_next_multiple_of(page)?;
        let total = usable_bytes.checked_add(2 * GUARD_BYTES)?;
        // MAP_STACK keeps huge pages away: zeroing one would cost more than most programs' whole run.
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::STACK;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let low = unsafe { mmap_anonymous(core::ptr::null_mut(), total, ProtFlags::empty(), flags) }.ok()? as usize;
        let usable = low + 2 * GUARD_BYTES;
        // SAFETY: the upper part of the mapping just made.
        unsafe { mprotect(usable as *mut _, usable_bytes, MprotectFlags::READ | MprotectFlags::WRITE) }.ok()?;
        let top = low + total - SIGNAL_STACK_BYTES - size_of::<GuestStack>();
        let record = top as *mut GuestStack;
        // SAFETY: the record lies in the writable part, is 16-aligned because all its terms are, and fresh pages are zero,
        // which is valid for every field. Nobody else has the address yet.
        let stack = unsafe {
            (*record).usable = usable;
            (*record).busy = AtomicU32::new(1);
            &*record
        };
        STACKS.insert(low, top, record as usize);
        if os::alternate_stack().is_none() {
            stack.use_signal_stack();
        }
        Some(stack)
    }
}

const _: () = assert!(size_of::<GuestStack>() < 2048, "the first page of a stack is mostly stack");
const _: () = assert!(SIGNAL_STACK_BYTES.is_multiple_of(16) && size_of::<GuestStack>().is_multiple_of(16));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_found_by_address_and_used_again() {
        let stack = GuestStack::acquire().expect("a megabyte");
        assert!(core::ptr::eq(GuestStack::containing(stack.top() - 8).expect("inside"), stack));
        assert!(stack.guards(stack.usable() - 1) && !stack.guards(stack.usable()));
        assert!(stack.open_soft_guard(stack.usable() - 8));
        assert!(!stack.guards(stack.usable() - 1) && stack.guards(stack.usable() - GUARD_BYTES - 1));
        // SAFETY: the soft guard was just made usable.
        unsafe { core::ptr::write_volatile((stack.usable() - 8) as *mut u64, 1) };
        stack.close_soft_guard();
        assert!(stack.guards(stack.usable() - 1));
        stack.release();
    }
}
