//! Attempts to reach what is not granted. Each runs with the kernel resolving paths and with the walk.
//!
//! The tree is that of [`Guest`]: `outside` stands beside the granted directories. A test fails when any operation that should be
//! refused is not, or when anything in `outside` has changed afterwards, whatever the operations answered.

use super::super::testing::{ALL_RIGHTS, GRANTED, Guest, OTHER, READ_ONLY, with_both};
use super::super::types::{open_flags, rights};
use super::super::{HostDirectory, Preopen, Resolution, WasiConfig};
use super::Errno;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, fs, vec};

/// Everything about `outside` that an attack could change.
pub(super) fn outside(guest: &Guest) -> Vec<String> {
    fn list(path: &Path, into: &mut Vec<String>) {
        let stat = fs::symlink_metadata(path).unwrap();
        let content = if stat.is_file() { fs::read_to_string(path).unwrap() } else { String::new() };
        into.push(format!(
            "{path:?} {} {} {} {} {content}",
            stat.mode(),
            stat.nlink(),
            stat.mtime(),
            stat.mtime_nsec()
        ));
        if stat.is_dir() {
            let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
            entries.sort();
            for entry in entries {
                list(&entry, into);
            }
        }
    }
    let mut all = Vec::new();
    list(&guest.host("outside"), &mut all);
    all
}

