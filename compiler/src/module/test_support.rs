//! Modules for unit tests, from text.

use super::{Module, read};
use crate::options::Options;
use crate::target::Target;

/// Options of the tests.
pub(crate) fn options() -> Options {
    Options::new(Target::parse("x86_64-linux").expect("the target is supported"))
}

/// Reads a module and looks at it.
pub(crate) fn with_module<T>(wat: &str, look: impl FnOnce(&Module<'_>) -> T) -> T {
    let wasm = wat::parse_str(wat).expect("the test's module is well-formed");
    let module = read(&wasm, &options()).unwrap_or_else(|error| panic!("{error}"));
    look(&module)
}
