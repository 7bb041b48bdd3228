//! Compiles the parser, so that it can be stopped.

fn main() -> Result<(), aot_build::Error> {
    aot_build::Config::new("plugin/qoi.wasm").interruptible().compile()
}
