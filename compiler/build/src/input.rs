//! Reads a module in either form; what is neither is refused by saying what it is instead.

use crate::error::Error;
use aot_compiler::form::Form;
use std::path::Path;

/// The module in binary form. `label` is what messages call it.
pub(crate) fn read(path: &Path, label: &str) -> Result<Vec<u8>, Error> {
    let bytes = std::fs::read(path).map_err(|error| {
        let mut message = format!("{label}: cannot read: {error}");
        if error.kind() == std::io::ErrorKind::NotFound {
            message += &format!("\n  help: looked for {}; paths are from the package's folder", path.display());
        }
        Error::new(message)
    })?;
    match Form::of(&bytes, path.extension().is_some_and(|extension| extension == "wat")) {
        Form::Binary => Ok(bytes),
        Form::Text => {
            let text = String::from_utf8(bytes)
                .map_err(|error| Error::new(format!("{label}: text that is not UTF-8: {}", error.utf8_error())))?;
            wat::parse_str(&text).map_err(|error| {
                // Its own form is: the message, then the place and the line with a marker beneath.
                Error::new(format!("{label}: {}", error.to_string().replace("<anon>", label).trim_end()))
            })
        }
        Form::Other { what, help } => {
            let help = help.map_or(String::new(), |help| format!("\n  help: {help}"));
            Err(Error::new(format!("{label}: not a WebAssembly module: this is {what}{help}")))
        }
    }
}
