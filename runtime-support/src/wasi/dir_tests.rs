//! Listing directories: completeness, cookies, cut entries.

use super::super::testing::{GRANTED, Guest, RESULT};
use super::super::{Errno, Resolution};
use super::{Cookies, DIRENT_BYTES, FIRST_NUMBER, fd_readdir};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::string::String;
use std::vec::Vec;
use std::{format, fs};

#[derive(Debug, Clone)]
struct Entry {
    next: u64,
    inode: u64,
    file_type: u8,
    name: String,
}

/// The complete entries in a buffer, and whether a cut one follows.
fn parse(mut bytes: &[u8]) -> (Vec<Entry>, bool) {
    let mut entries = Vec::new();
    while bytes.len() >= DIRENT_BYTES {
        let length = u32::from_le_bytes(bytes[16..20].try_into().unwrap()) as usize;
        if bytes.len() < DIRENT_BYTES + length {
            break;
        }
        entries.push(Entry {
            next: u64::from_le_bytes(bytes[..8].try_into().unwrap()),
            inode: u64::from_le_bytes(bytes[8..16].try_into().unwrap()),
            file_type: bytes[20],
            name: String::from_utf8(bytes[DIRENT_BYTES..DIRENT_BYTES + length].to_vec()).unwrap(),
        });
        bytes = &bytes[DIRENT_BYTES + length..];
    }
    (entries, !bytes.is_empty())
}

/// Lists as libraries do: from cookie to cookie until a buffer is not full.
fn list(guest: &mut Guest, fd: u32, byte_length: u32) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut cookie = 0;
    loop {
        let bytes = guest.read_directory(fd, byte_length, cookie).unwrap();
        let (entries, _) = parse(&bytes);
        assert!(!entries.is_empty() || bytes.len() < byte_length as usize, "{byte_length} bytes hold no entry");
        cookie = entries.last().map_or(cookie, |entry| entry.next);
        all.extend(entries);
        if bytes.len() < byte_length as usize {
            return all;
        }
    }
}

fn guest_with_files(count: usize) -> (Guest, u32, BTreeSet<String>) {
    let mut guest = Guest::new(Resolution::Automatic);
    let mut names = BTreeSet::from([".".into(), "..".into()]);
    for number in 0..count {
        let name = format!("file-{number}-{}", "x".repeat(number % 100));
        fs::write(guest.host("granted/dir/nested").join("..").join("..").join("dir").join(&name), "").unwrap();
        names.insert(name);
    }
    names.insert("nested".into());
    let directory = guest.open_directory(GRANTED, "dir").unwrap();
    (guest, directory, names)
}

#[test]
fn every_entry_once_whatever_the_buffer() {
    let (mut guest, directory, names) = guest_with_files(500);
    for byte_length in [132, 200, 4096, 65_536] {
        let entries = list(&mut guest, directory, byte_length);
        assert_eq!(entries.len(), names.len(), "{byte_length}");
        assert_eq!(entries.into_iter().map(|entry| entry.name).collect::<BTreeSet<_>>(), names);
    }
}

#[test]
fn cookies_lead_back_to_where_they_were_given() {
    let (mut guest, directory, _) = guest_with_files(40);
    let entries = list(&mut guest, directory, 65_536);
    for (index, entry) in entries.iter().enumerate().rev() {
        let bytes = guest.read_directory(directory, 65_536, entry.next).unwrap();
        let rest: Vec<_> = parse(&bytes).0.into_iter().map(|entry| entry.name).collect();
        let expected: Vec<_> = entries[index + 1..].iter().map(|entry| entry.name.clone()).collect();
        assert_eq!(rest, expected);
    }
}

#[test]
fn cookies_fit_a_long_of_32_bits() {
    let (mut guest, directory, _) = guest_with_files(40);
    let entries = list(&mut guest, directory, 200);
    assert!(entries.iter().all(|entry| i32::try_from(entry.next).is_ok()));
    // A second listing gives the same ones.
    let again = list(&mut guest, directory, 65_536);
    assert!(entries.iter().zip(&again).all(|(one, other)| one.next == other.next));
}

