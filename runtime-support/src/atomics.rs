//! Wait and notify queues.
//!
//! A waiter puts itself into the bucket of its address and sleeps on a word of its own, so that one queue serves 32-bit
//! and 64-bit waits alike, `notify` counts exactly whom it woke, and waiters wake in the order they came. The check of
//! the expected value happens under the bucket's lock, and `notify` takes the same lock, which is all the
//! specification asks: a waiter that saw the expected value is in the queue before any later `notify` looks.
//!
//! # Safety
//!
//! Waiters stand in the frames of their own `wait`, which does not return before the waiter is out of the queue; links
//! are only followed under the bucket's lock.
#![allow(unsafe_code, reason = "an intrusive list of waiters, and atomic access to guest memory")]

use crate::memory;
use crate::os::{self, FutexWait};
use aot_abi::context::{LinearMemory, MEMORY_SHARED};
use aot_abi::trap::Trap;
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The waiter was woken by `notify`.
const WOKEN: u32 = 0;
/// The value was not the expected one.
const NOT_EQUAL: u32 = 1;
/// Nobody came in time.
const TIMED_OUT: u32 = 2;

/// `memory.atomic.wait32`. Bounds and alignment are checked already; a negative timeout is for ever.
/// Where there is a reason to stop, it is looked at now and then, and ends the wait as an interruption.
///
/// # Safety
/// The memory is live.
pub unsafe fn wait32(
    memory: *mut LinearMemory,
    address: u64,
    expected: u32,
    timeout: i64,
    stop: Option<&dyn Fn() -> bool>,
) -> Result<u32, Trap> {
    // SAFETY: the caller's promise; the word is inside the memory, which is shared and never moves.
    unsafe {
        let word = AtomicU32::from_ptr(shared_address(memory, address, 4)?.cast());
        wait(word.as_ptr() as usize, || word.load(Ordering::SeqCst) == expected, timeout, stop)
    }
}

/// `memory.atomic.wait64`. Bounds and alignment are checked already; a negative timeout is for ever.
/// Where there is a reason to stop, it is looked at now and then, and ends the wait as an interruption.
///
/// # Safety
/// The memory is live.
pub unsafe fn wait64(
    memory: *mut LinearMemory,
    address: u64,
    expected: u64,
    timeout: i64,
    stop: Option<&dyn Fn() -> bool>,
) -> Result<u32, Trap> {
    // SAFETY: the caller's promise; the word is inside the memory, which is shared and never moves.
    unsafe {
        let word = AtomicU64::from_ptr(shared_address(memory, address, 8)?.cast());
        wait(word.as_ptr() as usize, || word.load(Ordering::SeqCst) == expected, timeout, stop)
    }
}

/// `memory.atomic.notify`: how many were woken. Nobody can wait on a memory that is not shared.
///
/// # Safety
/// The memory is live.
pub unsafe fn notify(memory: *mut LinearMemory, address: u64, count: u32) -> Result<u32, Trap> {
    // SAFETY: the caller's promise.
    let native = match unsafe { shared_address(memory, address, 4) } {
        Err(Trap::ExpectedSharedMemory) => return Ok(0),
        other => other?,
    };
    Ok(wake(native as usize, count))
}

unsafe fn shared_address(memory: *mut LinearMemory, address: u64, bytes: u64) -> Result<*mut u8, Trap> {
    // SAFETY: flags never change.
    if unsafe { (*memory).flags } & MEMORY_SHARED == 0 {
        return Err(Trap::ExpectedSharedMemory);
    }
    // SAFETY: the caller's promise. Compiled code checked this already; a second look costs nothing beside a wait.
    unsafe { memory::address(memory, address, bytes) }
}

/// One sleeping thread.
struct Waiter {
    address: usize,
    /// 0 while it waits, 1 when it was notified and taken out of the queue.
    notified: AtomicU32,
    next: *mut Waiter,
}

/// The queue of all addresses with the same hash, oldest waiter first.
struct Bucket {
    /// 0 free, 1 taken, 2 taken and somebody sleeps on it.
    lock: AtomicU32,
    first: UnsafeCell<*mut Waiter>,
}

// SAFETY: `first` is only touched under `lock`.
unsafe impl Sync for Bucket {}

static BUCKETS: [Bucket; 64] = [const { Bucket { lock: AtomicU32::new(0), first: UnsafeCell::new(null_mut()) } }; 64];

fn bucket_of(address: usize) -> &'static Bucket {
    // Fibonacci hashing of the word's number: neighbours land far apart.
    let hash = (address as u64 >> 2).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &BUCKETS[(hash >> 58) as usize]
}

impl Bucket {
    fn locked<T>(&self, action: impl FnOnce(&mut *mut Waiter) -> T) -> T {
        if self.lock.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            while self.lock.swap(2, Ordering::Acquire) != 0 {
                let _ = os::futex_wait(&self.lock, 2, None);
            }
        }
        // SAFETY: we hold the lock, and give the reference back before we release it.
        let result = action(unsafe { &mut *self.first.get() });
        if self.lock.swap(0, Ordering::Release) == 2 {
            os::futex_wake(&self.lock, 1);
        }
        result
    }
}

