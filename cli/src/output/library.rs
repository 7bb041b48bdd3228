//! `--emit staticlib`, `--emit header` and `--emit rust`: a module becomes a part of somebody else's program.

use crate::args::imports::bind_host;
use crate::args::{CodeArgs, ExecutableArgs, ObjectArgs, resolve};
use crate::console::Console;
use crate::diagnostic::{Failure, Message, Reporter};
use crate::input::Input;
use crate::interface::Interface;
use crate::link::runtime;
use aot_compiler::FunctionStore;
use aot_compiler::Options;
use aot_compiler::interface::RustNames;
use aot_compiler::options::Model;
use aot_compiler::timing::Timer;
use aot_link::archive::{self, Member};

/// A library, all decided.
pub(crate) struct Library {
    pub(crate) options: Options,
    /// What its archive is called, without what makes it a file name.
    name: String,
    /// Whether the runtime is in the archive. In a Rust program it comes with the crate `aot-embed`.
    pub(crate) with_runtime: bool,
}

impl Library {
    /// Decides everything. `name` is what the module is called in symbols where the flags say nothing.
    pub(crate) fn prepare(
        code: &CodeArgs,
        executable: &ExecutableArgs,
        object: &ObjectArgs,
        name: &str,
        input: &Input,
        console: &mut Console<'_>,
        reporter: &Reporter,
    ) -> Result<Self, Failure> {
        let mut options = resolve::code_options(code, input.module_name(), false)?;
        (options.model, options.only_module) = (Model::Library, false);
        options.symbol_prefix = object.prefix.clone().unwrap_or_else(|| identifier(name));
        if options.symbol_prefix == "aot" || options.symbol_prefix.starts_with("aot_") {
            let help = "say what the module is called with `--prefix NAME`";
            return Err(Message::usage("symbols that begin with `aot_` belong to the runtime").with_help(help).into());
        }
        options.check().map_err(|error| resolve::of_option(&error))?;
        let (imports, unused) =
            bind_host(&executable.imports, executable.unresolved, object.wasi, &Interface::of(&input.wasm));
        for argument in unused {
            let message = Message::warning(format!("no imported function is called `{}`", argument.name));
            reporter.warn(&message.about(&input.label), console);
        }
        options.imports = imports;
        Ok(Library { options, name: name.to_owned(), with_runtime: true })
    }

    /// The archive: the compiled module, and the runtime.
    pub(crate) fn archive(
        &self,
        input: &Input,
        timer: &Timer,
        store: Option<&dyn FunctionStore>,
    ) -> Result<Vec<u8>, Failure> {
        let runtime = match self.with_runtime {
            true => runtime::library_objects(&self.options.target.triple().to_string())?,
            false => Default::default(),
        };
        // What a host cannot provide is an error here as well, not only where the header is made.
        let wasi = match self.interface(input)?.wasi {
            true => runtime::wasi_objects(&self.options.target.triple().to_string())?,
            false => &[],
        };
        let object = aot_compiler::compile_with(&input.wasm, &self.options, timer, store)
            .map_err(|error| input.failure(&error))?;
        let name = |stem: &str, index: usize| match index {
            0 => format!("{stem}.o"),
            index => format!("{stem}_{index}.o"),
        };
        let mut members = vec![Member { name: format!("{}.o", self.options.symbol_prefix), bytes: &object.bytes }];
        for (stem, objects) in [("aot_runtime", runtime), ("aot_runtime_wasi", wasi)] {
            members.extend(objects.iter().enumerate().map(|(index, bytes)| Member { name: name(stem, index), bytes }));
        }
        archive::write(&members).map_err(|error| Message::machine(error.to_string()).about(&*input.label).into())
    }

    /// The C header.
    pub(crate) fn header(&self, input: &Input) -> Result<Vec<u8>, Failure> {
        Ok(self.interface(input)?.c_header(&self.options.symbol_prefix).into_bytes())
    }

    /// The Rust bindings, for the crate `aot-embed`.
    pub(crate) fn rust(&self, input: &Input) -> Result<Vec<u8>, Failure> {
        let prefix = &self.options.symbol_prefix;
        let names = RustNames { module: prefix, symbol_prefix: prefix, library: &self.name, source: &input.label };
        let text = self.interface(input)?.rust_bindings(&names).map_err(|error| input.failure(&error))?;
        Ok(text.into_bytes())
    }

    fn interface(&self, input: &Input) -> Result<aot_compiler::interface::Interface, Failure> {
        aot_compiler::interface::interface(&input.wasm, &self.options).map_err(|error| input.failure(&error))
    }
}

/// A file's name as a C identifier.
fn identifier(name: &str) -> String {
    let mut text: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) {
        text.insert_str(0, "module_");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn file_names_become_identifiers() {
        assert_eq!(
            ["plugin", "my-plugin.v2", "7zip", ""].map(identifier),
            ["plugin", "my_plugin_v2", "module_7zip", "module_"]
        );
    }
}