#[test]
fn positions_keep_their_numbers() {
    let mut cookies = Cookies::new();
    assert_eq!(cookies.cookie(FIRST_NUMBER - 1), Ok(FIRST_NUMBER - 1));
    let positions = [u64::MAX, FIRST_NUMBER, 1 << 62, 1 << 40, u64::MAX - 1];
    let numbers: Vec<u64> = positions.iter().map(|position| cookies.cookie(*position).unwrap()).collect();
    assert_eq!(numbers, (FIRST_NUMBER..FIRST_NUMBER + 5).collect::<Vec<_>>());
    for (position, number) in positions.iter().zip(&numbers) {
        assert_eq!(cookies.position(*number), Ok(*position));
        assert_eq!(cookies.cookie(*position), Ok(*number));
    }
    assert_eq!(cookies.position(7), Ok(7));
    assert_eq!(cookies.position(FIRST_NUMBER + 5), Err(Errno::Inval));
    assert_eq!(cookies.position(u64::MAX), Err(Errno::Inval));
}

#[test]
fn cookies_survive_changes() {
    let (mut guest, directory, names) = guest_with_files(60);
    let entries = list(&mut guest, directory, 65_536);
    let middle = entries.len() / 2;
    for entry in &entries[..middle] {
        if entry.name.starts_with("file") {
            fs::remove_file(guest.host("granted/dir").join(&entry.name)).unwrap();
        }
    }
    fs::write(guest.host("granted/dir/new"), "").unwrap();
    let bytes = guest.read_directory(directory, 65_536, entries[middle - 1].next).unwrap();
    let rest: BTreeSet<_> = parse(&bytes).0.into_iter().map(|entry| entry.name).collect();
    for entry in &entries[middle..] {
        assert!(rest.contains(&entry.name), "{} is lost", entry.name);
    }
    assert!(rest.iter().all(|name| names.contains(name) || name == "new"));
    // From the start, the listing is today's.
    assert!(list(&mut guest, directory, 4096).iter().any(|entry| entry.name == "new"));
}

#[test]
fn entries_are_cut_where_the_buffer_ends() {
    let (mut guest, directory, _) = guest_with_files(3);
    let all = guest.read_directory(directory, 65_536, 0).unwrap();
    for byte_length in 0..u32::try_from(all.len()).unwrap() {
        assert_eq!(guest.read_directory(directory, byte_length, 0).unwrap(), all[..byte_length as usize]);
    }
}

#[test]
fn inodes_and_types() {
    let mut guest = Guest::new(Resolution::Automatic);
    std::os::unix::fs::symlink("file", guest.host("granted/link")).unwrap();
    std::os::unix::net::UnixListener::bind(guest.host("granted/socket")).unwrap();
    let entries: BTreeMap<_, _> =
        list(&mut guest, GRANTED, 4096).into_iter().map(|entry| (entry.name.clone(), entry)).collect();
    for (name, file_type) in [("dir", 3), ("file", 4), ("link", 7), ("socket", 6), (".", 3), ("..", 3)] {
        assert_eq!(entries[name].file_type, file_type, "{name}");
    }
    for name in [".", "dir", "file", "link"] {
        let host = fs::symlink_metadata(guest.host("granted").join(name)).unwrap();
        assert_eq!(entries[name].inode, host.ino(), "{name}");
    }
    assert_eq!(entries[".."].inode, entries["."].inode, "a grant shows what is above it");
}

#[test]
fn files_and_bad_addresses_cannot_be_listed() {
    let mut guest = Guest::new(Resolution::Automatic);
    let file = guest.open(GRANTED, "file").unwrap();
    assert_eq!(guest.read_directory(file, 100, 0).err(), Some(Errno::NotDir));
    assert_eq!(guest.read_directory(0, 100, 0).err(), Some(Errno::NotDir));
    assert_eq!(guest.read_directory(99, 100, 0).err(), Some(Errno::BadF));
    assert_eq!(guest.read_directory(GRANTED, 100, u64::MAX).err(), Some(Errno::Inval));
    let memory = guest.memory();
    assert_eq!(fd_readdir(&guest.state, &memory, GRANTED, 0, u32::MAX, 0, RESULT), Err(Errno::Fault));
    assert_eq!(fd_readdir(&guest.state, &memory, GRANTED, 0, 10, 0, u32::MAX), Err(Errno::Fault));
}
