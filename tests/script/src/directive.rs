//! Actions and expectations.

use crate::pattern::{Pattern, Value};
use alloc::string::String;
use alloc::vec::Vec;

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    pub action: Action,
    pub expectation: Expectation,
}

/// What to do. `instance` numbers are given by the harness, one for each attempt to instantiate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Instantiate an image, with imports from the registry, as this instance.
    Instantiate { image: u32, instance: u32 },
    /// Make an instance known under a name, for imports.
    Register { instance: u32, name: String },
    /// Call an exported function.
    Invoke { instance: u32, name: String, arguments: Vec<Value> },
    /// Read an exported global.
    Get { instance: u32, name: String },
    /// Start a thread that executes the next `length` directives, which the one that starts it skips. Of instances it sees
    /// the host module and this one.
    Spawn { thread: u32, shared: Option<u32>, length: u32 },
    /// Wait until a thread has executed its directives.
    Wait { thread: u32 },
    /// Nothing will use this instance any more: give back its memories. No harm where it never came to be.
    Retire { instance: u32 },
}

/// What the action should lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// No trap; results, if any, do not matter.
    Success,
    /// No trap, and results that match, one pattern each.
    Results(Vec<Pattern>),
    /// A trap with this message.
    Trap(String),
    /// Imports are missing or of another type.
    Unlinkable(String),
    /// An exception that nobody catches.
    Exception,
}

/// Whether a trap or link error is the expected one. The suite's messages are prefixes of a full message ("undefined
/// element"), or carry detail that ours do not ("uninitialized element 2").
#[must_use]
pub fn message_matches(expected: &str, actual: &str) -> bool {
    !actual.is_empty() && (actual.starts_with(expected) || expected.starts_with(actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_match_by_prefix_either_way() {
        assert!(message_matches("uninitialized element 2", "uninitialized element"));
        assert!(message_matches("indirect call", "indirect call type mismatch"));
        assert!(!message_matches("integer overflow", "integer divide by zero"));
        assert!(!message_matches("integer overflow", ""));
    }
}
