//! wasm2c: the module as C, compiled by the compiler that made the module; memory accesses are checked by guard pages.

use super::{Missing, Peer, Ready, byte_length, fails, version};
use crate::built::{Build, built, native_target, tool};
use crate::child::{self, Cost};
use crate::program::{Folders, Program};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where Debian's `wabt` puts wasm2c's runtime.
const RUNTIME: &str = "/usr/share/wabt/wasm2c";

#[derive(Debug)]
pub(crate) struct Wasm2c;

impl Peer for Wasm2c {
    fn name(&self) -> &str {
        "wasm2c"
    }

    fn describe(&self, _folders: &Folders) -> String {
        let version = version(Path::new("wasm2c"), "--version");
        format!(
            "wasm2c {version}, then `zig cc -O2` of its output; guard pages; without vectors: it does not know them"
        )
    }

    fn prepare(&self, program: &Program, vectors: bool, folders: &Folders) -> Result<Ready, Missing> {
        let zig = tool(folders, "zig")?;
        // Version 1.0.32 has no SIMD.
        let wasm = built(program, Build::Wasm { vectors: false }, folders)?;
        // Compiling a large program takes a minute, and gives the same each time: it is kept beside its module.
        let kept = wasm.with_extension("wasm2c");
        let remark = vectors.then_some("without vectors");
        if let Some(cost) = read_cost(&kept) {
            let bytes = byte_length(&kept);
            return Ok(Ready { words: vec![kept.into()], made: Some((cost, bytes)), remark });
        }
        let source = folders.kept.join(format!("{}.wasm2c.c", program.name));
        let out = folders.kept.join(format!("{}.wasm2c", program.name));
        let translate = child::words(&[&"wasm2c", &"-n", &"guest", &wasm, &"-o", &source]);
        let first = child::run(&translate).map_err(|error| fails("wasm2c", &error))?;
        let runtime = Path::new(RUNTIME);
        let target = native_target();
        let compile = child::words(&[
            &zig,
            &"cc",
            &"-O2",
            &"-target",
            &target,
            &"-DNDEBUG",
            &"-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=1",
            &"-fno-sanitize=all",
            &"-ffp-contract=off",
            &"-w",
            &"-I",
            &runtime,
            // Of the system's headers only what zig's own do not have: wasm2c's.
            &"-idirafter",
            &"/usr/include",
            &"-include",
            &source.with_extension("h"),
            &"-o",
            &out,
            &source,
            &folders.programs.join("wasm2c.c"),
            &runtime.join("wasm-rt-impl.c"),
            &"-lm",
        ]);
        let second = child::run(&compile).map_err(|error| fails("zig cc of wasm2c's output", &error))?;
        let cost = Cost {
            user: first.user + second.user,
            system: first.system + second.system,
            wall: first.wall + second.wall,
            peak_bytes: first.peak_bytes.max(second.peak_bytes),
            output: Vec::new(),
        };
        let bytes = byte_length(&out);
        let numbers =
            [cost.user.as_micros(), cost.system.as_micros(), cost.wall.as_micros(), u128::from(cost.peak_bytes)];
        let text = numbers.map(|number| number.to_string()).join(" ");
        fs::copy(&out, &kept)
            .and_then(|_| fs::write(cost_file(&kept), text))
            .map_err(|error| fails("wasm2c", &error.into()))?;
        Ok(Ready { words: vec![kept.into()], made: Some((cost, bytes)), remark })
    }
}

fn cost_file(kept: &Path) -> PathBuf {
    kept.with_extension("wasm2c.cost")
}

/// What it cost to make the executable, if it is there already.
fn read_cost(kept: &Path) -> Option<Cost> {
    let text = fs::read_to_string(cost_file(kept)).ok().filter(|_| kept.is_file())?;
    let mut numbers = text.split(' ').map_while(|number| number.parse().ok());
    let mut time = || numbers.next().map(Duration::from_micros);
    let (user, system, wall) = (time()?, time()?, time()?);
    Some(Cost { user, system, wall, peak_bytes: numbers.next()?, output: Vec::new() })
}
