//! Compiles both plugins.

fn main() -> Result<(), aot_build::Error> {
    aot_build::compile("plugins/shout.wat")?;
    aot_build::compile("plugins/reverse.wat")
}
