//! Talking to a server over loopback: what is sent, and what has to come back.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// One connection from its start to its end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// What is sent and what comes back, in turn.
    pub talk: Vec<[String; 2]>,
    /// Sent all at once at the end in pieces of this many bytes, with a pause between them.
    #[serde(default, rename = "piece-bytes")]
    pub piece_bytes: usize,
}

/// How long to wait for a server to listen, or to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// An address nobody listens on. Somebody else could take it before the server does, but the kernel hands out others first.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Has these conversations, one after another; gives up when the server has `ended` before it listened.
pub fn converse(address: SocketAddr, connections: &[Connection], ended: &AtomicBool) -> Result<()> {
    for (number, connection) in connections.iter().enumerate() {
        let mut stream = connect(address, ended).with_context(|| format!("connection {number}"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        for [send, expect] in &connection.talk {
            match connection.piece_bytes {
                0 => stream.write_all(send.as_bytes())?,
                bytes => {
                    for piece in send.as_bytes().chunks(bytes) {
                        stream.write_all(piece)?;
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
            }
            let mut answer = vec![0; expect.len()];
            stream.read_exact(&mut answer).with_context(|| format!("connection {number}: the answer to {send:?}"))?;
            let answer = String::from_utf8_lossy(&answer);
            ensure!(answer == *expect, "connection {number}: to {send:?} it answers {answer:?} instead of {expect:?}");
        }
        // The server may have closed its side already.
        let _ = stream.shutdown(Shutdown::Write);
        let mut rest = Vec::new();
        match stream.read_to_end(&mut rest) {
            Ok(_) => ensure!(rest.is_empty(), "connection {number}: then it says {:?}", String::from_utf8_lossy(&rest)),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => return Err(error).with_context(|| format!("connection {number}: its end")),
        }
    }
    Ok(())
}

fn connect(address: SocketAddr, ended: &AtomicBool) -> Result<TcpStream> {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => return Ok(stream),
            Err(_) if ended.load(Ordering::Relaxed) => bail!("the server ended without listening"),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused && start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => return Err(error).context("nobody listens"),
        }
    }
}
