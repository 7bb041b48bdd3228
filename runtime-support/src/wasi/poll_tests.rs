//! Waiting for descriptors and clocks.

use super::super::testing::{GRANTED, Guest, RESULT};
use super::super::types::{fd_flags, open_flags, rights};
use super::super::{Resolution, Stdio, WasiConfig};
use super::{EVENT_BYTES, Errno, now, poll_oneoff, unstable_poll_oneoff};
use rustix::fd::OwnedFd;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::time::ClockId;
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

const SUBSCRIPTIONS: u32 = 4096;
const EVENTS: u32 = 65_536;
const MILLISECOND: u64 = 1_000_000;

type Bytes = [u8; 48];

fn clock(user_data: u64, clock: u32, timeout: u64, flags: u16) -> Bytes {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&user_data.to_le_bytes());
    bytes[16..20].copy_from_slice(&clock.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40..42].copy_from_slice(&flags.to_le_bytes());
    bytes
}

fn descriptor(user_data: u64, kind: u8, fd: u32) -> Bytes {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&user_data.to_le_bytes());
    bytes[8] = kind;
    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
    bytes
}

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Event {
    user_data: u64,
    error: u16,
    kind: u8,
    byte_count: u64,
    flags: u16,
}

fn poll(guest: &mut Guest, subscriptions: &[Bytes]) -> Result<Vec<Event>, Errno> {
    poll_at(guest, subscriptions, EVENTS)
}

fn poll_at(guest: &mut Guest, subscriptions: &[Bytes], events: u32) -> Result<Vec<Event>, Errno> {
    let memory = guest.memory();
    let bytes = subscriptions.concat();
    memory.slice(SUBSCRIPTIONS, u32::try_from(bytes.len()).unwrap()).unwrap().copy_from(&bytes);
    let count = u32::try_from(subscriptions.len()).unwrap();
    poll_oneoff(&guest.state, &memory, SUBSCRIPTIONS, events, count, RESULT)?;
    Ok((0..guest.result()).map(|index| event(guest, events + index * EVENT_BYTES as u32)).collect())
}

fn event(guest: &mut Guest, address: u32) -> Event {
    let bytes: [u8; EVENT_BYTES] = guest.bytes(address);
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let short = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap());
    Event { user_data: long(0), error: short(8), kind: bytes[10], byte_count: long(16), flags: short(24) }
}

fn ready(user_data: u64, kind: u8, byte_count: u64) -> Event {
    Event { user_data, error: 0, kind, byte_count, flags: 0 }
}

fn with_pipes() -> (Guest, OwnedFd, OwnedFd) {
    let (input, feed) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let (drain, output) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let stdio = [Stdio::Open(input), Stdio::Open(output), Stdio::Null];
    (Guest::with_config(WasiConfig { stdio, ..WasiConfig::default() }), feed, drain)
}

#[test]
fn clocks() {
    let mut guest = Guest::with_config(WasiConfig::default());
    let monotonic = now(ClockId::Monotonic);
    let realtime = now(ClockId::Realtime);
    for subscription in [
        clock(7, 1, 30 * MILLISECOND, 0),
        clock(7, 0, 30 * MILLISECOND, 0),
        clock(7, 1, monotonic + 130 * MILLISECOND, 1),
        clock(7, 0, realtime + 200 * MILLISECOND, 1),
    ] {
        let start = Instant::now();
        assert_eq!(poll(&mut guest, &[subscription]), Ok([ready(7, 0, 0)].to_vec()));
        assert!(start.elapsed() >= Duration::from_millis(20), "{:?}", start.elapsed());
    }
}

