//! Placeholder, replaced while the workspace grows.
