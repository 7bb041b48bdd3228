//! The same sources by the same compiler, for this machine.

use super::{Missing, Peer, Ready, version};
use crate::built::{Build, built, native_target, tool};
use crate::program::{Folders, Program};

#[derive(Debug)]
pub(crate) struct Native {
    pub(crate) name: &'static str,
    pub(crate) level: u8,
}

impl Peer for Native {
    fn name(&self) -> &str {
        self.name
    }

    fn describe(&self, folders: &Folders) -> String {
        let clang = tool(folders, "zig").map_or_else(|missing| missing.to_string(), |zig| version(&zig, "version"));
        format!("zig {clang}: `cc -O{} -target {}`; glibc; Rust by rustc, Go by go", self.level, native_target())
    }

    fn prepare(&self, program: &Program, _vectors: bool, folders: &Folders) -> Result<Ready, Missing> {
        let out = built(program, Build::Native(self.level), folders)?;
        Ok(Ready { words: vec![out.into()], made: None, remark: None })
    }
}
