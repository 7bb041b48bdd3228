//! A bar on the terminal, once compiling lasts over a second.

use aot_compiler::timing::Timer;
use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Until the bar appears.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two states of it.
const PAUSE: Duration = Duration::from_millis(100);
/// Characters inside the brackets.
const WIDTH: usize = 30;

/// Does `work`, which is timed by `timer`; shows how far it is, where `on`.
pub(crate) fn during<T>(on: bool, label: &str, timer: &Timer, work: impl FnOnce() -> T) -> T {
    if !on {
        return work();
    }
    std::thread::scope(|scope| {
        let (stop, stopped) = channel::<()>();
        scope.spawn(move || {
            let mut wait = PATIENCE;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = PAUSE;
                let mut terminal = std::io::stderr().lock();
                let _ = write!(terminal, "\r\x1b[K{}", line(label, timer.progress()));
                let _ = terminal.flush();
            }
            if wait == PAUSE {
                let _ = write!(std::io::stderr(), "\r\x1b[K");
            }
        });
        // Dropped whatever happens, also by a panic: the scope waits for the thread.
        let _stop = stop;
        work()
    })
}

fn line(label: &str, (done, total): (u64, u64)) -> String {
    // The rest of the work, before and after, has no number.
    let share = if total == 0 { 0.0 } else { (done as f64 / total as f64).clamp(0.0, 1.0) };
    let filled = (share * WIDTH as f64) as usize;
    format!("compiling {label} [{}{}] {:3.0} %", "#".repeat(filled), " ".repeat(WIDTH - filled), share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_bar_fills() {
        assert_eq!(line("a", (0, 0)), format!("compiling a [{}]   0 %", " ".repeat(30)));
        assert_eq!(line("a", (1, 2)), format!("compiling a [{}{}]  50 %", "#".repeat(15), " ".repeat(15)));
        assert_eq!(line("a", (3, 2)), format!("compiling a [{}] 100 %", "#".repeat(30)));
    }
}
