//! What operations on names answer: flags, kinds of files, slashes at the end.

use super::super::Resolution;
use super::super::testing::{ALL_RIGHTS, DATA, GRANTED, Guest, OTHER, RESULT, with_both};
use super::{Errno, open_flags, path_open, path_readlink, path_symlink, rights, unstable_path_filestat_get};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::{fs, thread};

const CREATE: u16 = open_flags::CREATE;
const DIRECTORY: u16 = open_flags::DIRECTORY;
const EXCLUSIVE: u16 = open_flags::EXCLUSIVE;
const TRUNCATE: u16 = open_flags::TRUNCATE;

#[test]
fn creating() {
    with_both(|guest| {
        assert_eq!(guest.open(GRANTED, "new"), Err(Errno::NoEnt));
        assert!(guest.open_with(GRANTED, 1, "new", CREATE | EXCLUSIVE, rights::FD_WRITE, 0).is_ok());
        assert_eq!(guest.open_with(GRANTED, 1, "new", CREATE | EXCLUSIVE, rights::FD_WRITE, 0), Err(Errno::Exist));
        assert!(guest.open_with(GRANTED, 1, "new", CREATE, rights::FD_READ, 0).is_ok());
        assert_eq!(guest.open_with(GRANTED, 1, "new2/", CREATE, rights::FD_WRITE, 0), Err(Errno::IsDir));
        assert_eq!(guest.open_with(GRANTED, 1, "missing/new", CREATE, rights::FD_WRITE, 0), Err(Errno::NoEnt));
        assert_eq!(guest.open_with(GRANTED, 1, "file/new", CREATE, rights::FD_WRITE, 0), Err(Errno::NotDir));
        let mode = fs::metadata(guest.host("granted/new")).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0);
    });
}

#[test]
fn truncating() {
    with_both(|guest| {
        guest.open_with(GRANTED, 1, "file", TRUNCATE, rights::FD_WRITE, 0).unwrap();
        assert_eq!(fs::metadata(guest.host("granted/file")).unwrap().len(), 0);
        assert_eq!(guest.open_with(GRANTED, 1, "dir", TRUNCATE, rights::FD_WRITE, 0), Err(Errno::IsDir));
        assert_eq!(guest.open_with(GRANTED, 1, "missing", TRUNCATE, rights::FD_WRITE, 0), Err(Errno::NoEnt));
    });
}

#[test]
fn directories_and_files_are_told_apart() {
    with_both(|guest| {
        assert_eq!(guest.open_with(GRANTED, 1, "file", DIRECTORY, rights::FD_READ, 0), Err(Errno::NotDir));
        assert_eq!(guest.open_with(GRANTED, 1, "file/", 0, rights::FD_READ, 0), Err(Errno::NotDir));
        assert_eq!(guest.open_with(GRANTED, 1, "dir", 0, rights::FD_WRITE, 0), Err(Errno::IsDir));
        assert!(guest.open_with(GRANTED, 1, "dir", 0, rights::FD_READ | rights::FD_READDIR, 0).is_ok());
        for other in [CREATE, EXCLUSIVE, TRUNCATE] {
            assert_eq!(guest.open_with(GRANTED, 1, "dir", DIRECTORY | other, 0, 0), Err(Errno::Inval));
        }
    });
}

#[test]
fn links_are_followed_on_request() {
    with_both(|guest| {
        symlink("file", guest.host("granted/link")).unwrap();
        symlink("dir", guest.host("granted/linked")).unwrap();
        assert_eq!(guest.open_with(GRANTED, 0, "link", 0, rights::FD_READ, 0), Err(Errno::Loop));
        assert_eq!(guest.open_with(GRANTED, 0, "linked", DIRECTORY, rights::FD_READDIR, 0), Err(Errno::NotDir));
        assert!(guest.open_with(GRANTED, 0, "linked/", DIRECTORY, rights::FD_READDIR, 0).is_ok());
        assert!(guest.open_with(GRANTED, 0, "linked/nested/file", 0, rights::FD_READ, 0).is_ok());
        assert_eq!(guest.stat(GRANTED, 0, "link").unwrap()[16], 7);
        assert_eq!(guest.stat(GRANTED, 1, "link").unwrap()[16], 4);
        assert_eq!(guest.stat(GRANTED, 0, "linked/").unwrap()[16], 3);
        assert_eq!(guest.stat(GRANTED, 1, "link/").err(), Some(Errno::NotDir));
        assert_eq!(guest.read_link(GRANTED, "link").as_deref(), Ok("file"));
        assert_eq!(guest.read_link(GRANTED, "file").err(), Some(Errno::Inval));
        assert_eq!(guest.read_link(GRANTED, "linked/").err(), Some(Errno::Inval));
        assert_eq!(guest.read_link(GRANTED, ".").err(), Some(Errno::Inval));
        assert_eq!(guest.stat(GRANTED, 2, "link").err(), Some(Errno::Inval));
    });
}