#[test]
fn times_past_and_zero_are_now() {
    let mut guest = Guest::with_config(WasiConfig::default());
    for subscription in [clock(1, 0, 0, 0), clock(1, 1, 0, 0), clock(1, 0, 5, 1), clock(1, 1, 5, 1)] {
        let start = Instant::now();
        assert_eq!(poll(&mut guest, &[subscription]).unwrap().len(), 1);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn the_first_of_several_clocks() {
    let mut guest = Guest::with_config(WasiConfig::default());
    let far = now(ClockId::Realtime) + 100_000 * MILLISECOND;
    let events = poll(&mut guest, &[clock(1, 1, u64::MAX, 0), clock(2, 1, 20 * MILLISECOND, 0), clock(3, 0, far, 1)]);
    assert_eq!(events, Ok([ready(2, 0, 0)].to_vec()));
}

#[test]
fn clocks_that_cannot_be_waited_for() {
    let mut guest = Guest::with_config(WasiConfig::default());
    for (id, error) in [(2, Errno::NotSup), (3, Errno::NotSup), (4, Errno::Inval)] {
        let event = poll(&mut guest, &[clock(9, id, 1, 0)]).unwrap()[0];
        assert_eq!((event.user_data, event.error), (9, error as u16));
    }
    assert_eq!(poll(&mut guest, &[clock(9, 1, 1, 2)]), Err(Errno::Inval));
}

#[test]
fn a_descriptor_before_a_clock() {
    let (mut guest, feed, _drain) = with_pipes();
    let events = poll(&mut guest, &[descriptor(1, 1, 0), clock(2, 1, 20 * MILLISECOND, 0)]);
    assert_eq!(events, Ok([ready(2, 0, 0)].to_vec()));
    rustix::io::write(&feed, b"abc").unwrap();
    let events = poll(&mut guest, &[clock(2, 1, 10_000 * MILLISECOND, 0), descriptor(1, 1, 0)]);
    assert_eq!(events, Ok([ready(1, 1, 3)].to_vec()));
}

#[test]
fn a_descriptor_that_becomes_ready() {
    let (mut guest, feed, _drain) = with_pipes();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(30));
            rustix::io::write(&feed, b"ab").unwrap();
        });
        assert_eq!(poll(&mut guest, &[descriptor(5, 1, 0)]), Ok([ready(5, 1, 2)].to_vec()));
    });
}

#[test]
fn reading_and_writing_of_many() {
    let (mut guest, feed, _drain) = with_pipes();
    rustix::io::write(&feed, b"x").unwrap();
    let mut wanted = Vec::new();
    for round in 0..100 {
        wanted.push(descriptor(2 * round, 1, 0));
        wanted.push(descriptor(2 * round + 1, 2, 1));
    }
    let events = poll(&mut guest, &wanted).unwrap();
    assert_eq!(events.len(), 200);
    for (index, event) in (0..).zip(events) {
        assert_eq!(event, ready(index, if index % 2 == 0 { 1 } else { 2 }, 1));
    }
}

#[test]
fn both_directions_of_one_descriptor() {
    let (one, two) = rustix::net::socketpair(
        rustix::net::AddressFamily::UNIX,
        rustix::net::SocketType::STREAM,
        rustix::net::SocketFlags::CLOEXEC,
        None,
    )
    .unwrap();
    let stdio = [Stdio::Open(one), Stdio::Null, Stdio::Null];
    let mut guest = Guest::with_config(WasiConfig { stdio, ..WasiConfig::default() });
    assert_eq!(poll(&mut guest, &[descriptor(1, 1, 0), descriptor(2, 2, 0)]), Ok([ready(2, 2, 1)].to_vec()));
    rustix::io::write(&two, b"12345").unwrap();
    let events = poll(&mut guest, &[descriptor(1, 1, 0), descriptor(2, 2, 0)]);
    assert_eq!(events, Ok([ready(1, 1, 5), ready(2, 2, 1)].to_vec()));
}

#[test]
fn the_other_side_is_gone() {
    let (mut guest, feed, drain) = with_pipes();
    drop(feed);
    drop(drain);
    let events = poll(&mut guest, &[descriptor(1, 1, 0), descriptor(2, 2, 1)]).unwrap();
    assert_eq!(
        events.iter().map(|event| (event.user_data, event.error, event.flags)).collect::<Vec<_>>(),
        [(1, 0, 1), (2, 0, 1)]
    );
}

