//! V8, as Node has it: compiles while the program runs, on threads of its own.

use super::{Missing, Peer, Ready, version};
use crate::built::{Build, built};
use crate::child;
use crate::program::{Folders, Program};
use std::path::Path;

#[derive(Debug)]
pub(crate) struct V8;

impl Peer for V8 {
    fn name(&self) -> &str {
        "v8"
    }

    fn describe(&self, _folders: &Folders) -> String {
        format!(
            "Node {}, its WASI; start-up and compilation are part of each run",
            version(Path::new("node"), "--version")
        )
    }

    fn prepare(&self, program: &Program, vectors: bool, folders: &Folders) -> Result<Ready, Missing> {
        let wasm = built(program, Build::Wasm { vectors }, folders)?;
        let script = folders.programs.join("v8.mjs");
        let words = child::words(&[&"node", &"--no-warnings", &script, &wasm]);
        Ok(Ready { words, made: None, remark: None })
    }
}
