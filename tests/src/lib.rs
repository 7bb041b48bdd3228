//! The suites live beside this file as integration tests; there is nothing to link.