#[test]
fn unknown_flags_are_invalid() {
    let mut guest = Guest::new(Resolution::Automatic);
    assert_eq!(guest.open_with(GRANTED, 1, "file", 1 << 4, 0, 0), Err(Errno::Inval));
    assert_eq!(guest.open_with(GRANTED, 1, "file", 0, 0, 1 << 5), Err(Errno::Inval));
    assert_eq!(guest.open_with(GRANTED, 2, "file", 0, 0, 0), Err(Errno::Inval));
    let memory = guest.memory();
    let bad = path_open(&guest.state, &memory, GRANTED, 0, DATA, 1, 1 << 16, 0, 0, 0, RESULT);
    assert_eq!(bad, Err(Errno::Inval));
}

#[test]
fn readlink_cuts_where_the_buffer_ends() {
    let mut guest = Guest::new(Resolution::Automatic);
    symlink("0123456789", guest.host("granted/link")).unwrap();
    for (room, expected) in [(0, 0), (4, 4), (10, 10), (100, 10)] {
        let memory = guest.memory();
        memory.slice(DATA, 4).unwrap().copy_from(b"link");
        memory.slice(512, 100).unwrap().copy_from(&[b'#'; 100]);
        path_readlink(&guest.state, &memory, GRANTED, DATA, 4, 512, room, RESULT).unwrap();
        assert_eq!(guest.result(), expected);
        let bytes: [u8; 100] = guest.bytes(512);
        assert_eq!(&bytes[..expected as usize], &b"0123456789"[..expected as usize]);
        assert_eq!(bytes[expected as usize], b'#');
    }
}

#[test]
fn directories_come_and_go() {
    with_both(|guest| {
        guest.create_directory(GRANTED, "new").unwrap();
        assert_eq!(guest.create_directory(GRANTED, "new"), Err(Errno::Exist));
        guest.create_directory(GRANTED, "new/deep/").unwrap();
        assert_eq!(guest.remove_directory(GRANTED, "new"), Err(Errno::NotEmpty));
        assert_eq!(guest.unlink(GRANTED, "new"), Err(Errno::IsDir));
        assert_eq!(guest.unlink(GRANTED, "new/"), Err(Errno::IsDir));
        guest.remove_directory(GRANTED, "new/deep/").unwrap();
        guest.remove_directory(GRANTED, "new").unwrap();
        assert_eq!(guest.remove_directory(GRANTED, "new"), Err(Errno::NoEnt));
        assert_eq!(guest.remove_directory(GRANTED, "file"), Err(Errno::NotDir));
        assert_eq!(guest.create_directory(GRANTED, "missing/new"), Err(Errno::NoEnt));
    });
}

#[test]
fn dot_is_no_entry() {
    with_both(|guest| {
        for path in [".", "./", "dir/.", "dir/..", "dir/nested/../"] {
            assert_eq!(guest.create_directory(GRANTED, path), Err(Errno::Exist), "{path}");
            assert_eq!(guest.remove_directory(GRANTED, path), Err(Errno::Inval), "{path}");
            assert_eq!(guest.unlink(GRANTED, path), Err(Errno::IsDir), "{path}");
            assert_eq!(guest.symlink("x", GRANTED, path), Err(Errno::Exist), "{path}");
            assert_eq!(guest.rename(GRANTED, path, OTHER, "x"), Err(Errno::Busy), "{path}");
            assert_eq!(guest.rename(GRANTED, "file", GRANTED, path), Err(Errno::Busy), "{path}");
            assert_eq!(guest.link(GRANTED, 0, path, OTHER, "x"), Err(Errno::Perm), "{path}");
            assert_eq!(guest.link(GRANTED, 0, "file", GRANTED, path), Err(Errno::Exist), "{path}");
            assert_eq!(guest.stat(GRANTED, 0, path).unwrap()[16], 3, "{path}");
            guest.set_times(GRANTED, 0, path, 3).unwrap();
        }
        assert_eq!(fs::metadata(guest.host("granted/dir")).unwrap().mtime(), 3);
        assert_eq!(guest.remove_directory(GRANTED, "missing/."), Err(Errno::NoEnt));
        assert_eq!(guest.remove_directory(GRANTED, "file/."), Err(Errno::NotDir));
    });
}

#[test]
fn unlinking() {
    with_both(|guest| {
        symlink("dir", guest.host("granted/link")).unwrap();
        assert_eq!(guest.unlink(GRANTED, "file/"), Err(Errno::NotDir));
        assert_eq!(guest.unlink(GRANTED, "link/"), Err(Errno::NotDir));
        guest.unlink(GRANTED, "link").unwrap();
        guest.unlink(GRANTED, "file").unwrap();
        assert_eq!(guest.unlink(GRANTED, "file"), Err(Errno::NoEnt));
        assert!(guest.host("granted/dir/nested/file").exists());
    });
}

