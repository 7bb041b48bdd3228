//! Compiles the plugin so that it can be stopped in both ways.

fn main() -> Result<(), aot_build::Error> {
    aot_build::Config::new("plugins/endless.wat").interruptible().fuel().compile()
}
