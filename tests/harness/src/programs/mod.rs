//! Whole programs: what is known about one, what to do with it, and what it should have done.
//!
//! | Module | For |
//! |---|---|
//! | [`description`] | `expect.toml` of this repository's programs |
//! | [`shared`] | `cmd.json` of other projects' programs |
//! | [`way`] | the ways in which a program is compiled |
//! | [`case`] | running one case and comparing everything |
//! | [`conversation`] | talking to a server |

pub mod case;
pub mod conversation;
pub mod description;
pub mod shared;
pub mod way;
