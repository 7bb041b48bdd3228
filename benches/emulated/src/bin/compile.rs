//! `wasmtime compile --target aarch64-unknown-linux-gnu`, with everything as it is by default: `compile MODULE OUT`.

use std::error::Error;
use wasmtime::{Config, Engine};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(module), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: compile MODULE OUT".into());
    };
    let mut config = Config::new();
    config.target("aarch64-unknown-linux-gnu")?;
    let code = Engine::new(&config)?.precompile_module(&std::fs::read(module)?)?;
    std::fs::write(out, code)?;
    Ok(())
}
