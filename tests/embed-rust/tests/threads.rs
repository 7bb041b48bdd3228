//! Instances and threads: an instance goes where its host can go, many run at once, and what ends leaves nothing behind.

use aot_embed_tests::{bounds, guard, nothing};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn instances_go_to_other_threads_and_come_back() {
    let mut instance = guard::Host::instance(|_, value| Ok(value * 3));
    for round in 1..=4 {
        instance = std::thread::spawn(move || {
            assert_eq!(instance.call_host(round).expect("it does not trap"), round * 3);
            assert_eq!(instance.count().expect("it does not trap"), round);
            // Signals arrive on this thread as well.
            assert!(instance.load(-1).is_err() && instance.recurse(0).is_err());
            instance
        })
        .join()
        .expect("the thread does not panic");
    }
    assert_eq!(instance.counter(), 4);
}

#[test]
fn an_instance_is_read_by_many_threads_at_once() {
    let instance = guard::Host::instance(|_, value| Ok(value));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    assert_eq!(instance.memory().text(16, 5), Ok("hello"));
                    assert!(instance.functions().get(0).expect("inside").is_some());
                    assert_eq!(instance.constant(), -5);
                }
            });
        }
    });
}

/// Address space of this process, in pages.
fn address_space() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux says it");
    text.split(' ').next().and_then(|word| word.parse().ok()).expect("the first word is a number")
}

#[test]
fn many_instances_on_many_threads_leave_nothing_behind() {
    let traps = AtomicUsize::new(0);
    let round = || {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let traps = &traps;
                scope.spawn(move || {
                    for number in 0..250 {
                        let mut one = guard::Host::instance(|_, value| Ok(value + 1));
                        let mut other = bounds::Host::instance(|_, value| Ok(value - 1));
                        assert_eq!(one.call_host(number).expect("it does not trap"), number + 1);
                        assert_eq!(other.call_host(number).expect("it does not trap"), number - 1);
                        assert_eq!(other.grow(1).expect("it does not trap"), 1);
                        if number % 10 == thread {
                            assert!(one.load(-4).is_err() && other.nested_trap().is_err());
                            traps.fetch_add(2, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
    };
    round();
    let before = address_space();
    round();
    let grown = address_space().saturating_sub(before);
    // One memory of the guard strategy is 1.5 million pages. As many are kept for use as ever lived at once, here and in
    // tests beside this one; a leak would be two for each of a thousand instances.
    assert!(grown < 20 * 1_600_000, "{grown} pages more after another thousand instances");
    assert_eq!(traps.into_inner(), 2 * 4 * 25 * 2);
}

#[test]
fn hosts_are_dropped_with_their_instances() {
    let token = Arc::new(());
    let instances: Vec<_> =
        (0..10).map(|_| nothing::Instance::new(Arc::clone(&token)).expect("it can be instantiated")).collect();
    assert_eq!(Arc::strong_count(&token), 11);
    let kept = instances.into_iter().next().expect("there are ten").into_host();
    assert_eq!(Arc::strong_count(&token), 2);
    drop(kept);
    assert_eq!(Arc::strong_count(&token), 1);
}
