//! `aot dump`: what a stage of the compiler makes of a module, as text.

use crate::args::{DumpArgs, resolve};
use crate::console::Console;
use crate::diagnostic::Failure;
use crate::input::Input;

pub(crate) fn run(args: &DumpArgs, console: &mut Console<'_>) -> Result<(), Failure> {
    let input = Input::read(&args.input, console)?;
    let options = resolve::options(&args.code, &args.object, input.module_name())?;
    let text = aot_compiler::dump(&input.wasm, &options, resolve::stage(args.stage), args.function.as_deref())
        .map_err(|error| input.failure(&error))?;
    console.print(text.as_bytes())
}
