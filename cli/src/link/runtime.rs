//! The embedded runtime of a target.

use crate::diagnostic::{Failure, Message};

/// The objects of a target's runtime, or why `aot` was built without it.
type Image = Result<&'static [&'static [u8]], &'static str>;

/// By target.
static IMAGES: [(&str, Image); 2] = include!(concat!(env!("OUT_DIR"), "/images.rs"));

/// The runtime as a part of somebody else's program, by target.
static LIBRARIES: [(&str, Image); 2] = include!(concat!(env!("OUT_DIR"), "/libraries.rs"));

/// What such a program needs for WASI besides, by target.
static WASI: [(&str, Image); 2] = include!(concat!(env!("OUT_DIR"), "/wasi.rs"));

/// The runtime's objects for the target of this full name.
pub(crate) fn objects(target: &str) -> Result<&'static [&'static [u8]], Failure> {
    find(&IMAGES, target)
}

/// Its objects for a static library.
pub(crate) fn library_objects(target: &str) -> Result<&'static [&'static [u8]], Failure> {
    find(&LIBRARIES, target)
}

/// The objects that a static library has besides, where its module imports WASI.
pub(crate) fn wasi_objects(target: &str) -> Result<&'static [&'static [u8]], Failure> {
    find(&WASI, target)
}

fn find(table: &[(&str, Image)], target: &str) -> Result<&'static [&'static [u8]], Failure> {
    let Some((_, image)) = table.iter().find(|(name, _)| *name == target) else {
        return Err(Message::usage(format!("there is no runtime for target `{target}`"))
            .with_help("`aot targets` lists those that executables can be made for; `--emit obj` needs none")
            .into());
    };
    image.map_err(|help| {
        Message::machine(format!("this `aot` was built without the runtime for {target}"))
            .with_detail(help)
            .with_help("then build `aot` again; `--emit obj` needs no runtime")
            .into()
    })
}

/// Whether executables can be made for the target.
pub(crate) fn is_embedded(target: &str) -> bool {
    IMAGES.iter().any(|(name, image)| *name == target && image.is_ok())
}

/// All of it, for a name of this very `aot`.
pub(crate) fn images() -> impl Iterator<Item = &'static [u8]> {
    IMAGES.iter().filter_map(|(_, image)| image.ok()).flatten().copied()
}
