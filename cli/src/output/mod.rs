//! File naming and atomic writes: whoever looks at an output sees all of it or what was there before.

pub(crate) mod config;
pub(crate) mod executable;
pub(crate) mod library;
pub(crate) mod version;

use crate::console::{Console, describe};
use crate::diagnostic::{Failure, Message};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where an output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Standard output.
    Console,
    /// A file.
    File(PathBuf),
}

/// How an output is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permissions {
    /// Like any file.
    Data,
    /// May be run.
    Executable,
}

impl Destination {
    /// Where `-o` says, else the input's stem in the current folder with `extension`.
    pub(crate) fn choose(
        requested: Option<&Path>,
        input: &Path,
        stem: Option<&str>,
        extension: Option<&str>,
    ) -> Result<Self, Failure> {
        let path = match (requested, stem) {
            (Some(path), _) if path.as_os_str() == "-" => return Ok(Destination::Console),
            (Some(path), _) => path.to_owned(),
            (None, Some(stem)) => PathBuf::from(match extension {
                Some(extension) => format!("{stem}.{extension}"),
                None => stem.to_owned(),
            }),
            (None, None) => {
                return Err(Message::usage("standard input has no name to derive the output's from")
                    .with_help("say where to write with `-o OUT`, or `-o -` for standard output")
                    .into());
            }
        };
        if same_file(&path, input) {
            return Err(Message::usage(format!("the output would overwrite the input `{}`", input.display()))
                .with_help("say where to write with `-o OUT`")
                .into());
        }
        Ok(Destination::File(path))
    }

    /// Writes `bytes` there. A file appears under its name only when it is complete.
    pub(crate) fn write(
        &self,
        bytes: &[u8],
        permissions: Permissions,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        match self {
            Destination::Console => console.print(bytes),
            Destination::File(path) => write_file(path, bytes, permissions).map_err(|error| {
                Message::machine(format!("cannot write: {}", describe(&error))).about(path.display().to_string()).into()
            }),
        }
    }

    /// As messages call it.
    pub(crate) fn label(&self) -> String {
        match self {
            Destination::Console => "<stdout>".to_owned(),
            Destination::File(path) => path.display().to_string(),
        }
    }
}

/// Whether two names lead to one existing file. Where it cannot be known, they do not.
fn same_file(first: &Path, second: &Path) -> bool {
    matches!((fs::canonicalize(first), fs::canonicalize(second)), (Ok(first), Ok(second)) if first == second)
}

/// Writes a file by way of a temporary one beside it, which takes its place by a rename and is removed on failure.
pub(crate) fn write_file(path: &Path, bytes: &[u8], permissions: Permissions) -> io::Result<()> {
    // A link stays a link, and devices and pipes cannot be replaced.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let (temporary, mut file) = create_beside(path, permissions)?;
    let result = file.write_all(bytes).and_then(|()| {
        drop(file);
        fs::rename(&temporary, path)
    });
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// A new file in the folder of `path`. The process's `umask` limits its permissions.
fn create_beside(path: &Path, permissions: Permissions) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    for attempt in 0_u32.. {
        // Short enough for the longest name that a file system takes.
        let short: String = name.chars().take(32).collect();
        let temporary = path.with_file_name(format!(".{short}.{}-{attempt}.tmp", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(
            &mut options,
            match permissions {
                Permissions::Data => 0o666,
                Permissions::Executable => 0o777,
            },
        );
        match options.open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 100 => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("the loop ends after a hundred attempts")
}

#[cfg(test)]
mod tests {
    use super::{Destination, Permissions, write_file};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    /// An empty folder of this test's own.
    fn folder(test: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("aot-output-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the temporary folder is writable");
        folder
    }

    #[test]
    fn names_come_from_the_stem() {
        let choose = |requested: Option<&str>, stem, extension| {
            Destination::choose(requested.map(Path::new), Path::new("lib/app.wasm"), stem, extension)
        };
        assert_eq!(choose(None, Some("app"), Some("o")).ok(), Some(Destination::File("app.o".into())));
        assert_eq!(choose(None, Some("app"), None).ok(), Some(Destination::File("app".into())));
        assert_eq!(choose(Some("x"), Some("app"), None).ok(), Some(Destination::File("x".into())));
        assert_eq!(choose(Some("-"), None, None).ok(), Some(Destination::Console));
        assert!(choose(None, None, None).is_err());
    }

    #[test]
    fn a_file_is_replaced_whole_and_may_be_run() {
        let folder = folder("replaced");
        let path = folder.join("program");
        fs::write(&path, "before").expect("the folder is writable");
        write_file(&path, b"after", Permissions::Executable).expect("the folder is writable");
        assert_eq!(fs::read(&path).expect("it was written"), b"after");
        assert_eq!(fs::metadata(&path).expect("it exists").permissions().mode() & 0o100, 0o100);
        assert_eq!(fs::read_dir(&folder).expect("it is a folder").count(), 1, "nothing else is left behind");
        let _ = fs::remove_dir_all(folder);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = folder("link");
        let (target, link) = (folder.join("target"), folder.join("link"));
        fs::write(&target, "before").expect("the folder is writable");
        std::os::unix::fs::symlink("target", &link).expect("the folder takes links");
        write_file(&link, b"after", Permissions::Data).expect("the folder is writable");
        assert_eq!(fs::read(&target).expect("it was written"), b"after");
        assert!(fs::symlink_metadata(&link).expect("it exists").is_symlink());
        let _ = fs::remove_dir_all(folder);
    }

    #[test]
    fn failures_leave_nothing_behind() {
        let folder = folder("failure");
        assert!(write_file(&folder.join("missing/program"), b"x", Permissions::Data).is_err());
        assert!(write_file(&folder, b"x", Permissions::Data).is_err(), "a folder is not replaced");
        assert_eq!(fs::read_dir(&folder).expect("it is a folder").count(), 0);
        assert_eq!(
            write_file(Path::new("/dev/full"), b"x", Permissions::Data).map_err(|error| error.kind()),
            Err(std::io::ErrorKind::StorageFull)
        );
        let _ = fs::remove_dir_all(folder);
    }

    #[test]
    fn devices_are_written_to() {
        write_file(Path::new("/dev/null"), b"x", Permissions::Data).expect("it takes anything");
        assert!(!fs::metadata("/dev/null").expect("it is still there").is_file());
    }
}
