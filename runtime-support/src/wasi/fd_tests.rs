//! Reading, writing, seeking, flags, rights, times, and numbers.

use super::super::testing::{ALL_RIGHTS, GRANTED, Guest, READ_ONLY, RESULT};
use super::super::types::{fd_flags, open_flags};
use super::super::{Resolution, Stdio, WasiConfig};
use super::{
    Errno, fd_advise, fd_allocate, fd_close, fd_datasync, fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights,
    fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times, fd_prestat_dir_name, fd_prestat_get, fd_read,
    fd_renumber, fd_sync, fd_tell, fd_write, rights, unstable_fd_filestat_get, unstable_fd_seek,
};
use rustix::fd::OwnedFd;
use rustix::fs::OFlags;
use rustix::pipe::{PipeFlags, pipe_with};
use std::os::unix::fs::MetadataExt;
use std::time::Duration;
use std::{fs, thread};

fn guest() -> Guest {
    Guest::new(Resolution::Automatic)
}

/// A guest with a new empty file open for everything.
fn with_file() -> (Guest, u32) {
    let mut guest = guest();
    let file = guest.open_with(GRANTED, 1, "new", open_flags::CREATE, ALL_RIGHTS, 0).unwrap();
    (guest, file)
}

/// A guest whose standard input and output are pipes, with their other ends.
fn with_pipes() -> (Guest, OwnedFd, OwnedFd) {
    let (input, feed) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let (drain, output) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let stdio = [Stdio::Open(input), Stdio::Open(output), Stdio::Null];
    (Guest::with_config(WasiConfig { stdio, ..WasiConfig::default() }), feed, drain)
}

fn fdstat(guest: &mut Guest, fd: u32) -> (u8, u16, u64, u64) {
    let memory = guest.memory();
    fd_fdstat_get(&guest.state, &memory, fd, RESULT).unwrap();
    let bytes: [u8; 24] = guest.bytes(RESULT);
    let field = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    (bytes[0], u16::from_le_bytes([bytes[2], bytes[3]]), field(8), field(16))
}

#[test]
fn what_is_written_can_be_read() {
    let (mut guest, file) = with_file();
    assert_eq!(guest.write(file, b"hello world"), Ok(11));
    assert_eq!(guest.seek(file, 6, 0), Ok(6));
    assert_eq!(guest.read(file, 100).as_deref(), Ok(b"world".as_slice()));
    assert_eq!(guest.read(file, 100).as_deref(), Ok(b"".as_slice()));
    assert_eq!(fs::read(guest.host("granted/new")).unwrap(), b"hello world");
}

#[test]
fn offsets_leave_the_position_alone() {
    let (mut guest, file) = with_file();
    guest.write(file, b"0123456789").unwrap();
    assert_eq!(guest.pread(file, 3, 4).as_deref(), Ok(b"456".as_slice()));
    assert_eq!(guest.pwrite(file, b"xy", 1), Ok(2));
    assert_eq!(guest.pread(file, 100, 0).as_deref(), Ok(b"0xy3456789".as_slice()));
    assert_eq!(guest.pread(file, 100, 10).as_deref(), Ok(b"".as_slice()));
    assert_eq!(guest.pread(file, 1, u64::MAX), Err(Errno::Inval));
    assert_eq!(guest.seek(file, 0, 1), Ok(10));
}

#[test]
fn seeking() {
    let (mut guest, file) = with_file();
    guest.write(file, b"0123456789").unwrap();
    assert_eq!(guest.seek(file, 3, 0), Ok(3));
    assert_eq!(guest.seek(file, 2, 1), Ok(5));
    assert_eq!(guest.seek(file, -4, 1), Ok(1));
    assert_eq!(guest.seek(file, -1, 2), Ok(9));
    assert_eq!(guest.seek(file, 100, 2), Ok(110));
    assert_eq!(guest.seek(file, -1, 0), Err(Errno::Inval));
    assert_eq!(guest.seek(file, 0, 3), Err(Errno::Inval));
    let memory = guest.memory();
    fd_tell(&guest.state, &memory, file, RESULT).unwrap();
    assert_eq!(guest.bytes(RESULT), 110u64.to_le_bytes());
    assert_eq!(guest.seek(GRANTED, 0, 0), Err(Errno::BadF));
    assert_eq!(guest.seek(77, 0, 0), Err(Errno::BadF));
}

