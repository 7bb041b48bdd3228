//! Sockets over loopback, with the standard library on the other side.

use super::super::fd::{fd_fdstat_get, fd_fdstat_set_flags, fd_prestat_get};
use super::super::testing::{DATA, Guest, RESULT};
use super::super::{Listener, WasiConfig};
use super::{Errno, fd_flags, listen, sock_accept, sock_recv, sock_send, sock_shutdown};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::string::ToString;
use std::vec;
use std::vec::Vec;

const LISTENER: u32 = 3;

/// A guest that listens on a free port, and where.
fn listening() -> (Guest, SocketAddr) {
    let listeners = vec![Listener::at(b"127.0.0.1:0")];
    let guest = Guest::with_config(WasiConfig { listeners, ..WasiConfig::default() });
    let descriptor = guest.state.descriptor(LISTENER).unwrap();
    let address = rustix::net::getsockname(descriptor.fd().unwrap()).unwrap();
    let address = SocketAddr::try_from(address).unwrap();
    (guest, address)
}

fn accept(guest: &mut Guest, flags: u16) -> Result<u32, Errno> {
    let memory = guest.memory();
    sock_accept(&guest.state, &memory, LISTENER, u32::from(flags), RESULT)?;
    Ok(guest.result())
}

fn vectors(guest: &mut Guest, parts: &[u32]) -> u32 {
    let memory = guest.memory();
    let mut address = DATA;
    for (index, part) in (0..).zip(parts) {
        memory.pointer::<u32>(256 + 8 * index).unwrap().write(address);
        memory.pointer::<u32>(260 + 8 * index).unwrap().write(*part);
        address += part;
    }
    256
}

fn receive(guest: &mut Guest, fd: u32, parts: &[u32], flags: u32) -> Result<Vec<u8>, Errno> {
    let vectors = vectors(guest, parts);
    let memory = guest.memory();
    let count = u32::try_from(parts.len()).unwrap();
    sock_recv(&guest.state, &memory, fd, vectors, count, flags, RESULT, RESULT + 4)?;
    let count = guest.result();
    guest.memory().slice(DATA, count).unwrap().to_vec()
}

fn send(guest: &mut Guest, fd: u32, bytes: &[u8], parts: &[u32]) -> Result<u32, Errno> {
    let vectors = vectors(guest, parts);
    let memory = guest.memory();
    memory.slice(DATA, u32::try_from(bytes.len()).unwrap()).unwrap().copy_from(bytes);
    sock_send(&guest.state, &memory, fd, vectors, u32::try_from(parts.len()).unwrap(), 0, RESULT)?;
    Ok(guest.result())
}

#[test]
fn a_conversation() {
    let (mut guest, address) = listening();
    let mut client = TcpStream::connect(address).unwrap();
    let connection = accept(&mut guest, 0).unwrap();
    assert_eq!(connection, LISTENER + 1);
    client.write_all(b"hello world").unwrap();
    assert_eq!(receive(&mut guest, connection, &[5, 1, 5], 2).as_deref(), Ok(b"hello world".as_slice()));
    assert_eq!(send(&mut guest, connection, b"goodbye", &[4, 3]), Ok(7));
    let mut answer = [0; 7];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"goodbye");
    // Plain reading and writing work as well: this is what most libraries use.
    client.write_all(b"again").unwrap();
    assert_eq!(guest.read(connection, 5).as_deref(), Ok(b"again".as_slice()));
    assert_eq!(guest.write(connection, b"yes"), Ok(3));
    client.read_exact(&mut answer[..3]).unwrap();
    assert_eq!(&answer[..3], b"yes");
    let memory = guest.memory();
    sock_shutdown(&guest.state, &memory, connection, 2).unwrap();
    assert_eq!(client.read(&mut answer).unwrap(), 0);
}

#[test]
fn peeking_and_flags() {
    let (mut guest, address) = listening();
    let mut client = TcpStream::connect(address).unwrap();
    let connection = accept(&mut guest, 0).unwrap();
    client.write_all(b"abc").unwrap();
    assert_eq!(receive(&mut guest, connection, &[3], 1 | 2).as_deref(), Ok(b"abc".as_slice()));
    assert_eq!(receive(&mut guest, connection, &[2], 1).as_deref(), Ok(b"ab".as_slice()));
    assert_eq!(receive(&mut guest, connection, &[10], 0).as_deref(), Ok(b"abc".as_slice()));
    assert_eq!(receive(&mut guest, connection, &[1], 4), Err(Errno::Inval));
    let memory = guest.memory();
    assert_eq!(sock_send(&guest.state, &memory, connection, 0, 0, 1, RESULT), Err(Errno::Inval));
    for how in [0, 4, u32::MAX] {
        assert_eq!(sock_shutdown(&guest.state, &memory, connection, how), Err(Errno::Inval));
    }
}