/// How often a waiting thread looks whether it has to stop.
const LOOK_NANOSECONDS: u64 = 5_000_000;

fn wait(
    address: usize,
    still_expected: impl Fn() -> bool,
    timeout: i64,
    stop: Option<&dyn Fn() -> bool>,
) -> Result<u32, Trap> {
    let deadline = u64::try_from(timeout).ok().and_then(|budget| os::monotonic_nanoseconds().checked_add(budget));
    let mut waiter = Waiter { address, notified: AtomicU32::new(0), next: null_mut() };
    let this = &raw mut waiter;
    let bucket = bucket_of(address);
    let queued = bucket.locked(|first| {
        if !still_expected() {
            return false;
        }
        let mut link: *mut *mut Waiter = first;
        // SAFETY: under the lock; every waiter in the queue is alive. `this` stays alive until it is taken out below.
        unsafe {
            while !(*link).is_null() {
                link = &raw mut (**link).next;
            }
            *link = this;
        }
        true
    });
    if !queued {
        return Ok(NOT_EQUAL);
    }
    let mut stopped = false;
    loop {
        // SAFETY: `this` is our own waiter; others reach `notified` only while it is queued, through the atomic.
        let notified = unsafe { &(*this).notified };
        if notified.load(Ordering::Acquire) != 0 {
            break;
        }
        let next_look = stop.map(|_| os::monotonic_nanoseconds().saturating_add(LOOK_NANOSECONDS));
        let until = [deadline, next_look].into_iter().flatten().min();
        if os::futex_wait(notified, 0, until) == FutexWait::TimedOut && until == deadline {
            break;
        }
        stopped = stop.is_some_and(|stop| stop());
        if stopped {
            break;
        }
    }
    // Whoever notifies does so under the lock and has finished with the waiter when the lock is free again: taking it
    // once more decides between "woken" and "timed out", and makes it safe to leave this frame.
    let answer = bucket.locked(|first| {
        // SAFETY: under the lock; every waiter in the queue is alive.
        unsafe {
            if (*this).notified.load(Ordering::Relaxed) != 0 {
                return WOKEN;
            }
            let mut link: *mut *mut Waiter = first;
            while !core::ptr::eq(*link, this) {
                link = &raw mut (**link).next;
            }
            *link = (*this).next;
        }
        TIMED_OUT
    });
    // Somebody else counts on the one that was woken.
    if stopped && answer == TIMED_OUT { Err(Trap::Interrupted) } else { Ok(answer) }
}

fn wake(address: usize, count: u32) -> u32 {
    if count == 0 {
        return 0;
    }
    bucket_of(address).locked(|first| {
        let mut woken = 0;
        let mut link: *mut *mut Waiter = first;
        // SAFETY: under the lock; every waiter in the queue is alive, and stays so until it gets the lock again.
        unsafe {
            while !(*link).is_null() && woken < count {
                let waiter = *link;
                if (*waiter).address != address {
                    link = &raw mut (*waiter).next;
                    continue;
                }
                *link = (*waiter).next;
                (*waiter).notified.store(1, Ordering::Release);
                os::futex_wake(&(*waiter).notified, 1);
                woken += 1;
            }
        }
        woken
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn a_wait_times_out_and_leaves_the_queue() {
        let word = AtomicU32::new(0);
        let address = word.as_ptr() as usize;
        let start = Instant::now();
        assert_eq!(wait(address, || true, 20_000_000, None), Ok(TIMED_OUT));
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert_eq!(wake(address, u32::MAX), 0);
        assert_eq!(wait(address, || true, 0, None), Ok(TIMED_OUT));
        assert_eq!(wait(address, || false, -1, None), Ok(NOT_EQUAL));
    }

    #[test]
    fn a_wait_can_be_stopped() {
        let (word, looks) = (AtomicU32::new(0), AtomicU32::new(0));
        let address = word.as_ptr() as usize;
        let third = || looks.fetch_add(1, Ordering::Relaxed) == 2;
        assert_eq!(wait(address, || true, -1, Some(&third)), Err(Trap::Interrupted));
        assert_eq!((wake(address, u32::MAX), looks.load(Ordering::Relaxed)), (0, 3));
        let start = Instant::now();
        assert_eq!(wait(address, || true, 20_000_000, Some(&|| false)), Ok(TIMED_OUT));
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn notify_wakes_as_many_as_it_says() {
        let word = AtomicU32::new(7);
        let address = word.as_ptr() as usize;
        let waiting = AtomicU32::new(0);
        thread::scope(|scope| {
            let threads: std::vec::Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        waiting.fetch_add(1, Ordering::SeqCst);
                        wait(address, || word.load(Ordering::SeqCst) == 7, -1, None)
                    })
                })
                .collect();
            let mut total = 0;
            while total < 4 {
                let woken = wake(address, 3.min(4 - total));
                assert!(woken <= 3);
                total += woken;
                thread::yield_now();
            }
            assert!(threads.into_iter().all(|thread| thread.join().expect("does not panic") == Ok(WOKEN)));
        });
        assert_eq!(wake(address, u32::MAX), 0);
    }
}