#[test]
fn snapshot_0_numbers_whence_differently() {
    let (mut guest, file) = with_file();
    guest.write(file, b"0123456789").unwrap();
    for (offset, whence, expected) in [(3, 2, 3u64), (2, 0, 5), (1, 1, 11)] {
        let memory = guest.memory();
        unstable_fd_seek(&guest.state, &memory, file, offset, whence, RESULT).unwrap();
        assert_eq!(guest.bytes(RESULT), expected.to_le_bytes());
    }
    let memory = guest.memory();
    assert_eq!(unstable_fd_seek(&guest.state, &memory, file, 0, 3, RESULT), Err(Errno::Inval));
}

#[test]
fn many_vectors_are_one_transfer() {
    let (mut guest, file) = with_file();
    // More than the kernel takes at once, every third empty, all naming the same eight bytes.
    let count = 3_000u32;
    let memory = guest.memory();
    memory.slice(512, 8).unwrap().copy_from(b"abcdefgh");
    for index in 0..count {
        let length = if index % 3 == 0 { 0u32 } else { 1 + index % 8 };
        memory.pointer::<u32>(4096 + 8 * index).unwrap().write(512);
        memory.pointer::<u32>(4100 + 8 * index).unwrap().write(length);
    }
    let total: u32 = (0..count).filter(|index| index % 3 != 0).map(|index| 1 + index % 8).sum();
    fd_write(&guest.state, &memory, file, 4096, count, RESULT).unwrap();
    assert_eq!(guest.result(), total);
    assert_eq!(fs::metadata(guest.host("granted/new")).unwrap().len(), u64::from(total));
    guest.seek(file, 0, 0).unwrap();
    let memory = guest.memory();
    fd_read(&guest.state, &memory, file, 4096, count, RESULT).unwrap();
    assert_eq!(guest.result(), total);
}

#[test]
fn vectors_may_overlap_each_other_and_themselves() {
    let (mut guest, file) = with_file();
    guest.write(file, b"abcdef").unwrap();
    guest.seek(file, 0, 0).unwrap();
    let memory = guest.memory();
    // The second buffer is the array of vectors itself.
    for (index, word) in [512u32, 3, 4096, 3].into_iter().enumerate() {
        memory.pointer::<u32>(4096 + 4 * u32::try_from(index).unwrap()).unwrap().write(word);
    }
    fd_read(&guest.state, &memory, file, 4096, 2, RESULT).unwrap();
    assert_eq!(guest.result(), 6);
    assert_eq!(&guest.bytes::<3>(4096), b"def");
}

#[test]
fn no_vectors_and_empty_vectors_transfer_nothing() {
    let (mut guest, file) = with_file();
    let memory = guest.memory();
    fd_write(&guest.state, &memory, file, 0, 0, RESULT).unwrap();
    assert_eq!(guest.result(), 0);
    assert_eq!(guest.write(file, b""), Ok(0));
    assert_eq!(guest.read(file, 0).as_deref(), Ok(b"".as_slice()));
}

#[test]
fn a_bad_vector_or_result_has_no_effect() {
    let (mut guest, file) = with_file();
    let memory = guest.memory();
    let end = u32::try_from(super::super::testing::MEMORY).unwrap();
    for (word, value) in [(0, 512u32), (1, 4), (2, end - 3), (3, 4)] {
        memory.pointer::<u32>(4096 + 4 * word).unwrap().write(value);
    }
    assert_eq!(fd_write(&guest.state, &memory, file, 4096, 2, RESULT), Err(Errno::Fault));
    assert_eq!(fd_write(&guest.state, &memory, file, 4096, 1, end - 3), Err(Errno::Fault));
    assert_eq!(fs::metadata(guest.host("granted/new")).unwrap().len(), 0);
}

