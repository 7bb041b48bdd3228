//! `poll_oneoff`: waits for the first of many descriptors and clocks.

use super::WasiState;
use super::clock::now;
use super::fd_table::{Descriptor, Host};
use super::guest::{GuestMemory, GuestSlice};
use super::types::{Errno, FileType, get, put, rights};
use alloc::sync::Arc;
use alloc::vec::Vec;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno as HostErrno;
use rustix::thread::clock_nanosleep_absolute;
use rustix::time::ClockId;

/// Bytes of an `event`, in both snapshots.
const EVENT_BYTES: usize = 32;

/// The wall clock may be set while we wait for one of its times; we look at it at least this often.
const WALL_CLOCK_LOOK: u64 = 1_000_000_000;

/// Where a snapshot has the fields of a `subscription`.
struct Layout {
    stride: usize,
    clock: usize,
    timeout: usize,
    flags: usize,
}

/// Preview 1: 48 bytes.
const PREVIEW_1: Layout = Layout { stride: 48, clock: 16, timeout: 24, flags: 40 };
/// Snapshot 0: 56 bytes, with an identifier before the clock.
const SNAPSHOT_0: Layout = Layout { stride: 56, clock: 24, timeout: 32, flags: 48 };

/// In both, the kind of subscription and what is common to it.
const TAG: usize = 8;
const DESCRIPTOR: usize = 16;

const KIND_CLOCK: u8 = 0;
const KIND_READ: u8 = 1;
const KIND_WRITE: u8 = 2;

/// `subclockflags`: the timeout is a time of the clock.
const ABSOLUTE: u16 = 1;

/// `eventrwflags`: the other side is gone.
const HANGUP: u16 = 1;

/// What one subscription waits for.
enum Wait {
    /// Until this clock shows this time.
    Clock { clock: ClockId, deadline: u64 },
    /// Until this descriptor is ready; the index is into the list for the kernel.
    Descriptor { descriptor: Arc<Descriptor>, polled: usize, kind: u8 },
    /// Nothing: the answer is known.
    Known(Event),
}

struct Subscription {
    user_data: u64,
    kind: u8,
    wait: Wait,
}

#[derive(Clone, Copy)]
struct Event {
    result: Result<(), Errno>,
    byte_count: u64,
    flags: u16,
}

impl Event {
    const READY: Event = Event { result: Ok(()), byte_count: 0, flags: 0 };

    fn failed(error: Errno) -> Event {
        Event { result: Err(error), ..Event::READY }
    }
}

/// Waits, with preview 1's subscriptions.
pub(crate) fn poll_oneoff(
    state: &WasiState,
    memory: &GuestMemory,
    subscriptions: u32,
    events: u32,
    count: u32,
    stored: u32,
) -> Result<(), Errno> {
    poll_with_layout(&PREVIEW_1, state, memory, subscriptions, events, count, stored)
}

/// Waits, with snapshot 0's subscriptions.
pub(crate) fn unstable_poll_oneoff(
    state: &WasiState,
    memory: &GuestMemory,
    subscriptions: u32,
    events: u32,
    count: u32,
    stored: u32,
) -> Result<(), Errno> {
    poll_with_layout(&SNAPSHOT_0, state, memory, subscriptions, events, count, stored)
}

fn poll_with_layout(
    layout: &Layout,
    state: &WasiState,
    memory: &GuestMemory,
    subscriptions: u32,
    events: u32,
    count: u32,
    stored: u32,
) -> Result<(), Errno> {
    if count == 0 {
        // It would wait for ever.
        return Err(Errno::Inval);
    }
    let subscriptions = memory.array(subscriptions, count, layout.stride as u32)?;
    let events = memory.array(events, count, EVENT_BYTES as u32)?;
    let stored = memory.pointer::<u32>(stored)?;

    // All of it is read before any of it is overwritten: the arrays may overlap.
    let subscriptions = Subscriptions::read(layout, state, subscriptions)?;
    let answers = subscriptions.wait()?;

    let mut written = 0;
    for (subscription, answer) in subscriptions.list.iter().zip(answers) {
        if let Some(event) = answer {
            let mut bytes = [0; EVENT_BYTES];
            put(&mut bytes, 0, &subscription.user_data.to_le_bytes());
            put(&mut bytes, 8, &event.result.map_or_else(|error| error as u16, |()| 0).to_le_bytes());
            put(&mut bytes, 10, &[subscription.kind]);
            put(&mut bytes, 16, &event.byte_count.to_le_bytes());
            put(&mut bytes, 24, &event.flags.to_le_bytes());
            events.part(written as usize * EVENT_BYTES, EVENT_BYTES).copy_from(&bytes);
            written += 1;
        }
    }
    stored.write(written);
    Ok(())
}

