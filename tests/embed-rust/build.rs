//! Compiles the plugins of the tests: in both memory strategies, and in several ways.

use aot_build::{Config, Memory};

fn main() -> Result<(), aot_build::Error> {
    Config::new("plugins/all.wat").compile()?;
    Config::new("plugins/all.wat").name("all_bounds").memory(Memory::Bounds).opt_level("0").compile()?;
    Config::new("plugins/stop.wat").interruptible().compile()?;
    Config::new("plugins/stop.wat").name("fuelled").fuel().memory(Memory::Bounds).compile()?;
    Config::new("../embed_wasi/guest.wat").name("wasi").wasi().compile()?;
    Config::new("../embed_wasi/guest.wat").name("wasi_bounds").wasi().memory(Memory::Bounds).compile()?;
    Config::new("plugins/needs.wat").compile()?;
    Config::new("plugins/names.wat").compile()?;
    Config::new("plugins/start.wat").compile()?;
    Config::new("plugins/nothing.wat").compile()
}