#[test]
fn appending() {
    let mut guest = guest();
    let file = guest.open_with(GRANTED, 1, "file", 0, ALL_RIGHTS, fd_flags::APPEND).unwrap();
    assert_eq!(fdstat(&mut guest, file).1, fd_flags::APPEND);
    guest.write(file, b"+more").unwrap();
    assert_eq!(fs::read(guest.host("granted/file")).unwrap(), b"inside+more");
    let memory = guest.memory();
    fd_fdstat_set_flags(&guest.state, &memory, file, 0).unwrap();
    guest.seek(file, 0, 0).unwrap();
    guest.write(file, b"IN").unwrap();
    let memory = guest.memory();
    fd_fdstat_set_flags(&guest.state, &memory, file, u32::from(fd_flags::APPEND)).unwrap();
    guest.write(file, b"!").unwrap();
    assert_eq!(fs::read(guest.host("granted/file")).unwrap(), b"INside+more!");
    let memory = guest.memory();
    assert_eq!(fd_fdstat_set_flags(&guest.state, &memory, file, 1 << 5), Err(Errno::Inval));
    assert_eq!(fd_fdstat_set_flags(&guest.state, &memory, file, 1 << 16), Err(Errno::Inval));
}

#[test]
fn synchronous_writing() {
    let (mut guest, file) = with_file();
    for flags in [fd_flags::SYNC, fd_flags::DSYNC, fd_flags::RSYNC, fd_flags::SYNC | fd_flags::DSYNC] {
        let memory = guest.memory();
        fd_fdstat_set_flags(&guest.state, &memory, file, u32::from(flags)).unwrap();
        assert_eq!(fdstat(&mut guest, file).1, flags);
        assert_eq!(guest.write(file, b"x"), Ok(1));
    }
    let memory = guest.memory();
    fd_sync(&guest.state, &memory, file).unwrap();
    fd_datasync(&guest.state, &memory, file).unwrap();
    assert_eq!(fd_sync(&guest.state, &memory, 77), Err(Errno::BadF));
}

#[test]
fn rights_are_those_asked_for_and_sensible() {
    let mut guest = guest();
    let (file_type, flags, base, inheriting) = fdstat(&mut guest, GRANTED);
    assert_eq!((file_type, flags), (3, 0));
    assert_eq!(base, rights::DIRECTORY);
    assert_eq!(inheriting, rights::DIRECTORY | rights::FILE);
    assert_eq!(fdstat(&mut guest, READ_ONLY).2 & rights::MODIFY, 0);

    let file = guest.open_with(GRANTED, 1, "file", 0, ALL_RIGHTS, 0).unwrap();
    assert_eq!(fdstat(&mut guest, file), (4, 0, rights::FILE, 0));
    let reading = guest.open_with(GRANTED, 1, "file", 0, rights::FD_READ, 0).unwrap();
    assert_eq!(fdstat(&mut guest, reading).2, rights::FD_READ);
    assert_eq!(guest.write(reading, b"x"), Err(Errno::NotCapable));
    assert_eq!(guest.seek(reading, 0, 0), Err(Errno::NotCapable));
    let writing = guest.open_with(GRANTED, 1, "file", 0, rights::FD_WRITE, 0).unwrap();
    assert_eq!(guest.read(writing, 1), Err(Errno::NotCapable));
}

