//! `LinkError`: what went wrong, in which input, said so that the reader can act on it.

use std::fmt;

use crate::request::Architecture;

/// Why there is no executable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// An input that is not what its first bytes claim, or whose tables point outside of it.
    Malformed { input: String, what: String },
    /// An input that is in order but uses something this linker does not do.
    Unsupported { input: String, what: String },
    /// An object for another machine.
    WrongMachine { input: String, expected: Architecture, found: String },
    /// Strong definitions of one name in two inputs. Never empty.
    DuplicateSymbols(Vec<DuplicateSymbol>),
    /// References from reachable code and data to names that nothing defines. Never empty.
    UndefinedSymbols(Vec<UndefinedSymbol>),
    /// No input defines the symbol where the program should start.
    NoEntry { symbol: String },
    /// A relocation kind that this linker does not know.
    UnknownRelocation { kind: String, place: Box<Place> },
    /// A known relocation whose value cannot be encoded where it should go.
    Relocation { kind: &'static str, symbol: String, what: String, place: Box<Place> },
    /// A layout that cannot be had.
    Layout(String),
}

/// A position in an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub input: String,
    pub section: String,
    pub offset: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateSymbol {
    pub name: String,
    pub first: String,
    pub second: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndefinedSymbol {
    pub name: String,
    /// The first few references, in input order.
    pub references: Vec<Place>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: section `{}` + {:#x}", self.input, self.section, self.offset)
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::Malformed { input, what } | LinkError::Unsupported { input, what } => {
                write!(f, "{input}: {what}")
            }
            LinkError::WrongMachine { input, expected, found } => {
                let expected = match expected {
                    Architecture::X86_64 => "x86_64",
                    Architecture::Aarch64 => "aarch64",
                };
                write!(f, "{input}: made for {found}, cannot be linked into an executable for {expected}")
            }
            LinkError::DuplicateSymbols(symbols) => {
                for (index, symbol) in symbols.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "\n" };
                    write!(f, "{separator}duplicate symbol `{}`", symbol.name)?;
                    write!(f, "\n  first defined in {}\n  defined again in {}", symbol.first, symbol.second)?;
                }
                Ok(())
            }
            LinkError::UndefinedSymbols(symbols) => {
                for (index, symbol) in symbols.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "\n" };
                    write!(f, "{separator}undefined symbol `{}`", symbol.name)?;
                    for place in &symbol.references {
                        write!(f, "\n  referenced by {place}")?;
                    }
                    if symbol.more > 0 {
                        write!(f, "\n  referenced {} more times", symbol.more)?;
                    }
                }
                Ok(())
            }
            LinkError::NoEntry { symbol } => write!(f, "no input defines the entry symbol `{symbol}`"),
            LinkError::UnknownRelocation { kind, place } => {
                write!(f, "{place}: relocation {kind} is not supported")
            }
            LinkError::Relocation { kind, symbol, what, place } => {
                write!(f, "{place}: relocation {kind} against `{symbol}`: {what}")
            }
            LinkError::Layout(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for LinkError {}

/// Names come from inputs and need not be UTF-8.
pub(crate) fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
