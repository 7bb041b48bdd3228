//! Stage timers behind `--time`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Adds up the time that stages take, from any number of threads, and knows how far the code stage is.
#[derive(Debug, Default)]
pub struct Timer {
    rows: Mutex<Vec<(&'static str, Duration)>>,
    done: AtomicU64,
    total: AtomicU64,
    reused: AtomicU64,
}

impl Timer {
    /// A timer without rows.
    #[must_use]
    pub fn new() -> Self {
        Timer::default()
    }

    /// Runs `work` and adds the time it took to the row of this label.
    pub fn stage<T>(&self, label: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(label, start.elapsed());
        result
    }

    /// Adds to the row of this label. Stages that run on several threads add the time of each.
    pub fn add(&self, label: &'static str, time: Duration) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        match rows.iter_mut().find(|(existing, _)| *existing == label) {
            Some((_, total)) => *total += time,
            None => rows.push((label, time)),
        }
    }

    /// Says how many operators are to be compiled.
    pub(crate) fn expect(&self, operators: u64) {
        self.total.store(operators, Ordering::Relaxed);
    }

    /// Says that this many operators more have been compiled.
    pub(crate) fn advance(&self, operators: u64) {
        self.done.fetch_add(operators, Ordering::Relaxed);
    }

    /// Says that a function needed no compiling, because the store had it.
    pub(crate) fn reuse(&self) {
        self.reused.fetch_add(1, Ordering::Relaxed);
    }

    /// How many functions came from the store.
    #[must_use]
    pub fn reused(&self) -> u64 {
        self.reused.load(Ordering::Relaxed)
    }

    /// Operators that have been compiled, and how many there are; 0 until that is known. For progress bars, while
    /// another thread compiles.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// The rows, in the order in which labels were first used.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, Duration)> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_add_up_in_order_of_first_use() {
        let timer = Timer::new();
        timer.add("b", Duration::from_millis(1));
        assert_eq!(timer.stage("a", || 7), 7);
        timer.add("b", Duration::from_millis(2));
        let rows = timer.rows();
        assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(rows[0].1, Duration::from_millis(3));
    }
}