struct Subscriptions {
    list: Vec<Subscription>,
    /// For each entry of the kernel's list: the subscription whose descriptor it is, and what to look for.
    polled: Vec<(usize, PollFlags)>,
}

impl Subscriptions {
    fn read(layout: &Layout, state: &WasiState, from: GuestSlice<'_>) -> Result<Subscriptions, Errno> {
        let count = from.byte_length() / layout.stride;
        let mut subscriptions = Subscriptions { list: Vec::new(), polled: Vec::new() };
        subscriptions.list.try_reserve_exact(count).map_err(|_| Errno::NoMem)?;
        for index in 0..count {
            // As large as the larger of the two layouts.
            let mut bytes = [0; 56];
            from.part(index * layout.stride, layout.stride).copy_to(&mut bytes);
            let kind = bytes[TAG];
            let wait = match kind {
                KIND_CLOCK => clock(
                    u32::from_le_bytes(get(&bytes, layout.clock)),
                    u64::from_le_bytes(get(&bytes, layout.timeout)),
                    u16::from_le_bytes(get(&bytes, layout.flags)),
                )?,
                KIND_READ | KIND_WRITE => {
                    subscriptions.descriptor(state, u32::from_le_bytes(get(&bytes, DESCRIPTOR)), kind)?
                }
                _ => return Err(Errno::Inval),
            };
            let user_data = u64::from_le_bytes(get(&bytes, 0));
            subscriptions.list.push(Subscription { user_data, kind, wait });
        }
        Ok(subscriptions)
    }

    /// What a subscription to a descriptor waits for. That the descriptor is bad is an event, not an error of the call.
    fn descriptor(&mut self, state: &WasiState, fd: u32, kind: u8) -> Result<Wait, Errno> {
        let descriptor = match state.descriptor_with(fd, rights::POLL_FD_READWRITE) {
            Ok(descriptor) => descriptor,
            Err(error) => return Ok(Wait::Known(Event::failed(error))),
        };
        match &descriptor.host {
            Host::Null => return Ok(Wait::Known(Event { byte_count: u64::from(kind == KIND_WRITE), ..Event::READY })),
            Host::Input(input) => {
                let byte_count = if kind == KIND_READ { input.available() as u64 } else { 0 };
                return Ok(Wait::Known(Event { byte_count, ..Event::READY }));
            }
            Host::Captured(_) => {
                return Ok(Wait::Known(Event { byte_count: u64::from(kind == KIND_WRITE), ..Event::READY }));
            }
            Host::Closed => return Ok(Wait::Known(Event::failed(Errno::BadF))),
            Host::Owned(_) | Host::Inherited(_) => {}
        }
        let events = if kind == KIND_READ { PollFlags::IN } else { PollFlags::OUT };
        // Guests subscribe to reading and writing one after the other; one entry for both halves the kernel's list, whose length
        // is limited.
        if let (Some((_, wanted)), Some(Subscription { wait: Wait::Descriptor { descriptor: last, polled, .. }, .. })) =
            (self.polled.last_mut(), self.list.last())
            && Arc::ptr_eq(last, &descriptor)
        {
            *wanted |= events;
            return Ok(Wait::Descriptor { polled: *polled, descriptor, kind });
        }
        self.polled.try_reserve(1).map_err(|_| Errno::NoMem)?;
        self.polled.push((self.list.len(), events));
        Ok(Wait::Descriptor { polled: self.polled.len() - 1, descriptor, kind })
    }

    /// Waits until something happens; the answer to each subscription that is ready.
    fn wait(&self) -> Result<Vec<Option<Event>>, Errno> {
        if let [Subscription { wait: Wait::Clock { clock, deadline }, .. }] = &self.list[..] {
            sleep(*clock, *deadline)?;
        }
        let mut polled: Vec<PollFd<'_>> = Vec::new();
        polled.try_reserve_exact(self.polled.len()).map_err(|_| Errno::NoMem)?;
        for (index, events) in &self.polled {
            let Wait::Descriptor { descriptor, .. } = &self.list[*index].wait else {
                unreachable!("only descriptors are entered into `polled`")
            };
            polled.push(PollFd::from_borrowed_fd(descriptor.fd()?, *events));
        }
        let mut answers: Vec<Option<Event>> = Vec::new();
        answers.try_reserve_exact(self.list.len()).map_err(|_| Errno::NoMem)?;
        loop {
            match poll(&mut polled, self.timeout().as_ref()) {
                Ok(_) => {}
                Err(HostErrno::INTR) => continue,
                Err(error) => return Err(error.into()),
            }
            answers.clear();
            answers.extend(self.list.iter().map(|subscription| subscription.answer(&polled)));
            if answers.iter().any(Option::is_some) {
                return Ok(answers);
            }
        }
    }