#[test]
fn not_blocking() {
    let (mut guest, address) = listening();
    let memory = guest.memory();
    fd_fdstat_set_flags(&guest.state, &memory, LISTENER, u32::from(fd_flags::NONBLOCK)).unwrap();
    assert_eq!(accept(&mut guest, 0), Err(Errno::Again));
    let _client = TcpStream::connect(address).unwrap();
    let connection = accept(&mut guest, fd_flags::NONBLOCK).unwrap();
    assert_eq!(receive(&mut guest, connection, &[1], 0), Err(Errno::Again));
    assert_eq!(guest.read(connection, 1), Err(Errno::Again));
    assert_eq!(accept(&mut guest, fd_flags::APPEND), Err(Errno::Inval));
}

#[test]
fn a_lost_peer_is_an_error_not_a_signal() {
    let (mut guest, address) = listening();
    let client = TcpStream::connect(address).unwrap();
    let connection = accept(&mut guest, 0).unwrap();
    drop(client);
    let lost = (0..1_000).find_map(|_| send(&mut guest, connection, b"x", &[1]).err()).unwrap();
    assert!(matches!(lost, Errno::Pipe | Errno::ConnReset), "{lost:?}");
    assert!(matches!(guest.write(connection, b"x"), Err(Errno::Pipe)));
}

#[test]
fn a_bad_address_loses_no_connection() {
    let (mut guest, address) = listening();
    let mut client = TcpStream::connect(address).unwrap();
    let memory = guest.memory();
    assert_eq!(sock_accept(&guest.state, &memory, LISTENER, 0, u32::MAX - 2), Err(Errno::Fault));
    let connection = accept(&mut guest, 0).unwrap();
    client.write_all(b"x").unwrap();
    assert_eq!(receive(&mut guest, connection, &[1], 0).as_deref(), Ok(b"x".as_slice()));
}

#[test]
fn what_is_no_socket() {
    let (mut guest, _) = listening();
    let memory = guest.memory();
    assert_eq!(sock_shutdown(&guest.state, &memory, 0, 3), Err(Errno::NotSock));
    assert_eq!(sock_shutdown(&guest.state, &memory, 99, 3), Err(Errno::BadF));
    assert_eq!(sock_accept(&guest.state, &memory, 1, 0, RESULT), Err(Errno::NotSock));
    assert_eq!(sock_recv(&guest.state, &memory, 0, 0, 0, 0, RESULT, RESULT), Err(Errno::NotSock));
    assert_eq!(sock_send(&guest.state, &memory, 1, 0, 0, 0, RESULT), Err(Errno::NotSock));
    assert_eq!(receive(&mut guest, LISTENER, &[1], 0), Err(Errno::NotConn));
}

#[test]
fn listeners_come_after_directories_and_look_like_sockets() {
    let (mut guest, _) = listening();
    let memory = guest.memory();
    fd_fdstat_get(&guest.state, &memory, LISTENER, RESULT).unwrap();
    assert_eq!(guest.bytes::<1>(RESULT), [6]);
    let memory = guest.memory();
    assert_eq!(fd_prestat_get(&guest.state, &memory, LISTENER, RESULT), Err(Errno::BadF));
}

#[test]
fn an_address_that_cannot_be_used_is_named() {
    let (_guest, address) = listening();
    let taken = address.to_string();
    assert_eq!(listen(taken.as_bytes()).err(), Some(rustix::io::Errno::ADDRINUSE));
    for (address, reason) in [
        (taken.as_str(), "the address is in use"),
        ("192.0.2.1:80", "the address is not one of this machine"),
        ("nonsense", "it is not of the form ADDRESS:PORT"),
        ("localhost:80", "it is not of the form ADDRESS:PORT"),
        ("127.0.0.1", "it is not of the form ADDRESS:PORT"),
    ] {
        let listeners = vec![Listener::at(address.as_bytes())];
        let error = super::super::WasiState::new(WasiConfig { listeners, ..WasiConfig::default() }).unwrap_err();
        assert_eq!(error.to_string(), std::format!("cannot grant `{address}`: {reason}"));
    }
}
