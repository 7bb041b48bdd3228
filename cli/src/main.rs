//! The `aot` command. Everything it does is in the library of the same name, which tests call in their own process.
fn main() -> std::process::ExitCode {
    aot::install_panic_hook();
    aot::run_process()
}
