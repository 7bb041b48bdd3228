//! Compiles the modules that are measured, and makes the one with much data.

use aot_build::Config;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

/// Initial contents of the module that instances are made of.
const DATA_BYTES: usize = 1 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let text = fs::read_to_string("modules/data.wat")?;
    println!("cargo::rerun-if-changed=modules");
    let mut data = String::from("(data (i32.const 65536) \"");
    let mut state = 1u32;
    for _ in 0..DATA_BYTES {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        write!(data, "{}", char::from(b'a' + (state >> 24) as u8 % 26))?;
    }
    data.push_str("\")");
    fs::write(out.join("data.wat"), text.replace("(;data;)", &data))?;
    Config::new(out.join("data.wat")).name("data").compile()?;
    Config::new("modules/plugin.wat").compile()?;
    for kernel in ["recursion", "sieve", "matrix"] {
        let path = format!("modules/{kernel}.wat");
        Config::new(&path).compile()?;
        Config::new(&path).name(&format!("{kernel}_epoch")).interruptible().compile()?;
        Config::new(&path).name(&format!("{kernel}_fuel")).fuel().compile()?;
    }
    Ok(())
}