#[test]
fn rights_given_up_are_gone() {
    let mut guest = guest();
    let directory = guest.open_directory(GRANTED, "dir").unwrap();
    let memory = guest.memory();
    let inheriting = rights::FD_READ | rights::FD_SEEK;
    fd_fdstat_set_rights(&guest.state, &memory, directory, rights::PATH_OPEN, inheriting).unwrap();
    assert_eq!(fd_fdstat_set_rights(&guest.state, &memory, directory, !0, 0), Err(Errno::NotCapable));
    assert_eq!(fd_fdstat_set_rights(&guest.state, &memory, directory, 0, !0), Err(Errno::NotCapable));
    assert_eq!(guest.create_directory(directory, "new"), Err(Errno::NotCapable));
    assert_eq!(guest.open_with(directory, 1, "nested/file", 0, rights::FD_WRITE, 0), Err(Errno::NotCapable));
    assert_eq!(guest.open_with(directory, 1, "new", open_flags::CREATE, rights::FD_READ, 0), Err(Errno::NotCapable));
    let file = guest.open_with(directory, 1, "nested/file", 0, ALL_RIGHTS & !rights::FD_WRITE, 0).unwrap();
    assert_eq!(fdstat(&mut guest, file).2, inheriting);
}

#[test]
fn directories_are_not_files() {
    let mut guest = guest();
    assert_eq!(guest.read(GRANTED, 1), Err(Errno::IsDir));
    assert_eq!(guest.write(GRANTED, b"x"), Err(Errno::IsDir));
    assert_eq!(guest.pread(GRANTED, 1, 0), Err(Errno::IsDir));
    assert_eq!(guest.pwrite(GRANTED, b"x", 0), Err(Errno::IsDir));
    let memory = guest.memory();
    assert_eq!(fd_allocate(&guest.state, &memory, GRANTED, 0, 1), Err(Errno::IsDir));
    assert_eq!(fd_filestat_set_size(&guest.state, &memory, GRANTED, 1), Err(Errno::IsDir));
    assert_eq!(fd_tell(&guest.state, &memory, GRANTED, RESULT), Err(Errno::BadF));
}

#[test]
fn sizes() {
    let (mut guest, file) = with_file();
    let memory = guest.memory();
    fd_allocate(&guest.state, &memory, file, 100, 50).unwrap();
    assert_eq!(fs::metadata(guest.host("granted/new")).unwrap().len(), 150);
    fd_allocate(&guest.state, &memory, file, 0, 10).unwrap();
    assert_eq!(fs::metadata(guest.host("granted/new")).unwrap().len(), 150);
    assert_eq!(fd_allocate(&guest.state, &memory, file, 0, 0), Err(Errno::Inval));
    fd_filestat_set_size(&guest.state, &memory, file, 7).unwrap();
    assert_eq!(fs::metadata(guest.host("granted/new")).unwrap().len(), 7);
    assert_eq!(fd_filestat_set_size(&guest.state, &memory, file, u64::MAX), Err(Errno::Inval));
}

#[test]
fn advice() {
    let (mut guest, file) = with_file();
    let memory = guest.memory();
    for advice in 0..6 {
        fd_advise(&guest.state, &memory, file, 0, 100, advice).unwrap();
    }
    fd_advise(&guest.state, &memory, file, 0, 0, 0).unwrap();
    assert_eq!(fd_advise(&guest.state, &memory, file, 0, 0, 6), Err(Errno::Inval));
    assert_eq!(fd_advise(&guest.state, &memory, file, u64::MAX, 1, 0), Err(Errno::Inval));
}

#[test]
fn stat_of_descriptors() {
    let (mut guest, file) = with_file();
    guest.write(file, b"12345").unwrap();
    let host = fs::metadata(guest.host("granted/new")).unwrap();
    let memory = guest.memory();
    fd_filestat_get(&guest.state, &memory, file, RESULT).unwrap();
    let bytes: [u8; 64] = guest.bytes(RESULT);
    let field = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    assert_eq!([field(0), field(8), field(24), field(32)], [host.dev(), host.ino(), 1, 5]);
    assert_eq!(bytes[16], 4);
    let time = |seconds: i64, nanoseconds: i64| (seconds * 1_000_000_000 + nanoseconds).cast_unsigned();
    assert_eq!(field(48), time(host.mtime(), host.mtime_nsec()));
    let memory = guest.memory();
    memory.slice(RESULT, 64).unwrap().copy_from(&[0xaa; 64]);
    unstable_fd_filestat_get(&guest.state, &memory, file, RESULT).unwrap();
    let old: [u8; 64] = guest.bytes(RESULT);
    assert_eq!(u64::from_le_bytes(old[24..32].try_into().unwrap()), 5);
    assert_eq!(old[56..], [0xaa; 8]);
}

