//! Wasmtime: modules compiled before the run.

use super::{Missing, Peer, Ready, byte_length, fails, version};
use crate::built::{Build, built, tool};
use crate::child;
use crate::program::{Folders, Program};

#[derive(Debug)]
pub(crate) struct Wasmtime;

impl Peer for Wasmtime {
    fn name(&self) -> &str {
        "wasmtime"
    }

    fn describe(&self, folders: &Folders) -> String {
        let version =
            tool(folders, "wasmtime").map_or_else(|missing| missing.to_string(), |path| version(&path, "--version"));
        format!("{version}: `wasmtime compile`, then `wasmtime run --allow-precompiled`; for the CPU that it finds")
    }

    fn prepare(&self, program: &Program, vectors: bool, folders: &Folders) -> Result<Ready, Missing> {
        let wasmtime = tool(folders, "wasmtime")?;
        let wasm = built(program, Build::Wasm { vectors }, folders)?;
        let out = folders.kept.join(format!("{}.cwasm", program.name));
        let cost = child::run(&child::words(&[&wasmtime, &"compile", &wasm, &"-o", &out]))
            .map_err(|error| fails("wasmtime compile", &error))?;
        let bytes = byte_length(&out);
        let words = child::words(&[&wasmtime, &"run", &"--allow-precompiled", &out]);
        Ok(Ready { words, made: Some((cost, bytes)), remark: None })
    }
}
