//! How a call ends that does not return: why, where, and what the host's function failed with.
#![allow(unsafe_code, reason = "frames refer to images, which are full of pointers")]

use crate::{Error, TrapCode};
use aot_runtime::Trapped;
use aot_runtime::trap::report;
use std::fmt;

/// Why a guest stopped, and where. After it the instance can be called again, and sees what the guest left in its memory,
/// globals and tables, which may be half of something.
pub struct Trap(Box<Inner>);

struct Inner {
    trapped: Trapped,
    host_error: Option<Error>,
}

// SAFETY: what is not `Send` or `Sync` by itself are references to images, which nobody changes (rule 1 of the crate).
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// One function of the guest that was running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The module's name.
    pub module: &'static str,
    /// The function's name, if it has one.
    pub function: Option<&'static str>,
    /// Its index in the module.
    pub function_index: u32,
    /// Where in the module, in bytes.
    pub offset: u32,
}

impl Trap {
    #[cold]
    pub(crate) fn new(trapped: Trapped, host_error: Option<Error>) -> Trap {
        Trap(Box::new(Inner { trapped, host_error }))
    }

    /// A failure on the host's side, before any code of the guest ran.
    #[cold]
    pub(crate) fn of_host(error: Error) -> Trap {
        let trapped = Trapped { trap: TrapCode::HostError, backtrace: Default::default(), host_error: 0 };
        Trap::new(trapped, Some(error))
    }

    /// Why.
    #[must_use]
    pub fn code(&self) -> TrapCode {
        self.0.trapped.trap
    }

    /// Why, for a person: the words of the specification where it has some.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.0.host_error {
            Some(error) => error.to_string(),
            None => self.code().message().to_owned(),
        }
    }

    /// Which functions of the guest were running, innermost first. In deep recursion, the middle is left out.
    pub fn frames(&self) -> impl Iterator<Item = Frame> + '_ {
        self.0.trapped.backtrace.frames.iter().map(|frame| Frame {
            module: frame.module_name(),
            function: Some(frame.location.name).filter(|name| !name.is_empty()),
            function_index: frame.location.function_index,
            offset: frame.location.wasm_offset,
        })
    }

    /// The frames as text, a line each.
    #[must_use]
    pub fn backtrace(&self) -> String {
        let text = report::text(&self.0.trapped, true);
        text.split_once('\n').map_or(String::new(), |(_, frames)| frames.to_owned())
    }

    /// The code that the guest called `proc_exit` with, when that is what ended it ([`TrapCode::Exited`]): by convention, 0
    /// is success.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        (self.code() == TrapCode::Exited).then_some(self.0.trapped.host_error)
    }

    /// What the host's function failed with, when that is what ended the guest ([`TrapCode::HostError`]).
    #[must_use]
    pub fn host_error(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.host_error.as_deref()
    }

    /// What the host's function failed with, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.0.host_error.as_ref()?.downcast_ref()
    }

    /// What the host's function failed with, to keep.
    #[must_use]
    pub fn into_host_error(self) -> Option<Error> {
        self.0.host_error
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl fmt::Debug for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.message(), self.backtrace())
    }
}

impl std::error::Error for Trap {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message is the error's own, so what stands behind it is behind this.
        self.0.host_error.as_ref()?.source()
    }
}
