//! `Error`: kind, message, function, byte offset; what a person needs to mend the module.

use std::fmt;

/// What the compiler returns when the module, or what was asked for, is at fault.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a module could not be compiled. One word, so that `Result` stays small.
#[derive(Debug, Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    function: Option<FunctionName>,
    offset: Option<u64>,
    help: Option<String>,
}

/// Which of the ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is not valid WebAssembly.
    Invalid,
    /// The module is valid, but needs something that is off or does not exist yet.
    Unsupported,
    /// A documented limit of this compiler is exceeded.
    Limit,
    /// The options contradict each other or the module.
    Options,
    /// Imports that nothing defines.
    Imports,
    /// The code generator failed: a bug of ours, reported as one.
    Internal,
}

/// A function as messages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionName {
    /// Index in the module, imports first.
    pub index: u32,
    /// Name from the name section or an export.
    pub name: Option<String>,
}

impl Error {
    /// An error of this kind. The message is lower case, without a full stop.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { kind, message: message.into(), function: None, offset: None, help: None }))
    }

    /// The module needs a feature that is off or does not exist.
    #[must_use]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Unsupported, message)
    }

    /// Adds the byte offset in the module, unless one is known already.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// Adds the function, unless one is known already.
    #[must_use]
    pub fn in_function(mut self, index: u32, name: Option<&str>) -> Self {
        self.0.function.get_or_insert_with(|| FunctionName { index, name: name.map(str::to_owned) });
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Which of the ways to fail.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// In which function.
    #[must_use]
    pub fn function(&self) -> Option<&FunctionName> {
        self.0.function.as_ref()
    }

    /// Where in the module, in bytes.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(function) = &self.0.function {
            match &function.name {
                Some(name) => write!(f, "\n  in function `{name}` (index {})", function.index)?,
                None => write!(f, "\n  in function {}", function.index)?,
            }
            if let Some(offset) = self.0.offset {
                write!(f, ", at offset {offset:#x}")?;
            }
        } else if let Some(offset) = self.0.offset {
            write!(f, "\n  at offset {offset:#x}")?;
        }
        if let Some(help) = &self.0.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<wasmparser::BinaryReaderError> for Error {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Error::new(ErrorKind::Invalid, error.message()).at(error.offset())
    }
}