type Operation = (&'static str, fn(&mut Guest, u32, &str) -> Result<(), Errno>);

/// Operations that follow a link in the last place.
const FOLLOWING: &[Operation] = &[
    ("open", |guest, fd, path| guest.open(fd, path).map(drop)),
    ("open to write", |guest, fd, path| guest.open_with(fd, 1, path, 0, rights::FD_WRITE, 0).map(drop)),
    ("create", |guest, fd, path| guest.open_with(fd, 1, path, open_flags::CREATE, rights::FD_WRITE, 0).map(drop)),
    ("truncate", |guest, fd, path| guest.open_with(fd, 1, path, open_flags::TRUNCATE, rights::FD_WRITE, 0).map(drop)),
    ("open directory", |guest, fd, path| guest.open_directory(fd, path).map(drop)),
    ("stat", |guest, fd, path| guest.stat(fd, 1, path).map(drop)),
    ("set times", |guest, fd, path| guest.set_times(fd, 1, path, 1)),
    ("link from", |guest, fd, path| guest.link(fd, 1, path, OTHER, "stolen")),
];

/// Operations on the entry itself.
const NOT_FOLLOWING: &[Operation] = &[
    ("open, not following", |guest, fd, path| guest.open_with(fd, 0, path, 0, rights::FD_READ, 0).map(drop)),
    ("create exclusively", |guest, fd, path| {
        guest.open_with(fd, 1, path, open_flags::CREATE | open_flags::EXCLUSIVE, rights::FD_WRITE, 0).map(drop)
    }),
    ("stat, not following", |guest, fd, path| guest.stat(fd, 0, path).map(drop)),
    ("set times, not following", |guest, fd, path| guest.set_times(fd, 0, path, 1)),
    ("read link", |guest, fd, path| guest.read_link(fd, path).map(drop)),
    ("create directory", |guest, fd, path| guest.create_directory(fd, path)),
    ("create link", |guest, fd, path| guest.symlink("anything", fd, path)),
    ("remove directory", |guest, fd, path| guest.remove_directory(fd, path)),
    ("unlink", |guest, fd, path| guest.unlink(fd, path)),
    ("link from, not following", |guest, fd, path| guest.link(fd, 0, path, OTHER, "stolen")),
    ("link to", |guest, fd, path| guest.link(GRANTED, 0, "file", fd, path)),
    ("rename from", |guest, fd, path| guest.rename(fd, path, OTHER, "stolen")),
    ("rename to", |guest, fd, path| guest.rename(GRANTED, "file", fd, path)),
    ("rename directory to", |guest, fd, path| guest.rename(GRANTED, "dir", fd, path)),
];

fn refuses(guest: &mut Guest, fd: u32, path: &str, operations: &[Operation]) {
    let before = outside(guest);
    for (name, operation) in operations {
        let result = operation(guest, fd, path);
        assert!(result.is_err(), "{name} `{path}` is let through");
        assert_eq!(outside(guest), before, "{name} `{path}` answers {result:?} but changes what is outside");
    }
}

/// The path leads outside before its last component, or in it without a link.
fn refuses_everything(guest: &mut Guest, fd: u32, path: &str) {
    refuses(guest, fd, path, FOLLOWING);
    refuses(guest, fd, path, NOT_FOLLOWING);
    assert_eq!(guest.open(fd, path).err(), Some(Errno::Perm), "`{path}` is refused for another reason");
}

/// The path's last component is a link that leads outside.
fn refuses_to_follow(guest: &mut Guest, fd: u32, path: &str) {
    refuses(guest, fd, path, FOLLOWING);
    assert_eq!(guest.open(fd, path).err(), Some(Errno::Perm), "`{path}` is refused for another reason");
}

/// Makes a link on the host's side, where nothing is refused.
pub(super) fn plant(guest: &Guest, target: impl AsRef<Path>, path: &str) {
    symlink(target, guest.host(path)).unwrap();
}

/// What must keep working, so that the other tests cannot pass by refusing everything.
#[test]
fn everything_inside_is_reachable() {
    with_both(|guest| {
        plant(guest, "dir/nested", "granted/link");
        plant(guest, "../file", "granted/dir/up");
        plant(guest, "link/../up", "granted/through");
        plant(guest, "nested/file", "granted/dir/down");
        for path in [
            "file",
            "./file",
            ".//./file",
            "dir/../file",
            "dir/nested/../../file",
            "dir/nested/../nested/./file",
            "link/file",
            "link/../nested/file",
            "dir/up",
            "dir/down",
            "through",
            "dir//nested///file",
        ] {
            assert_eq!(guest.read_file(GRANTED, path).as_deref(), Ok("inside"), "{path}");
            assert!(guest.stat(GRANTED, 1, path).is_ok(), "{path}");
        }
        for path in
            [".", "./", "dir", "dir/", "dir/.", "dir/..", "dir/nested/../", "link", "link/", "link/.", "link/.."]
        {
            assert!(guest.open_directory(GRANTED, path).is_ok(), "{path}");
        }
    });
}

// `..` in every place.

#[test]
fn dot_dot_alone() {
    with_both(|guest| refuses_everything(guest, GRANTED, ".."));
}

#[test]
fn dot_dot_with_a_slash() {
    with_both(|guest| refuses_everything(guest, GRANTED, "../"));
}

#[test]
fn dot_dot_first() {
    with_both(|guest| refuses_everything(guest, GRANTED, "../outside/secret"));
}

#[test]
fn dot_dot_first_and_back_in() {
    with_both(|guest| refuses_everything(guest, GRANTED, "../granted/file"));
}

#[test]
fn dot_dot_into_another_grant() {
    with_both(|guest| refuses_everything(guest, GRANTED, "../other"));
}

#[test]
fn dot_dot_after_dot() {
    with_both(|guest| refuses_everything(guest, GRANTED, "./../outside/secret"));
}

#[test]
fn dot_dot_between_many_slashes() {
    with_both(|guest| refuses_everything(guest, GRANTED, ".//..///outside//secret"));
}

#[test]
fn dot_dot_in_the_middle() {
    with_both(|guest| refuses_everything(guest, GRANTED, "dir/../../outside/secret"));
}

#[test]
fn dot_dot_deeper_than_the_path() {
    with_both(|guest| refuses_everything(guest, GRANTED, "dir/nested/../../../outside/secret"));
}

#[test]
fn dot_dot_last() {
    with_both(|guest| refuses_everything(guest, GRANTED, "dir/../.."));
}

#[test]
fn dot_dot_many_times() {
    with_both(|guest| refuses_everything(guest, GRANTED, &"../".repeat(100)));
}

#[test]
fn dot_dot_from_an_opened_directory() {
    with_both(|guest| {
        let nested = guest.open_directory(GRANTED, "dir/nested").unwrap();
        // Still inside the grant, but above the directory that the guest names: as for every descriptor.
        refuses_everything(guest, nested, "../nested/file");
        refuses_everything(guest, nested, "../../../outside/secret");
    });
}

#[test]
fn dot_dot_from_a_directory_moved_out_of_the_grant() {
    with_both(|guest| {
        let nested = guest.open_directory(GRANTED, "dir/nested").unwrap();
        fs::rename(guest.host("granted/dir/nested"), guest.host("outside/moved")).unwrap();
        refuses_everything(guest, nested, "../secret");
        assert_eq!(guest.read_file(nested, "file").as_deref(), Ok("inside"));
    });
}

// Absolute paths.

#[test]
fn absolute_path() {
    with_both(|guest| refuses_everything(guest, GRANTED, "/etc/passwd"));
}

#[test]
fn absolute_root() {
    with_both(|guest| refuses_everything(guest, GRANTED, "/"));
}

#[test]
fn absolute_path_with_two_slashes() {
    with_both(|guest| refuses_everything(guest, GRANTED, "//etc/passwd"));
}

#[test]
fn absolute_path_of_the_grant_itself() {
    with_both(|guest| {
        let path = guest.host("granted/file").to_str().unwrap().to_string();
        refuses_everything(guest, GRANTED, &path);
    });
}

// Links in the last place.

#[test]
fn link_to_the_root() {
    with_both(|guest| {
        plant(guest, "/", "granted/link");
        refuses_to_follow(guest, GRANTED, "link");
    });
}

#[test]
fn link_to_an_absolute_path() {
    with_both(|guest| {
        plant(guest, guest.host("outside/secret"), "granted/link");
        refuses_to_follow(guest, GRANTED, "link");
    });
}

#[test]
fn link_to_an_absolute_path_inside() {
    with_both(|guest| {
        plant(guest, guest.host("granted/file"), "granted/link");
        refuses_to_follow(guest, GRANTED, "link");
    });
}

#[test]
fn link_to_dot_dot() {
    with_both(|guest| {
        plant(guest, "..", "granted/link");
        refuses_to_follow(guest, GRANTED, "link");
    });
}

#[test]
fn link_to_a_file_outside() {
    with_both(|guest| {
        plant(guest, "../outside/secret", "granted/link");
        refuses_to_follow(guest, GRANTED, "link");
    });
}

#[test]
fn link_below_to_a_file_outside() {
    with_both(|guest| {
        plant(guest, "../../../outside/secret", "granted/dir/nested/link");
        refuses_to_follow(guest, GRANTED, "dir/nested/link");
    });
}

#[test]
fn link_that_goes_down_before_up() {
    with_both(|guest| {
        plant(guest, "dir/nested/../../../outside/secret", "granted/link");
        refuses_to_follow(guest, GRANTED, "link");
    });
}

#[test]
fn chain_of_links() {
    with_both(|guest| {
        plant(guest, "dir/second", "granted/first");
        plant(guest, "nested/third", "granted/dir/second");
        plant(guest, "../../../outside/secret", "granted/dir/nested/third");
        refuses_to_follow(guest, GRANTED, "first");
    });
}

#[test]
fn link_with_a_trailing_slash() {
    with_both(|guest| {
        plant(guest, "../outside/dir", "granted/link");
        // The slash makes even those operations follow that otherwise do not.
        refuses(guest, GRANTED, "link/", FOLLOWING);
        refuses(guest, GRANTED, "link/", NOT_FOLLOWING);
        refuses(guest, GRANTED, "link//", NOT_FOLLOWING);
        refuses(guest, GRANTED, "link/.", NOT_FOLLOWING);
    });
}

#[test]
fn link_to_a_file_with_a_trailing_slash() {
    with_both(|guest| {
        plant(guest, "../outside/secret", "granted/link");
        refuses(guest, GRANTED, "link/", FOLLOWING);
        refuses(guest, GRANTED, "link/", NOT_FOLLOWING);
    });
}

#[test]
fn dangling_link_does_not_create() {
    with_both(|guest| {
        plant(guest, "../outside/new", "granted/link");
        refuses_to_follow(guest, GRANTED, "link");
        refuses(guest, GRANTED, "link/", NOT_FOLLOWING);
        assert!(!guest.host("outside/new").exists());
    });
}

#[test]
fn dangling_link_inside_does_create() {
    with_both(|guest| {
        plant(guest, "dir/new", "granted/link");
        guest.open_with(GRANTED, 1, "link", open_flags::CREATE, rights::FD_WRITE, 0).unwrap();
        assert!(guest.host("granted/dir/new").is_file());
    });
}

#[test]
fn dangling_link_does_not_create_exclusively() {
    with_both(|guest| {
        plant(guest, "dir/new", "granted/link");
        let flags = open_flags::CREATE | open_flags::EXCLUSIVE;
        assert_eq!(guest.open_with(GRANTED, 1, "link", flags, rights::FD_WRITE, 0), Err(Errno::Exist));
        assert!(!guest.host("granted/dir/new").exists());
    });
}

#[test]
fn link_made_by_the_guest() {
    with_both(|guest| {
        guest.symlink("../outside/secret", GRANTED, "link").unwrap();
        refuses_to_follow(guest, GRANTED, "link");
    });
}

#[test]
fn absolute_link_made_by_the_guest() {
    with_both(|guest| {
        assert_eq!(guest.symlink("/etc/passwd", GRANTED, "link"), Err(Errno::Perm));
        assert!(fs::symlink_metadata(guest.host("granted/link")).is_err());
    });
}

// Links in the middle.

#[test]
fn link_in_the_middle() {
    with_both(|guest| {
        plant(guest, "../outside", "granted/link");
        refuses_everything(guest, GRANTED, "link/secret");
    });
}

#[test]
fn absolute_link_in_the_middle() {
    with_both(|guest| {
        plant(guest, guest.host("outside"), "granted/link");
        refuses_everything(guest, GRANTED, "link/secret");
    });
}

#[test]
fn dot_dot_after_a_link() {
    with_both(|guest| {
        // `..` of where a link leads, not of where it is.
        plant(guest, "dir", "granted/dir/nested/link");
        plant(guest, ".", "granted/here");
        refuses_everything(guest, GRANTED, "here/../outside/secret");
        refuses_everything(guest, GRANTED, "here/here/../../outside/secret");
    });
}

#[test]
fn new_names_behind_a_link() {
    with_both(|guest| {
        plant(guest, "../outside/dir", "granted/link");
        refuses_everything(guest, GRANTED, "link/new");
        assert_eq!(fs::read_dir(guest.host("outside/dir")).unwrap().count(), 0);
    });
}

// Loops.

#[test]
fn link_to_itself() {
    with_both(|guest| {
        plant(guest, "link", "granted/link");
        assert_eq!(guest.open(GRANTED, "link"), Err(Errno::Loop));
        assert_eq!(guest.open(GRANTED, "link/x"), Err(Errno::Loop));
        assert_eq!(guest.stat(GRANTED, 1, "link").err(), Some(Errno::Loop));
        assert_eq!(guest.set_times(GRANTED, 1, "link", 1), Err(Errno::Loop));
    });
}

#[test]
fn links_in_a_circle() {
    with_both(|guest| {
        plant(guest, "dir/second", "granted/first");
        plant(guest, "../first", "granted/dir/second");
        assert_eq!(guest.open(GRANTED, "first"), Err(Errno::Loop));
        assert_eq!(guest.open(GRANTED, "dir/second/file"), Err(Errno::Loop));
    });
}

#[test]
fn forty_links_are_enough() {
    with_both(|guest| {
        plant(guest, "file", "granted/0");
        for number in 1..=40 {
            plant(guest, format!("{}", number - 1), &format!("granted/{number}"));
        }
        assert_eq!(guest.read_file(GRANTED, "39").as_deref(), Ok("inside"));
        assert_eq!(guest.read_file(GRANTED, "40"), Err(Errno::Loop));
    });
}

#[test]
fn links_that_double() {
    with_both(|guest| {
        plant(guest, "dir", "granted/0");
        for number in 1..=30 {
            let half = number - 1;
            plant(guest, format!("{half}/../{half}"), &format!("granted/{number}"));
        }
        // 2^30 steps, were there no limit.
        assert_eq!(guest.open(GRANTED, "30/nested/file"), Err(Errno::Loop));
    });
}

// The kernel's own links.

#[test]
fn magic_links_to_descriptors() {
    for resolution in [Resolution::Automatic, Resolution::Walk] {
        let tree = super::super::testing::TempDir::new();
        fs::write(tree.path().join("secret"), "outside").unwrap();
        let directory = fs::File::open(tree.path()).unwrap();
        let file = fs::File::open(tree.path().join("secret")).unwrap();
        let grant = |host: &[u8]| Preopen {
            host: HostDirectory::Path(host.to_vec()),
            guest_path: b"/".to_vec(),
            read_only: false,
        };
        let mut guest = Guest::with_config(WasiConfig {
            preopens: vec![grant(b"/proc/self/fd"), grant(b"/proc/self")],
            resolution,
            ..WasiConfig::default()
        });
        let number = |file: &fs::File| std::os::fd::AsRawFd::as_raw_fd(file).to_string();
        let (directory_number, file_number) = (number(&directory), number(&file));
        for path in [file_number.clone(), format!("{directory_number}/secret")] {
            assert!(guest.open(3, &path).is_err(), "{path}");
            assert!(guest.stat(3, 1, &path).is_err(), "{path}");
            assert!(guest.open(4, &format!("fd/{path}")).is_err(), "{path}");
        }
        for path in ["root", "cwd", "exe", "root/etc/passwd", "cwd/Cargo.toml", "task/../root"] {
            assert!(guest.open(4, path).is_err(), "{path}");
            assert!(guest.stat(4, 1, path).is_err(), "{path}");
        }
    }
}

// Renames and hard links.

#[test]
fn rename_to_the_outside() {
    with_both(|guest| {
        plant(guest, "../outside", "granted/link");
        assert_eq!(guest.rename(GRANTED, "file", GRANTED, "link/stolen"), Err(Errno::Perm));
        assert_eq!(guest.rename(GRANTED, "file", GRANTED, "../outside/stolen"), Err(Errno::Perm));
        assert!(guest.host("granted/file").exists() && !guest.host("outside/stolen").exists());
    });
}

#[test]
fn rename_from_the_outside() {
    with_both(|guest| {
        plant(guest, "../outside", "granted/link");
        assert_eq!(guest.rename(GRANTED, "link/secret", GRANTED, "stolen"), Err(Errno::Perm));
        assert_eq!(guest.rename(OTHER, "../outside/secret", GRANTED, "stolen"), Err(Errno::Perm));
        assert!(guest.host("outside/secret").exists() && !guest.host("granted/stolen").exists());
    });
}

#[test]
fn rename_over_a_link_replaces_the_link() {
    with_both(|guest| {
        plant(guest, "../outside/secret", "granted/link");
        let before = outside(guest);
        guest.rename(GRANTED, "file", GRANTED, "link").unwrap();
        assert_eq!(outside(guest), before);
        assert_eq!(fs::read_link(guest.host("granted/link")).ok(), None);
    });
}

#[test]
fn rename_gives_a_link_another_meaning() {
    with_both(|guest| {
        // Inside as long as it is below; outside once it is at the top, or in another grant.
        plant(guest, "../outside/secret", "granted/dir/link");
        assert_eq!(guest.open(GRANTED, "dir/link"), Err(Errno::NoEnt));
        guest.rename(GRANTED, "dir/link", GRANTED, "link").unwrap();
        refuses_to_follow(guest, GRANTED, "link");
        guest.rename(GRANTED, "link", OTHER, "link").unwrap();
        refuses_to_follow(guest, OTHER, "link");
    });
}

#[test]
fn rename_across_grants_keeps_directories_inside() {
    with_both(|guest| {
        let nested = guest.open_directory(GRANTED, "dir/nested").unwrap();
        guest.rename(GRANTED, "dir", OTHER, "dir").unwrap();
        assert_eq!(guest.read_file(OTHER, "dir/nested/file").as_deref(), Ok("inside"));
        refuses_everything(guest, nested, "../../../outside/secret");
    });
}

#[test]
fn hard_link_to_a_file_outside() {
    with_both(|guest| {
        plant(guest, "../outside", "granted/link");
        for old in ["../outside/secret", "link/secret"] {
            for lookup in [0, 1] {
                assert_eq!(guest.link(GRANTED, lookup, old, GRANTED, "stolen"), Err(Errno::Perm));
            }
        }
        assert_eq!(fs::metadata(guest.host("outside/secret")).unwrap().nlink(), 1);
    });
}

#[test]
fn hard_link_of_a_link_is_the_link() {
    with_both(|guest| {
        plant(guest, "../outside/secret", "granted/link");
        assert_eq!(guest.link(GRANTED, 1, "link", GRANTED, "stolen"), Err(Errno::Perm));
        guest.link(GRANTED, 0, "link", GRANTED, "copy").unwrap();
        assert_eq!(guest.read_link(GRANTED, "copy").as_deref(), Ok("../outside/secret"));
        refuses_to_follow(guest, GRANTED, "copy");
    });
}

#[test]
fn hard_link_placed_outside() {
    with_both(|guest| {
        plant(guest, "../outside", "granted/link");
        assert_eq!(guest.link(GRANTED, 0, "file", GRANTED, "link/planted"), Err(Errno::Perm));
        assert_eq!(guest.link(GRANTED, 0, "file", GRANTED, "../outside/planted"), Err(Errno::Perm));
        assert!(!guest.host("outside/planted").exists());
    });
}

// Times and sizes through links.

#[test]
fn times_of_a_link_are_its_own() {
    with_both(|guest| {
        plant(guest, "../outside/secret", "granted/link");
        let before = outside(guest);
        assert_eq!(guest.set_times(GRANTED, 1, "link", 7), Err(Errno::Perm));
        guest.set_times(GRANTED, 0, "link", 7).unwrap();
        assert_eq!(fs::symlink_metadata(guest.host("granted/link")).unwrap().mtime(), 7);
        assert_eq!(outside(guest), before);
    });
}

// Malformed paths.

#[test]
fn nul_does_not_hide_the_rest() {
    with_both(|guest| {
        for path in ["file\0", "\0", "file\0/../../outside/secret", "dir/\0/nested/file"] {
            assert_eq!(guest.open(GRANTED, path), Err(Errno::IlSeq), "{path:?}");
        }
    });
}

#[test]
fn empty_path_names_nothing() {
    with_both(|guest| {
        refuses(guest, GRANTED, "", FOLLOWING);
        refuses(guest, GRANTED, "", NOT_FOLLOWING);
        assert_eq!(guest.open(GRANTED, ""), Err(Errno::NoEnt));
    });
}

#[test]
fn overlong_path_is_refused() {
    with_both(|guest| {
        let path = format!("{}file", "./".repeat(2045));
        assert_eq!(guest.read_file(GRANTED, &path[path.len() - 4094..]).as_deref(), Ok("inside"));
        assert_eq!(guest.open(GRANTED, &format!("{path}{path}")), Err(Errno::NameTooLong));
        assert_eq!(guest.open(GRANTED, &"a".repeat(256)), Err(Errno::NameTooLong));
    });
}

#[test]
fn a_file_is_no_directory() {
    with_both(|guest| {
        for path in ["file/", "file/.", "file/..", "file/../file", "file/x"] {
            assert_eq!(guest.open(GRANTED, path), Err(Errno::NotDir), "{path}");
        }
        let file = guest.open(GRANTED, "file").unwrap();
        assert_eq!(guest.open(file, "../outside/secret"), Err(Errno::NotDir));
        assert_eq!(guest.open(file, ""), Err(Errno::NotDir));
        assert_eq!(guest.open(0, "file"), Err(Errno::NotDir));
        assert_eq!(guest.open(99, "file"), Err(Errno::BadF));
    });
}

// Read-only grants.

#[test]
fn nothing_in_a_read_only_grant_changes() {
    with_both(|guest| {
        plant(guest, "file", "read_only/link");
        let before = fs::metadata(guest.host("read_only/file")).unwrap().mtime();
        let (create, exclusive, truncate) = (open_flags::CREATE, open_flags::EXCLUSIVE, open_flags::TRUNCATE);
        for path in ["file", "link", "new", "dir/new"] {
            assert_eq!(guest.open_with(READ_ONLY, 1, path, 0, rights::FD_WRITE, 0), Err(Errno::RoFs));
            assert_eq!(guest.open_with(READ_ONLY, 1, path, create, rights::FD_READ, 0), Err(Errno::RoFs));
            assert_eq!(guest.open_with(READ_ONLY, 1, path, create | exclusive, rights::FD_READ, 0), Err(Errno::RoFs));
            assert_eq!(guest.open_with(READ_ONLY, 1, path, truncate, rights::FD_READ, 0), Err(Errno::RoFs));
            assert_eq!(guest.create_directory(READ_ONLY, path), Err(Errno::RoFs));
            assert_eq!(guest.remove_directory(READ_ONLY, path), Err(Errno::RoFs));
            assert_eq!(guest.unlink(READ_ONLY, path), Err(Errno::RoFs));
            assert_eq!(guest.symlink("file", READ_ONLY, path), Err(Errno::RoFs));
            assert_eq!(guest.set_times(READ_ONLY, 1, path, 1), Err(Errno::RoFs));
            assert_eq!(guest.rename(GRANTED, "file", READ_ONLY, path), Err(Errno::RoFs));
            assert_eq!(guest.link(GRANTED, 0, "file", READ_ONLY, path), Err(Errno::RoFs));
        }
        assert_eq!(guest.read_file(READ_ONLY, "link").as_deref(), Ok("inside"));
        assert_eq!(fs::metadata(guest.host("read_only/file")).unwrap().mtime(), before);
        assert_eq!(fs::read_dir(guest.host("read_only")).unwrap().count(), 3);
    });
}

#[test]
fn nothing_leaves_a_read_only_grant_to_be_changed_elsewhere() {
    with_both(|guest| {
        assert_eq!(guest.link(READ_ONLY, 0, "file", GRANTED, "writable"), Err(Errno::RoFs));
        assert_eq!(guest.rename(READ_ONLY, "file", GRANTED, "writable"), Err(Errno::RoFs));
        assert_eq!(guest.rename(READ_ONLY, "dir", GRANTED, "writable"), Err(Errno::RoFs));
        assert!(!guest.host("granted/writable").exists());
    });
}

#[test]
fn descriptors_from_a_read_only_grant_stay_read_only() {
    with_both(|guest| {
        let directory = guest.open_directory(READ_ONLY, "dir").unwrap();
        assert_eq!(guest.create_directory(directory, "new"), Err(Errno::RoFs));
        let all = guest.open_with(READ_ONLY, 1, "file", 0, ALL_RIGHTS & !rights::FD_WRITE, 0).unwrap();
        assert_eq!(guest.write(all, b"x"), Err(Errno::RoFs));
        let memory = guest.memory();
        assert_eq!(super::super::fd::fd_filestat_set_size(&guest.state, &memory, all, 0), Err(Errno::RoFs));
        assert_eq!(super::super::fd::fd_allocate(&guest.state, &memory, all, 0, 99), Err(Errno::RoFs));
        assert_eq!(super::super::fd::fd_filestat_set_times(&guest.state, &memory, all, 0, 0, 4), Err(Errno::RoFs));
        assert_eq!(
            super::super::fd::fd_fdstat_set_rights(&guest.state, &memory, all, ALL_RIGHTS, 0),
            Err(Errno::NotCapable)
        );
        assert_eq!(fs::read_to_string(guest.host("read_only/file")).unwrap(), "inside");
    });
}