#[test]
fn times_of_descriptors() {
    let (mut guest, file) = with_file();
    let memory = guest.memory();
    fd_filestat_set_times(&guest.state, &memory, file, 1_000_000_007, 2_000_000_009, 0b101).unwrap();
    let host = fs::metadata(guest.host("granted/new")).unwrap();
    assert_eq!((host.atime(), host.atime_nsec(), host.mtime(), host.mtime_nsec()), (1, 7, 2, 9));
    fd_filestat_set_times(&guest.state, &memory, file, 0, 0, 0b1000).unwrap();
    let host = fs::metadata(guest.host("granted/new")).unwrap();
    assert_eq!(host.atime(), 1);
    assert!(host.mtime() > 1_600_000_000);
    for flags in [0b11, 0b1100, 0b10000, u32::MAX] {
        assert_eq!(fd_filestat_set_times(&guest.state, &memory, file, 0, 0, flags), Err(Errno::Inval));
    }
}

#[test]
fn grants_have_names() {
    let mut guest = guest();
    for (fd, name) in [(3, "/"), (4, "/other"), (5, "/read-only")] {
        let memory = guest.memory();
        fd_prestat_get(&guest.state, &memory, fd, RESULT).unwrap();
        let length = u32::try_from(name.len()).unwrap();
        assert_eq!(guest.bytes::<8>(RESULT).as_slice(), [0u32.to_le_bytes(), length.to_le_bytes()].concat().as_slice());
        let memory = guest.memory();
        fd_prestat_dir_name(&guest.state, &memory, fd, 512, length).unwrap();
        assert_eq!(guest.memory().slice(512, length).unwrap().to_vec().unwrap(), name.as_bytes());
        let memory = guest.memory();
        assert_eq!(fd_prestat_dir_name(&guest.state, &memory, fd, 512, length - 1), Err(Errno::NameTooLong));
    }
    let opened = guest.open_directory(GRANTED, "dir").unwrap();
    for fd in [0, 2, opened, 99] {
        let memory = guest.memory();
        assert_eq!(fd_prestat_get(&guest.state, &memory, fd, RESULT), Err(Errno::BadF));
        assert_eq!(fd_prestat_dir_name(&guest.state, &memory, fd, 512, 100), Err(Errno::BadF));
    }
}

#[test]
fn numbers_are_reused_lowest_first() {
    let mut guest = guest();
    let first = guest.open(GRANTED, "file").unwrap();
    let second = guest.open(GRANTED, "file").unwrap();
    assert_eq!((first, second), (6, 7));
    guest.close(first);
    assert_eq!(guest.read(first, 1), Err(Errno::BadF));
    assert_eq!(guest.open(GRANTED, "file"), Ok(first));
    let memory = guest.memory();
    fd_renumber(&guest.state, &memory, second, GRANTED).unwrap();
    assert_eq!(guest.read(GRANTED, 6).as_deref(), Ok(b"inside".as_slice()));
    assert_eq!(guest.read(second, 1), Err(Errno::BadF));
    let memory = guest.memory();
    assert_eq!(fd_renumber(&guest.state, &memory, GRANTED, 1000), Err(Errno::BadF));
    assert_eq!(fd_close(&guest.state, &memory, 1000), Err(Errno::BadF));
}

