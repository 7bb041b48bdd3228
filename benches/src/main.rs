//! The table against peers: `cargo table` (not written yet).
fn main() {}
