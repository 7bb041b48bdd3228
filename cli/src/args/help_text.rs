//! Passages of the help that are longer than a line.

pub(crate) const EXIT_CODES: &str = "\
Exit codes: 0 success; 1 the input or the machine is at fault; 2 the command line is; 101 a bug in aot.";
