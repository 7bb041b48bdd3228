//! The table of `--time`.

use aot_compiler::timing::Timer;
use std::fmt::Write as _;
use std::time::Duration;

/// Stages and how long each took; stages that run on several threads count the time of each.
pub(crate) fn table(timer: &Timer) -> String {
    let rows = timer.rows();
    let mut text = String::new();
    for (label, time) in &rows {
        let _ = writeln!(text, "{label:<10} {:>10.3} ms", milliseconds(*time));
    }
    let total = rows.iter().map(|(_, time)| *time).sum();
    let _ = writeln!(text, "{:<10} {:>10.3} ms", "sum", milliseconds(total));
    if timer.reused() > 0 {
        let _ = writeln!(text, "{:<10} {:>10} functions", "reused", timer.reused());
    }
    text
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
