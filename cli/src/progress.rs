//! A line on the terminal that says we are still at work, once that lasts over a second.
//!
//! The compiler is a function from bytes to bytes and tells nobody how far it is, so this shows time, not a share.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The line, until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Starts to wait for the first second to pass.
    pub(crate) fn start(on: bool, label: &str) -> Self {
        if !on {
            return Progress(None);
        }
        let label = label.to_owned();
        let (stop, stopped) = channel();
        let start = Instant::now();
        let thread = std::thread::spawn(move || {
            let mut wait = Duration::from_secs(1);
            let mut shown = false;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let mut terminal = std::io::stderr().lock();
                let _ = write!(terminal, "\r\x1b[Kcompiling {label} … {:.0} s", start.elapsed().as_secs_f64());
                let _ = terminal.flush();
                (wait, shown) = (Duration::from_millis(250), true);
            }
            if shown {
                let _ = write!(std::io::stderr(), "\r\x1b[K");
            }
        });
        Progress(Some((stop, thread)))
    }

    /// Takes the line away.
    pub(crate) fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
