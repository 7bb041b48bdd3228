//! Another linker: `cc` and its like, which drive one, or a linker itself. Its failure becomes our error.

use super::Link;
use crate::console::describe;
use crate::diagnostic::{Failure, Message};
use aot_link::Strip;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io};

/// Links with the program at `linker`.
pub(crate) fn link(linker: &Path, link: &Link<'_>, runtime: &[&[u8]]) -> Result<Vec<u8>, Failure> {
    let folder = Folder::create()
        .map_err(|error| Message::machine(format!("cannot create a temporary folder: {}", describe(&error))))?;
    let result = run(linker, link, runtime, &folder);
    drop(folder);
    result
}

fn run(linker: &Path, link: &Link<'_>, runtime: &[&[u8]], folder: &Folder) -> Result<Vec<u8>, Failure> {
    let unwritable = |error: io::Error| {
        Failure::from(Message::machine(format!("cannot write the linker's input: {}", describe(&error))))
    };
    let mut inputs = Vec::new();
    let files = link.files.iter().map(|file| file.bytes.as_slice()).chain(runtime.iter().copied());
    for (index, bytes) in files.enumerate() {
        // The extension is of no consequence to a linker, which looks at the content.
        let path = folder.0.join(format!("{index}.o"));
        fs::write(&path, bytes).map_err(unwritable)?;
        inputs.push(path);
    }
    let out = folder.0.join("out");
    let arguments = arguments(is_driver(linker), link.strip, &inputs, &out);
    let output = Command::new(linker).args(&arguments).output().map_err(|error| {
        Message::machine(format!("cannot run the linker `{}`: {}", linker.display(), describe(&error)))
            .with_help("leave out `--linker` to use the built-in one")
    })?;
    if !output.status.success() {
        let mut message = Message::machine(format!("the linker `{}` failed: {}", linker.display(), output.status));
        for line in String::from_utf8_lossy(&output.stderr).lines().take(20) {
            message = message.with_detail(line.replace(&*folder.0.to_string_lossy(), "").trim());
        }
        return Err(message.into());
    }
    fs::read(&out).map_err(|error| {
        Message::machine(format!("cannot read what `{}` linked: {}", linker.display(), describe(&error))).into()
    })
}

/// Whether it takes a compiler's flags rather than a linker's.
fn is_driver(linker: &Path) -> bool {
    let name = linker.file_name().unwrap_or_default().to_string_lossy();
    // `aarch64-linux-gnu-gcc-12` is one, `aarch64-linux-gnu-ld`, `ld.lld`, `mold` and `wild` are not.
    ["cc", "gcc", "clang"].iter().any(|driver| name.split('-').any(|part| part == *driver))
}

fn arguments(driver: bool, strip: Strip, inputs: &[PathBuf], out: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    if driver {
        arguments.extend(["-nostdlib", "-nostartfiles", "-static", "-no-pie"].map(OsString::from));
    } else {
        arguments.extend(["-static"].map(OsString::from));
    }
    let strip = match strip {
        Strip::None => None,
        Strip::Debug => Some("--strip-debug"),
        Strip::All => Some("--strip-all"),
    };
    let common = ["--entry=_start", "--gc-sections", "--build-id", "-znoexecstack", "-zrelro"];
    for flag in common.into_iter().chain(strip) {
        arguments.push(if driver { format!("-Wl,{flag}").into() } else { flag.into() });
    }
    arguments.push("-o".into());
    arguments.push(out.into());
    arguments.extend(inputs.iter().map(OsString::from));
    arguments
}

/// A temporary folder of our own, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn create() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = env::temp_dir().join(format!("aot-link.{}.{count}", std::process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Folder(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && count < 1000 => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::is_driver;
    use std::path::Path;

    #[test]
    fn drivers_are_known_by_name() {
        for driver in ["cc", "/usr/bin/gcc-12", "aarch64-linux-gnu-gcc", "clang"] {
            assert!(is_driver(Path::new(driver)), "{driver}");
        }
        for linker in ["ld", "ld.lld", "/usr/bin/mold", "aarch64-linux-gnu-ld"] {
            assert!(!is_driver(Path::new(linker)), "{linker}");
        }
    }
}
