//! What an executable is compared with; one file per peer. Each makes an executable, or says what is missing for that.

pub(crate) mod aot;
pub(crate) mod gcc;

use std::fmt;

/// A tool that this machine does not have, or that does not do what it should.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) tool: String,
    pub(crate) why: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` {}", self.tool, self.why)
    }
}
