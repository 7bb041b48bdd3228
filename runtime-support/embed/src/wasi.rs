//! WASI for instances whose modules were compiled with it: what each gets.
#![allow(unsafe_code, reason = "tells the runtime about an instance that it has by pointer")]

use crate::instance::Instance;
use aot_runtime::Instance as RuntimeInstance;
use aot_runtime::wasi::{self, Capture, HostDirectory, Preopen, Stdio, Strings};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Descriptors that an instance may have at once where nobody says how many: the process has only so many.
const DESCRIPTORS: u32 = 128;

/// What an instance gets of WASI: nothing, until more is said. Without one, instances have neither arguments nor variables,
/// their standard streams are empty, and there are no files. Clocks and random numbers are there for all.
///
/// ```
/// let output = aot_embed::WasiOutput::new(1 << 20);
/// let wasi = aot_embed::WasiConfig::new().arg("plugin").env("LANG", "C").stdin("some text").stdout(&output);
/// let settings = aot_embed::Settings::new().wasi(wasi);
/// ```
///
/// Instances made with the same one share what it names, as a directory or an output, and nothing else.
#[derive(Debug, Clone, Default)]
pub struct WasiConfig {
    arguments: Strings,
    environment: Strings,
    streams: [Stream; 3],
    directories: Vec<(PathBuf, String, bool)>,
    descriptors: Option<u32>,
}

#[derive(Debug, Clone, Default)]
enum Stream {
    #[default]
    Null,
    Inherit,
    Bytes(Arc<[u8]>),
    Output(WasiOutput),
}

/// What instances write to their standard output or error, kept for the host. Clones are the same output.
#[derive(Debug, Clone)]
pub struct WasiOutput(Arc<Capture>);

/// Something that was granted cannot be opened.
#[derive(Debug)]
pub struct WasiError(wasi::StartError);

impl fmt::Display for WasiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for WasiError {}

impl WasiOutput {
    /// Keeps so many bytes at most: then guests are told that the device is full.
    #[must_use]
    pub fn new(limit: usize) -> WasiOutput {
        WasiOutput(Arc::new(Capture::new(limit)))
    }

    /// What was written so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.bytes()
    }

    /// Takes what was written so far, which makes room for as much again.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

/// [`WasiConfig::give`], which only those refer to who ask for WASI: others are linked without.
pub(crate) type GiveWasi = unsafe fn(&WasiConfig, &RuntimeInstance) -> Result<(), WasiError>;

impl WasiConfig {
    /// Nothing.
    #[must_use]
    pub fn new() -> WasiConfig {
        WasiConfig::default()
    }

    /// One more argument. The first is the program's name. It ends where it has a null.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<[u8]>) -> WasiConfig {
        self.arguments.push(argument.as_ref());
        self
    }

    /// A variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<[u8]>) -> WasiConfig {
        self.environment.push(&[name.as_bytes(), b"=", value.as_ref()].concat());
        self
    }

    /// A directory of the host, which the guest calls `guest`. No path leads out of it.
    #[must_use]
    pub fn directory(self, host: impl AsRef<Path>, guest: &str) -> WasiConfig {
        self.grant(host.as_ref(), guest, false)
    }

    /// A directory in which the guest cannot change anything.
    #[must_use]
    pub fn read_only_directory(self, host: impl AsRef<Path>, guest: &str) -> WasiConfig {
        self.grant(host.as_ref(), guest, true)
    }

    /// Standard input is these bytes.
    #[must_use]
    pub fn stdin(self, bytes: impl Into<Vec<u8>>) -> WasiConfig {
        self.stream(0, Stream::Bytes(bytes.into().into()))
    }

    /// Standard output is kept.
    #[must_use]
    pub fn stdout(self, output: &WasiOutput) -> WasiConfig {
        self.stream(1, Stream::Output(output.clone()))
    }

    /// Standard error is kept.
    #[must_use]
    pub fn stderr(self, output: &WasiOutput) -> WasiConfig {
        self.stream(2, Stream::Output(output.clone()))
    }

    /// Standard input is the process's.
    #[must_use]
    pub fn inherit_stdin(self) -> WasiConfig {
        self.stream(0, Stream::Inherit)
    }

    /// Standard output is the process's. What is printed by Rust may come later, because it is buffered.
    #[must_use]
    pub fn inherit_stdout(self) -> WasiConfig {
        self.stream(1, Stream::Inherit)
    }

    /// Standard error is the process's.
    #[must_use]
    pub fn inherit_stderr(self) -> WasiConfig {
        self.stream(2, Stream::Inherit)
    }

    /// How many descriptors the instance may have at once, standard streams and directories included; otherwise 128.
    #[must_use]
    pub fn descriptors(mut self, maximum: u32) -> WasiConfig {
        self.descriptors = Some(maximum);
        self
    }

    fn grant(mut self, host: &Path, guest: &str, read_only: bool) -> WasiConfig {
        self.directories.push((host.to_owned(), guest.to_owned(), read_only));
        self
    }

    fn stream(mut self, number: usize, stream: Stream) -> WasiConfig {
        self.streams[number] = stream;
        self
    }

    /// Gives it to an instance.
    ///
    /// # Safety
    /// The instance is not running.
    pub(crate) unsafe fn give(&self, instance: &RuntimeInstance) -> Result<(), WasiError> {
        let preopens = self.directories.iter().map(|(host, guest, read_only)| Preopen {
            host: HostDirectory::Path(host.as_os_str().as_bytes().to_vec()),
            guest_path: guest.as_bytes().to_vec(),
            read_only: *read_only,
        });
        let config = wasi::WasiConfig {
            arguments: self.arguments.clone(),
            environment: self.environment.clone(),
            stdio: self.streams.clone().map(|stream| match stream {
                Stream::Null => Stdio::Null,
                Stream::Inherit => Stdio::Inherit,
                Stream::Bytes(bytes) => Stdio::Bytes(bytes.to_vec()),
                Stream::Output(output) => Stdio::Capture(output.0),
            }),
            preopens: preopens.collect(),
            descriptor_maximum: Some(self.descriptors.unwrap_or(DESCRIPTORS)),
            ..wasi::WasiConfig::default()
        };
        // SAFETY: the caller's promise.
        unsafe { instance.set_wasi(config) }.map_err(WasiError)
    }
}

impl<H> Instance<H> {
    /// Gives the instance something else of WASI than it has: after [`Instance::reset`] it has nothing. What it had open is
    /// closed.
    ///
    /// # Errors
    /// When a directory cannot be opened; then the instance has what it had.
    pub fn set_wasi(&mut self, config: &WasiConfig) -> Result<(), WasiError> {
        // SAFETY: rule 2: whoever holds the instance exclusively does not run it.
        unsafe { config.give(&RuntimeInstance::from_context(self.context())) }
    }
}
