//! A host that makes an instance for each of ten thousand requests, on four threads: no request sees anything of another,
//! and one that goes wrong ends alone.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

aot_embed::include!(respond);

const REQUESTS: usize = 10_000;
const THREADS: usize = 4;

/// What all requests have in common. Instances borrow it: the host's side of a plugin need not live for ever.
#[derive(Default)]
struct Statistics {
    next: AtomicUsize,
    noted: AtomicU64,
    bytes: AtomicUsize,
    failed: AtomicUsize,
}

impl respond::Imports for &Statistics {
    fn server_note(caller: &mut respond::Caller<'_, Self>, n: i32) -> Result<(), aot_embed::Error> {
        caller.host().noted.fetch_add(n as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// One request, from nothing to nothing.
fn respond(n: usize, statistics: &Statistics) -> Result<String, Box<dyn std::error::Error>> {
    let mut instance = respond::Instance::new(statistics)?;
    let (at, length) = instance.respond(n as i32)?;
    Ok(instance.memory().text(at, length as usize)?.to_owned())
}

fn main() {
    let statistics = Statistics::default();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let request = statistics.next.fetch_add(1, Ordering::Relaxed);
                    if request >= REQUESTS {
                        return;
                    }
                    let n = request % 100 + 1;
                    match respond(n, &statistics) {
                        Ok(answer) => {
                            assert_eq!(answer, (n * (n + 1) / 2).to_string());
                            statistics.bytes.fetch_add(answer.len(), Ordering::Relaxed);
                        }
                        Err(_) => drop(statistics.failed.fetch_add(1, Ordering::Relaxed)),
                    }
                }
            });
        }
    });
    let Statistics { noted, bytes, failed, .. } = statistics;
    println!("{REQUESTS} requests on {THREADS} threads");
    println!("{} failed alone", failed.into_inner());
    println!("{} bytes of answers, {} noted", bytes.into_inner(), noted.into_inner());
}