#[test]
fn files_are_always_ready() {
    let mut guest = Guest::new(Resolution::Automatic);
    let wanted = rights::FD_READ | rights::FD_WRITE | rights::FD_SEEK | rights::POLL_FD_READWRITE;
    let file = guest.open_with(GRANTED, 1, "file", 0, wanted, 0).unwrap();
    guest.seek(file, 2, 0).unwrap();
    let events = poll(&mut guest, &[descriptor(1, 1, file), descriptor(2, 2, file)]);
    assert_eq!(events, Ok([ready(1, 1, 4), ready(2, 2, 1)].to_vec()));
    let poor = guest.open_with(GRANTED, 1, "new", open_flags::CREATE, rights::FD_READ, fd_flags::APPEND).unwrap();
    assert_eq!(poll(&mut guest, &[descriptor(1, 1, poor)]).unwrap()[0].error, Errno::NotCapable as u16);
}

#[test]
fn bad_descriptors_are_events() {
    let (mut guest, _feed, _drain) = with_pipes();
    let events = poll(&mut guest, &[descriptor(1, 1, 99), descriptor(2, 1, 0), descriptor(3, 2, u32::MAX)]).unwrap();
    assert_eq!(events.iter().map(|event| (event.user_data, event.error)).collect::<Vec<_>>(), [(1, 8), (3, 8)]);
}

#[test]
fn null_streams_are_ready() {
    let mut guest = Guest::with_config(WasiConfig::default());
    let events = poll(&mut guest, &[descriptor(1, 1, 0), descriptor(2, 2, 1)]);
    assert_eq!(events, Ok([ready(1, 1, 0), ready(2, 2, 1)].to_vec()));
}

#[test]
fn events_may_replace_subscriptions() {
    let mut guest = Guest::with_config(WasiConfig::default());
    let subscriptions: Vec<_> = (0..50).map(|index| clock(index, 1, 0, 0)).collect();
    let events = poll_at(&mut guest, &subscriptions, SUBSCRIPTIONS).unwrap();
    assert_eq!(events.iter().map(|event| event.user_data).collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
    let events = poll_at(&mut guest, &subscriptions, SUBSCRIPTIONS + 20).unwrap();
    assert_eq!(events.len(), 50);
}

#[test]
fn nothing_and_nonsense() {
    let mut guest = Guest::with_config(WasiConfig::default());
    assert_eq!(poll(&mut guest, &[]), Err(Errno::Inval));
    assert_eq!(poll(&mut guest, &[descriptor(1, 3, 0)]), Err(Errno::Inval));
    let memory = guest.memory();
    assert_eq!(poll_oneoff(&guest.state, &memory, 0, 0, u32::MAX, RESULT), Err(Errno::Fault));
    assert_eq!(poll_oneoff(&guest.state, &memory, 0, 0, 100_000, RESULT), Err(Errno::Fault));
    assert_eq!(poll_oneoff(&guest.state, &memory, 0, u32::MAX - 30, 1, RESULT), Err(Errno::Fault));
}

#[test]
fn snapshot_0_has_larger_subscriptions() {
    let (mut guest, feed, _drain) = with_pipes();
    rustix::io::write(&feed, b"x").unwrap();
    let memory = guest.memory();
    let mut bytes = [0; 112];
    bytes[0] = 1;
    bytes[24] = 1;
    bytes[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
    bytes[56] = 2;
    bytes[64] = 1;
    memory.slice(SUBSCRIPTIONS, 112).unwrap().copy_from(&bytes);
    unstable_poll_oneoff(&guest.state, &memory, SUBSCRIPTIONS, EVENTS, 2, RESULT).unwrap();
    assert_eq!(guest.result(), 1);
    assert_eq!(event(&mut guest, EVENTS), ready(2, 1, 1));
}
