//! `Mutex`: three states on one futex word, for tables that threads share for a few instructions at a time.
#![allow(unsafe_code, reason = "lends out what the lock protects")]

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU32, Ordering};
use rustix::thread::futex;

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody may sleep until it is free.
const CONTENDED: u32 = 2;

/// How often to look before sleeping: holders leave after a few hundred instructions.
const SPINS: u32 = 100;

/// A value that one thread at a time may use.
#[derive(Debug)]
pub(crate) struct Mutex<T> {
    state: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: `value` is reached through `Guard` only, of which one exists at a time, so sharing the lock hands the value from
// thread to thread, which `T: Send` allows.
unsafe impl<T: Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    /// An unlocked value.
    pub(crate) const fn new(value: T) -> Mutex<T> {
        Mutex { state: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Waits until nobody else holds the value.
    pub(crate) fn lock(&self) -> Guard<'_, T> {
        if self.state.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait();
        }
        Guard { mutex: self }
    }

    #[cold]
    fn wait(&self) {
        for _ in 0..SPINS {
            if self.state.compare_exchange_weak(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                return;
            }
            core::hint::spin_loop();
        }
        // Whoever gets the lock here leaves it marked contended: it cannot know whether it was the last to sleep.
        while self.state.swap(CONTENDED, Ordering::Acquire) != FREE {
            // Woken, interrupted or changed meanwhile: each time the loop looks again.
            let _ = futex::wait(&self.state, futex::Flags::PRIVATE, CONTENDED, None);
        }
    }
}

/// The right to use a locked value.
pub(crate) struct Guard<'l, T> {
    mutex: &'l Mutex<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: this guard is the only one, see `Mutex::lock`.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`, and `&mut self` excludes other references through this guard.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        if self.mutex.state.swap(FREE, Ordering::Release) == CONTENDED {
            let _ = futex::wake(&self.mutex.state, futex::Flags::PRIVATE, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mutex;
    use std::thread;

    #[test]
    fn no_increment_is_lost() {
        let counter = Mutex::new(0u64);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for round in 0..5_000 {
                        let mut counter = counter.lock();
                        let seen = *counter;
                        if round % 1_000 == 0 {
                            thread::yield_now();
                        }
                        *counter = seen + 1;
                    }
                });
            }
        });
        assert_eq!(*counter.lock(), 40_000);
    }
}
