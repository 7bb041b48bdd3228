//! `cargo run -p aot-runtime-recipe --example build -- PACKAGE TARGET_DIRECTORY`: builds a package for every target.

use aot_runtime_recipe::{Recipe, TARGETS, build};
use std::path::PathBuf;

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(package), Some(target_directory)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: build PACKAGE TARGET_DIRECTORY");
        std::process::exit(2);
    };
    for target in TARGETS {
        println!("{target}: {:?}", build(&Recipe { package: &package, target, target_directory: &target_directory }));
    }
}
