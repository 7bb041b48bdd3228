//! `aot compile`: a module to an object, or to text that shows one.

use crate::args::{CompileArgs, ConsoleArgs, Emit, resolve};
use crate::console::Console;
use crate::diagnostic::{Failure, Reporter};
use crate::input::Input;
use crate::output::{Destination, Permissions};
use crate::timing;
use aot_compiler::Stage;
use aot_compiler::timing::Timer;

pub(crate) fn run(
    args: &CompileArgs,
    console_args: &ConsoleArgs,
    console: &mut Console<'_>,
    reporter: &Reporter,
) -> Result<(), Failure> {
    let timer = Timer::new();
    let input = timer.stage("read", || Input::read(&args.input, console))?;
    let options = resolve::options(&args.code, &args.object, input.module_name())?;
    let extension = match args.emit {
        Emit::Obj => "o",
        Emit::Asm => "s",
        Emit::Clif => "clif",
    };
    let destination = Destination::choose(args.output.as_deref(), &args.input, input.stem.as_deref(), Some(extension))?;
    reporter.note(
        &format!("{}: {} bytes of WebAssembly for {}", input.label, input.wasm.len(), options.target.triple()),
        console,
    );
    let progress = crate::progress::Progress::start(console.interactive && !console_args.quiet, &input.label);
    let result = match args.emit {
        Emit::Obj => aot_compiler::compile_timed(&input.wasm, &options, &timer).map(|object| object.bytes),
        Emit::Asm => aot_compiler::dump(&input.wasm, &options, Stage::Code, None).map(String::into_bytes),
        Emit::Clif => aot_compiler::dump(&input.wasm, &options, Stage::Clif, None).map(String::into_bytes),
    };
    progress.stop();
    let bytes = result.map_err(|error| input.failure(&error))?;
    timer.stage("write", || destination.write(&bytes, Permissions::Data, console))?;
    reporter.note(&format!("{}: {} bytes", destination.label(), bytes.len()), console);
    if args.time {
        console.complain(&timing::table(&timer));
    }
    Ok(())
}
