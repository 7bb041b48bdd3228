//! Builds the runtime for every supported target, to be embedded: `$OUT_DIR/images.rs` and `$OUT_DIR/libraries.rs` hold
//! tables of the objects that it is made of, on its own and as a part of somebody else's program.
//!
//! A target whose Rust library is not installed is left out with a warning; asking `aot` for it then says what to do.

mod needed;
mod slim;

use aot_runtime_recipe::{Outcome, Recipe, TARGETS, build, runtime_image, sources, variables};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// One form of the runtime.
struct Form {
    /// Its package, a folder in `runtime-support`.
    package: &'static str,
    /// How the names of its objects begin.
    object_name: &'static str,
    /// The table.
    table: &'static str,
    /// The symbols that others use, where everything else is to be left out or local.
    roots: Option<fn(&str) -> bool>,
}

const FORMS: [Form; 2] = [
    Form { package: "image", object_name: "aot_runtime_image", table: "images.rs", roots: None },
    Form {
        package: "library",
        object_name: "aot_runtime_library",
        table: "libraries.rs",
        roots: Some(is_of_the_library),
    },
];

/// The C interface, and what compiled code calls. Libraries have no WASI and no entry.
fn is_of_the_library(symbol: &str) -> bool {
    symbol.starts_with("aot_") && !symbol.starts_with("aot_wasi_") && !symbol.starts_with("aot_enter_")
}

fn main() {
    let runtime_support = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime-support");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=build");
    for source in sources(&runtime_support) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    for variable in TARGETS.into_iter().flat_map(variables) {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    for form in FORMS {
        let mut table = String::from("[\n");
        for target in TARGETS {
            let _ = writeln!(table, "    ({target:?}, {}),", entry(&form, target, &runtime_support, &out));
        }
        table.push(']');
        fs::write(out.join(form.table), table).expect("the output folder is writable");
    }
}

/// What the table says of a target.
fn entry(form: &Form, target: &str, runtime_support: &Path, out: &Path) -> String {
    let (package, target_directory) = (runtime_support.join(form.package), out.join("runtime"));
    let outcome = match form.package {
        "image" => runtime_image(&package, target, &target_directory),
        _ => build(&Recipe { package: &package, target, target_directory: &target_directory }),
    };
    match outcome {
        Outcome::Built(archive) => {
            let bytes = fs::read(&archive).unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
            let objects = needed::needed(&bytes, form.object_name.as_bytes())
                .unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
            let mut list = String::new();
            for (index, object) in objects.iter().enumerate() {
                let path = out.join(format!("{target}.{}.{index}.o", form.package));
                let object =
                    slim::slim(object, form.roots).unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
                fs::write(&path, object).expect("the output folder is writable");
                let _ = write!(list, "include_bytes!({:?}), ", path.display().to_string());
            }
            format!("Ok(&[{list}])")
        }
        Outcome::MissingTarget { help } => {
            if form.roots.is_none() {
                println!("cargo::warning=aot will not make executables for {target}: {help}");
            }
            format!("Err({help:?})")
        }
        Outcome::Failed { log } => {
            eprintln!("the runtime for {target} does not build:\n{log}");
            process::exit(1);
        }
    }
}
