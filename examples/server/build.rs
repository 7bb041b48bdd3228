//! Compiles the plugin.

fn main() -> Result<(), aot_build::Error> {
    aot_build::compile("plugins/respond.wat")
}