#[test]
fn renaming() {
    with_both(|guest| {
        guest.rename(GRANTED, "file", OTHER, "moved").unwrap();
        assert!(guest.host("other/moved").is_file() && !guest.host("granted/file").exists());
        guest.rename(GRANTED, "dir/", GRANTED, "renamed/").unwrap();
        assert!(guest.host("granted/renamed/nested").is_dir());
        assert_eq!(guest.rename(OTHER, "moved/", OTHER, "x"), Err(Errno::NotDir));
        assert_eq!(guest.rename(OTHER, "moved", OTHER, "x/"), Err(Errno::NotDir));
        assert_eq!(guest.rename(OTHER, "missing", OTHER, "x"), Err(Errno::NoEnt));
        assert_eq!(guest.rename(OTHER, "moved", GRANTED, "renamed"), Err(Errno::IsDir));
        assert_eq!(guest.rename(GRANTED, "renamed", OTHER, "moved"), Err(Errno::NotDir));
        assert_eq!(guest.rename(GRANTED, "renamed", GRANTED, "renamed/nested/x"), Err(Errno::Inval));
        guest.create_directory(OTHER, "full").unwrap();
        guest.create_directory(OTHER, "full/x").unwrap();
        assert_eq!(guest.rename(GRANTED, "renamed", OTHER, "full"), Err(Errno::NotEmpty));
    });
}

#[test]
fn linking() {
    with_both(|guest| {
        guest.link(GRANTED, 0, "file", OTHER, "second").unwrap();
        assert_eq!(fs::metadata(guest.host("other/second")).unwrap().nlink(), 2);
        assert_eq!(guest.link(GRANTED, 0, "file", OTHER, "second"), Err(Errno::Exist));
        assert_eq!(guest.link(GRANTED, 0, "dir", OTHER, "third"), Err(Errno::Perm));
        assert_eq!(guest.link(GRANTED, 0, "file/", OTHER, "third"), Err(Errno::NotDir));
        assert_eq!(guest.link(GRANTED, 0, "file", OTHER, "third/"), Err(Errno::NoEnt));
        symlink("../../file", guest.host("granted/dir/nested/link")).unwrap();
        guest.link(GRANTED, 1, "dir/nested/link", OTHER, "through").unwrap();
        assert!(fs::symlink_metadata(guest.host("other/through")).unwrap().is_file());
        guest.link(GRANTED, 0, "dir/nested/link", OTHER, "itself").unwrap();
        assert!(fs::symlink_metadata(guest.host("other/itself")).unwrap().is_symlink());
    });
}

#[test]
fn symbolic_links() {
    with_both(|guest| {
        guest.symlink("nowhere", GRANTED, "link").unwrap();
        assert_eq!(guest.symlink("nowhere", GRANTED, "link"), Err(Errno::Exist));
        assert_eq!(guest.symlink("nowhere", GRANTED, "other/"), Err(Errno::NoEnt));
        assert_eq!(guest.symlink("nowhere", GRANTED, "dir/"), Err(Errno::Exist));
        assert_eq!(guest.symlink("", GRANTED, "empty"), Err(Errno::NoEnt));
        assert_eq!(guest.open(GRANTED, "link"), Err(Errno::NoEnt));
        let memory = guest.memory();
        let bad = path_symlink(&guest.state, &memory, DATA, 8192, GRANTED, DATA, 1);
        assert_eq!(bad, Err(Errno::NameTooLong));
    });
}

#[test]
fn stat_in_the_layout_of_snapshot_0() {
    let mut guest = Guest::new(Resolution::Automatic);
    let memory = guest.memory();
    memory.slice(DATA, 4).unwrap().copy_from(b"file");
    unstable_path_filestat_get(&guest.state, &memory, GRANTED, 0, DATA, 4, RESULT).unwrap();
    let bytes: [u8; 56] = guest.bytes(RESULT);
    assert_eq!((bytes[16], bytes[20], bytes[24]), (4, 1, 6));
}

#[test]
fn writing_a_file_that_cannot_be_read_needs_no_reading() {
    let mut guest = Guest::new(Resolution::Automatic);
    // A FIFO shows how it was opened: for writing alone, this waits for a reader.
    rustix::fs::mkfifoat(rustix::fs::CWD, guest.host("granted/fifo").to_str().unwrap(), 0o600.into()).unwrap();
    let path = guest.host("granted/fifo");
    let reader = thread::spawn(move || fs::read(path).unwrap());
    let fifo = guest.open_with(GRANTED, 1, "fifo", 0, rights::FD_WRITE, 0).unwrap();
    guest.write(fifo, b"through").unwrap();
    guest.close(fifo);
    assert_eq!(reader.join().unwrap(), b"through");
}

#[test]
fn all_rights_on_what_cannot_be_written_opens_for_reading() {
    let mut guest = Guest::new(Resolution::Automatic);
    // Not `FD_WRITE`, but what else would want the host's descriptor writable.
    let wanted = ALL_RIGHTS & !rights::FD_WRITE;
    assert!(guest.open_with(GRANTED, 1, "dir", 0, wanted, 0).is_ok());
    assert!(guest.open_with(super::super::testing::READ_ONLY, 1, "file", 0, wanted, 0).is_ok());
}