#[test]
fn a_pipe_without_a_reader_is_an_error() {
    // The test process ignores SIGPIPE, as every executable's start-up does.
    let (mut guest, _feed, drain) = with_pipes();
    assert_eq!(guest.write(1, b"x"), Ok(1));
    drop(drain);
    assert_eq!(guest.write(1, b"x"), Err(Errno::Pipe));
}

#[test]
fn pipes_have_no_position() {
    let (mut guest, feed, _drain) = with_pipes();
    assert_eq!(guest.seek(0, 0, 1), Err(Errno::SPipe));
    assert_eq!(guest.pread(0, 1, 0), Err(Errno::SPipe));
    assert_eq!(fdstat(&mut guest, 0).0, 0);
    rustix::io::write(&feed, b"abc").unwrap();
    assert_eq!(guest.read(0, 100).as_deref(), Ok(b"abc".as_slice()));
    drop(feed);
    assert_eq!(guest.read(0, 100).as_deref(), Ok(b"".as_slice()));
}

#[test]
fn not_blocking() {
    let (mut guest, feed, drain) = with_pipes();
    let nonblock = u32::from(fd_flags::NONBLOCK);
    let memory = guest.memory();
    fd_fdstat_set_flags(&guest.state, &memory, 0, nonblock).unwrap();
    fd_fdstat_set_flags(&guest.state, &memory, 1, nonblock).unwrap();
    assert_eq!(guest.read(0, 1), Err(Errno::Again));
    rustix::io::write(&feed, b"a").unwrap();
    assert_eq!(guest.read(0, 1).as_deref(), Ok(b"a".as_slice()));
    let mut written = 0;
    let full = loop {
        match guest.write(1, &[0; 4096]) {
            Ok(count) => written += count,
            Err(error) => break error,
        }
    };
    assert_eq!(full, Errno::Again);
    assert!(written >= 4096);
    drop(drain);
}

#[test]
fn a_blocked_read_stops_nobody_else() {
    let (guest, feed, _drain) = with_pipes();
    let mut memory = super::super::guest::tests::TestMemory::new(64);
    let mut other = super::super::guest::tests::TestMemory::new(64);
    thread::scope(|scope| {
        let (state, feed) = (&guest.state, &feed);
        let reader = scope.spawn(move || {
            let memory = memory.guest();
            memory.pointer::<u32>(0).unwrap().write(32);
            memory.pointer::<u32>(4).unwrap().write(8);
            fd_read(state, &memory, 0, 0, 1, 8).map(|()| memory.pointer::<u32>(8).unwrap().read())
        });
        thread::sleep(Duration::from_millis(30));
        // Both the table and the very descriptor that is being read are free.
        fd_fdstat_get(state, &other.guest(), 0, 0).unwrap();
        fd_close(state, &other.guest(), 0).unwrap();
        rustix::io::write(feed, b"late").unwrap();
        assert_eq!(reader.join().unwrap(), Ok(4));
    });
}

#[test]
fn a_missing_stream_is_null_or_inherited() {
    let mut guest = Guest::with_config(WasiConfig::default());
    assert_eq!(guest.read(0, 8).as_deref(), Ok(b"".as_slice()));
    assert_eq!(guest.write(1, b"swallowed"), Ok(9));
    assert_eq!(guest.seek(1, 0, 0), Err(Errno::SPipe));
    let memory = guest.memory();
    fd_filestat_get(&guest.state, &memory, 2, RESULT).unwrap();
    assert_eq!(guest.read(3, 1), Err(Errno::BadF));
}

#[test]
fn a_full_device_is_an_error() {
    let Ok(full) = rustix::fs::open("/dev/full", OFlags::WRONLY | OFlags::CLOEXEC, rustix::fs::Mode::empty()) else {
        return;
    };
    let stdio = [Stdio::Null, Stdio::Open(full), Stdio::Null];
    let mut guest = Guest::with_config(WasiConfig { stdio, ..WasiConfig::default() });
    assert_eq!(guest.write(1, b"x"), Err(Errno::NoSpc));
}
