//! The spec suite: scripts in, a table of passed and failed directives out.
//!
//! A script is read once into a [`plan::Plan`] and then run in every [`configuration`]: its modules are compiled and
//! linked with the runtime and the driver (`tests/driver`) into a program that executes the plan's directives.
//!
//! | Module | What it does |
//! |---|---|
//! | [`suite`] | which scripts there are |
//! | [`plan`], `value` | text → directives and modules |
//! | [`configuration`] | the ways to run a script |
//! | [`toolbox`] | the border to compiler and linker |
//! | [`program`] | a plan in one configuration → an executable |
//! | [`run`] | the executable → an outcome for each directive |
//! | [`report`] | outcomes and expectations → verdict and table |

pub mod configuration;
pub mod plan;
pub mod program;
pub mod report;
pub mod run;
pub mod suite;
pub mod toolbox;
mod value;
