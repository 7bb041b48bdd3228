//! One file per command. Each takes what was typed and the console, and says why it could not.

pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod dump;
pub(crate) mod inspect;
pub(crate) mod man;
pub(crate) mod run;
pub(crate) mod targets;
