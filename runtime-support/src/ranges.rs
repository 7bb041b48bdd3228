//! Which address belongs to what: lists of address ranges that signal handlers read without locks.
//!
//! Three lists exist: the code of modules, the reservations of memories, and guest stacks. Entries are never freed, so
//! that a handler can walk a list at any moment; an entry that is given up is used again by a later one. Lists are
//! short (one entry per module, memory, or thread that ever ran at the same time), so a walk is cheap.
//!
//! # Safety
//!
//! `payload` is published before `end`, and a range is found only while `end` is above `start`, so whoever finds one
//! sees the payload that was inserted with it.
#![allow(unsafe_code, reason = "a list that signal handlers can read is made of raw pointers")]

use alloc::boxed::Box;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// A range of addresses and what it belongs to.
#[derive(Debug)]
pub struct Range {
    start: AtomicUsize,
    /// 0 while the entry is unused.
    end: AtomicUsize,
    payload: AtomicUsize,
    next: AtomicPtr<Range>,
}

/// A list of ranges.
#[derive(Debug)]
pub struct RangeList {
    first: AtomicPtr<Range>,
}

/// Marks an entry that somebody is filling in: above no start, so never found.
const CLAIMED: usize = 1;

impl RangeList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        RangeList { first: AtomicPtr::new(core::ptr::null_mut()) }
    }

    /// Adds `start..end`, which belongs to `payload`.
    pub fn insert(&self, start: usize, end: usize, payload: usize) -> &'static Range {
        for range in self.iterate() {
            if range.end.compare_exchange(0, CLAIMED, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                range.start.store(start, Ordering::Relaxed);
                range.payload.store(payload, Ordering::Relaxed);
                range.end.store(end, Ordering::Release);
                return range;
            }
        }
        let range: &'static Range = Box::leak(Box::new(Range {
            start: AtomicUsize::new(start),
            end: AtomicUsize::new(end),
            payload: AtomicUsize::new(payload),
            next: AtomicPtr::new(core::ptr::null_mut()),
        }));
        let mut first = self.first.load(Ordering::Relaxed);
        loop {
            range.next.store(first, Ordering::Relaxed);
            let new = core::ptr::from_ref(range).cast_mut();
            match self.first.compare_exchange_weak(first, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return range,
                Err(now) => first = now,
            }
        }
    }

    /// What `address` belongs to.
    #[must_use]
    pub fn find(&self, address: usize) -> Option<&'static Range> {
        self.iterate().find(|range| {
            let end = range.end.load(Ordering::Acquire);
            address < end && address >= range.start.load(Ordering::Relaxed)
        })
    }

    /// Every entry, used or not.
    pub(crate) fn iterate(&self) -> impl Iterator<Item = &'static Range> + use<> {
        let mut next = self.first.load(Ordering::Acquire);
        core::iter::from_fn(move || {
            // SAFETY: entries are leaked boxes, published with release ordering after they were filled.
            let range = unsafe { next.as_ref() }?;
            next = range.next.load(Ordering::Acquire);
            Some(range)
        })
    }
}

impl Default for RangeList {
    fn default() -> Self {
        RangeList::new()
    }
}

impl Range {
    /// What was inserted with the range.
    #[must_use]
    pub fn payload(&self) -> usize {
        self.payload.load(Ordering::Relaxed)
    }

    /// Its first address.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start.load(Ordering::Relaxed)
    }

    /// Gives the entry up: nothing belongs to it any more.
    pub fn remove(&self) {
        self.end.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_ranges_are_not_found_and_are_used_again() {
        let list = RangeList::new();
        let first = list.insert(0x1000, 0x2000, 1);
        list.insert(0x3000, 0x4000, 2);
        assert_eq!(list.find(0x1fff).map(Range::payload), Some(1));
        assert!(list.find(0x2000).is_none() && list.find(0xfff).is_none());
        first.remove();
        assert!(list.find(0x1000).is_none());
        let third = list.insert(0x5000, 0x6000, 3);
        assert!(core::ptr::eq(first, third));
        assert_eq!(list.find(0x5000).map(Range::payload), Some(3));
        assert_eq!(list.find(0x3000).map(Range::payload), Some(2));
    }
}