    /// How long to wait at most.
    fn timeout(&self) -> Option<Timespec> {
        let left = self.list.iter().filter_map(|subscription| match &subscription.wait {
            Wait::Known(_) => Some(0),
            Wait::Clock { clock, deadline } => {
                let left = deadline.saturating_sub(now(*clock));
                Some(if *clock == ClockId::Realtime { left.min(WALL_CLOCK_LOOK) } else { left })
            }
            Wait::Descriptor { .. } => None,
        });
        left.min().map(timespec)
    }
}

impl Subscription {
    /// The event, if it has happened.
    fn answer(&self, polled: &[PollFd<'_>]) -> Option<Event> {
        match &self.wait {
            Wait::Known(event) => Some(*event),
            Wait::Clock { clock, deadline } => (now(*clock) >= *deadline).then_some(Event::READY),
            Wait::Descriptor { descriptor, polled: index, kind } => {
                readiness(descriptor, polled[*index].revents(), *kind)
            }
        }
    }
}

/// What the kernel's answer means for one direction.
fn readiness(descriptor: &Descriptor, answer: PollFlags, kind: u8) -> Option<Event> {
    if answer.contains(PollFlags::NVAL) {
        return Some(Event::failed(Errno::BadF));
    }
    let gone = answer.intersects(PollFlags::HUP | PollFlags::ERR);
    let ready = answer.contains(if kind == KIND_READ { PollFlags::IN } else { PollFlags::OUT });
    if !ready && !gone {
        return None;
    }
    let byte_count = match descriptor.fd() {
        Err(error) => return Some(Event::failed(error)),
        Ok(fd) if kind == KIND_READ && ready => available(fd, descriptor.file_type),
        // At least one; no host says how many.
        Ok(_) => u64::from(ready),
    };
    Some(Event { result: Ok(()), byte_count, flags: if gone { HANGUP } else { 0 } })
}

/// How many bytes a read would give.
fn available(fd: BorrowedFd<'_>, file_type: FileType) -> u64 {
    if file_type == FileType::RegularFile
        && let (Ok(stat), Ok(position)) = (rustix::fs::fstat(fd), rustix::fs::tell(fd))
    {
        return u64::try_from(stat.st_size).unwrap_or(0).saturating_sub(position);
    }
    // A listening socket has connections instead of bytes: one at least.
    rustix::io::ioctl_fionread(fd).unwrap_or(1)
}

/// What a subscription to a clock waits for.
fn clock(clock: u32, timeout: u64, flags: u16) -> Result<Wait, Errno> {
    if flags & !ABSOLUTE != 0 {
        return Err(Errno::Inval);
    }
    let absolute = flags & ABSOLUTE != 0;
    let clock = match clock {
        // A span of time is the same for both, and setting the wall clock must not change it.
        0 if absolute => ClockId::Realtime,
        0 | 1 => ClockId::Monotonic,
        // Nothing can wait for the time that it does not use.
        2 | 3 => return Ok(Wait::Known(Event::failed(Errno::NotSup))),
        _ => return Ok(Wait::Known(Event::failed(Errno::Inval))),
    };
    let deadline = if absolute { timeout } else { now(clock).saturating_add(timeout) };
    Ok(Wait::Clock { clock, deadline })
}

/// Sleeps until a clock's time, which may be set meanwhile.
fn sleep(clock: ClockId, deadline: u64) -> Result<(), Errno> {
    Ok(rustix::io::retry_on_intr(|| clock_nanosleep_absolute(clock, &timespec(deadline)))?)
}

#[allow(clippy::cast_possible_wrap, reason = "seconds and nanoseconds of a u64 of nanoseconds are far from the sign")]
fn timespec(nanoseconds: u64) -> Timespec {
    Timespec { tv_sec: (nanoseconds / 1_000_000_000) as i64, tv_nsec: (nanoseconds % 1_000_000_000) as i64 }
}

#[cfg(test)]
#[path = "poll_tests.rs"]
mod tests;
