//! What an executable does between `_start` and its exit: the runtime's process start.
#![allow(unsafe_code, reason = "defines the symbol that the process entry calls, and reads the program's image")]

use aot_freestanding::Process;
use aot_freestanding::aot_runtime::abi::image::ModuleImage;

unsafe extern "C" {
    /// The program, as the compiler described it.
    static aot_image: ModuleImage;
}

#[unsafe(no_mangle)]
extern "C" fn aot_main(_process: &Process) -> i32 {
    // SAFETY: the linker found the compiler's record.
    let image = unsafe { &*(&raw const aot_image) };
    // SAFETY: the compiler wrote the image, and an executable imports nothing that lives in its context.
    let instance = match unsafe { aot_freestanding::aot_runtime::instantiate(image, &[]) } {
        Ok(instance) => instance,
        Err(_) => return 1,
    };
    let _ = instance;
    0
}
