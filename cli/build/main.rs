//! Builds the runtime for every supported target, to be embedded: `$OUT_DIR/images.rs` holds a table of the objects
//! that it is made of.
//!
//! A target whose Rust library is not installed is left out with a warning; asking `aot` for it then says what to do.

mod needed;
mod slim;

use aot_runtime_recipe::{Outcome, TARGETS, runtime_image, sources, variables};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

fn main() {
    let runtime_support = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime-support");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=build");
    for source in sources(&runtime_support) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let mut table = String::from("[\n");
    for target in TARGETS {
        for variable in variables(target) {
            println!("cargo::rerun-if-env-changed={variable}");
        }
        let image = match runtime_image(&runtime_support.join("image"), target, &out.join("runtime")) {
            Outcome::Built(archive) => {
                let bytes = fs::read(&archive).unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
                let objects = needed::needed(&bytes).unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
                let mut list = String::new();
                for (index, object) in objects.iter().enumerate() {
                    let path = out.join(format!("{target}.{index}.o"));
                    let object = slim::slim(object).unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
                    fs::write(&path, object).expect("the output folder is writable");
                    let _ = write!(list, "include_bytes!({:?}), ", path.display().to_string());
                }
                format!("Ok(&[{list}])")
            }
            Outcome::MissingTarget { help } => {
                println!("cargo::warning=aot will not make executables for {target}: {help}");
                format!("Err({help:?})")
            }
            Outcome::Failed { log } => {
                eprintln!("the runtime for {target} does not build:\n{log}");
                process::exit(1);
            }
        };
        let _ = writeln!(table, "    ({target:?}, {image}),");
    }
    table.push(']');
    fs::write(out.join("images.rs"), table).expect("the output folder is writable");
}
