//! Builds the runtime for every supported target, to be embedded: `$OUT_DIR/images.rs` and `$OUT_DIR/libraries.rs` hold
//! tables of the objects that it is made of, on its own and as a part of somebody else's program; `$OUT_DIR/wasi.rs` those
//! that such a program needs for WASI besides.
//!
//! A target whose Rust library is not installed is left out with a warning; asking `aot` for it then says what to do.

mod needed;
mod slim;
mod strings;

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
    /// Where everything that is not reached is to be left out, and everything else to be local: the symbols that others
    /// use, and those of a part of its own.
    parts: Option<Parts>,
}

struct Parts {
    roots: slim::Root,
    /// The part's table, and its symbols.
    table: &'static str,
    part: slim::Root,
}

const FORMS: [Form; 2] = [
    Form { package: "image", object_name: "aot_runtime_image", table: "images.rs", parts: None },
    Form {
        package: "library",
        object_name: "aot_runtime_library",
        table: "libraries.rs",
        parts: Some(Parts { roots: is_of_the_library, table: "wasi.rs", part: is_of_wasi }),
    },
];

/// The C interface, and what compiled code calls. Libraries have no entry, and WASI in an object of its own.
fn is_of_the_library(symbol: &str) -> bool {
    symbol.starts_with("aot_") && !is_of_wasi(symbol) && !symbol.starts_with("aot_enter_")
}

fn is_of_wasi(symbol: &str) -> bool {
    symbol.starts_with("aot_wasi_")
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
        let (mut table, mut part_table) = (String::from("[\n"), String::from("[\n"));
        for target in TARGETS {
            let [whole, part] = match objects(&form, target, &runtime_support, &out) {
                Ok(lists) => lists.map(|list| format!("Ok(&[{list}])")),
                Err(help) => [format!("Err({help:?})"), format!("Err({help:?})")],
            };
            let _ = writeln!(table, "    ({target:?}, {whole}),");
            let _ = writeln!(part_table, "    ({target:?}, {part}),");
        }
        let tables = [(Some(form.table), table), (form.parts.map(|parts| parts.table), part_table)];
        for (name, table) in tables {
            let Some(name) = name else { continue };
            fs::write(out.join(name), table + "]").expect("the output folder is writable");
        }
    }
}

/// The objects, and those of the part, as lists of expressions; or what is to be done to get them.
fn objects(form: &Form, target: &str, runtime_support: &Path, out: &Path) -> Result<[String; 2], String> {
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
            let mut lists = [String::new(), String::new()];
            for (index, object) in objects.iter().enumerate() {
                let slimmed = match &form.parts {
                    None => slim::slim(object).map(|object| [Some(object), None]),
                    Some(parts) => {
                        slim::split(object, parts.roots, parts.part).map(|(object, part)| [Some(object), Some(part)])
                    }
                };
                let slimmed = slimmed.unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
                for ((list, object), name) in lists.iter_mut().zip(slimmed).zip(["", "part."]) {
                    let Some(object) = object else { continue };
                    let path = out.join(format!("{target}.{}.{index}.{name}o", form.package));
                    fs::write(&path, object).expect("the output folder is writable");
                    let _ = write!(list, "include_bytes!({:?}), ", path.display().to_string());
                }
            }
            Ok(lists)
        }
        Outcome::MissingTarget { help } => {
            if form.parts.is_none() {
                println!("cargo::warning=aot will not make executables for {target}: {help}");
            }
            Err(help)
        }
        Outcome::Failed { log } => {
            eprintln!("the runtime for {target} does not build:\n{log}");
            process::exit(1);
        }
    }
}
