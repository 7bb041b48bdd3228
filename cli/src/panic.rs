//! What a bug of ours looks like: the stage it happened in, and how to report it.
//!
//! A panic in a worker of the compiler becomes an error that names function and stage, so only the place is added to it.
//! Any other ends the process, with status 101 and a message for people who do not know this program's source. With
//! `RUST_BACKTRACE=1`, both show the way there.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{PanicHookInfo, UnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// What the last panic has to say.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Replaces the panic message of the process.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let text = describe(info);
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }));
}

/// Does `work`. A panic that nobody catches on its way here is described on standard error, and `None`.
pub(crate) fn guard<T>(work: impl FnOnce() -> T + UnwindSafe) -> Option<T> {
    let result = catch_unwind(work).ok();
    if result.is_none() {
        let text = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
        eprint!("{}{HELP}", text.unwrap_or_else(|| "error: internal error\n".to_owned()));
    }
    result
}

/// Where the last panic was, as lines for a message about it.
pub(crate) fn place() -> Vec<String> {
    let text = LAST.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
    text.lines().skip(1).map(|line| line.trim_start().to_owned()).collect()
}

/// What to do about a bug.
pub(crate) const HELP: &str = concat!(
    "  help: this is a bug in aot ",
    env!("CARGO_PKG_VERSION"),
    ", not in the module: please report it with this text, the command and the module;\n",
    "        docs/DEBUGGING.md tells how to find the smallest module that shows it\n",
);

fn describe(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("unknown cause");
    let place = info.location().map(|location| (location.file(), location.line()));
    let mut text = text(what, place);
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        text.push_str(&format!("{backtrace}"));
    }
    text
}

fn text(what: &str, place: Option<(&str, u32)>) -> String {
    let mut text = format!("error: internal error: {}\n", what.replace('\n', " "));
    if let Some((file, line)) = place {
        text.push_str(&match stage(file) {
            Some(stage) => format!("  in stage {stage}, at {file}:{line}\n"),
            None => format!("  at {file}:{line}\n"),
        });
    }
    text
}

/// The stage that a source file belongs to: folders of the compiler are named after stages.
fn stage(file: &str) -> Option<&str> {
    let (_, inside) = file.rsplit_once("compiler/src/")?;
    Some(inside.split(['/', '.']).next().unwrap_or(inside))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_stage_is_read_off_the_path() {
        assert_eq!(super::stage("compiler/src/clif/stack.rs"), Some("clif"));
        assert_eq!(super::stage("/home/me/aot/compiler/src/plan.rs"), Some("plan"));
        assert_eq!(super::stage("cli/src/lib.rs"), None);
    }

    #[test]
    fn the_text_names_stage_and_place() {
        let text = super::text("an operand\nexists", Some(("compiler/src/clif/stack.rs", 88)));
        assert_eq!(
            text,
            "error: internal error: an operand exists\n  in stage clif, at compiler/src/clif/stack.rs:88\n"
        );
    }
}
