//! The threads of the stages that look at every body.

use crate::error::{Error, ErrorKind, Result};
use std::num::NonZero;

/// Runs `work` in a pool of this many threads, 0 for one per core; rayon's parallel iterators inside use that pool.
///
/// The pool is made for the occasion: a global one would take its size from the environment, and stages must not
/// depend on it.
pub(crate) fn run<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        threads => threads,
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("aot-{index}"))
        // Cranelift recurses here and there, deeper in larger functions.
        .stack_size(16 << 20)
        .build()
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot start {threads} threads: {error}")))?;
    Ok(pool.install(work))
}

#[cfg(test)]
mod tests {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};

    #[test]
    fn work_runs_in_a_pool_of_the_size_asked_for() {
        assert_eq!(super::run(3, rayon::current_num_threads).unwrap(), 3);
        assert!(super::run(0, rayon::current_num_threads).unwrap() >= 1);
        let squares: Vec<_> = super::run(2, || (0..100).into_par_iter().map(|n| n * n).collect()).unwrap();
        assert_eq!(squares[99], 99 * 99);
    }
}
