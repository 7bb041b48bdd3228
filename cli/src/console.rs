//! `Console`: the three standard streams, so that tests can stand in for the terminal.

use crate::diagnostic::{Failure, Message};
use std::io::{ErrorKind, IsTerminal, Read, Write};

/// The standard streams of one run of the command.
#[allow(missing_debug_implementations, reason = "it holds streams, which have nothing to show")]
pub struct Console<'a> {
    /// Standard input: the module, when the input is `-`.
    pub input: &'a mut dyn Read,
    /// Standard output: what was asked for.
    pub out: &'a mut dyn Write,
    /// Standard error: everything said about it.
    pub err: &'a mut dyn Write,
    /// Standard error is a terminal: colours and progress make sense.
    pub interactive: bool,
    /// These are the streams of this process: a program can take its place.
    pub is_process: bool,
}

impl<'a> Console<'a> {
    /// The streams of this process.
    pub fn of_process(
        input: &'a mut std::io::Stdin,
        out: &'a mut std::io::Stdout,
        err: &'a mut std::io::Stderr,
    ) -> Self {
        let interactive = err.is_terminal();
        Console { input, out, err, interactive, is_process: true }
    }

    /// Streams that nobody watches.
    pub fn captured(input: &'a mut dyn Read, out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Console { input, out, err, interactive: false, is_process: false }
    }

    /// Writes what was asked for to standard output.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self.out.write_all(bytes).and_then(|()| self.out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::ReaderGone),
            Err(error) => {
                Err(Message::machine(format!("cannot write to standard output: {}", describe(&error))).into())
            }
        }
    }

    /// Writes to standard error. Nothing can be said about a failure to do so.
    pub(crate) fn complain(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes());
        let _ = self.err.flush();
    }
}

/// An operating system's error as messages say it: lower case, without the number.
pub(crate) fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        // Only a capital that begins a sentence, not an acronym.
        Some(first) if !characters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;
    use std::io::Error;

    #[test]
    fn system_errors_read_as_part_of_a_sentence() {
        assert_eq!(describe(&Error::from_raw_os_error(2)), "no such file or directory");
        assert_eq!(describe(&Error::from_raw_os_error(28)), "no space left on device");
        assert_eq!(describe(&Error::other("EOF came early")), "EOF came early");
    }
}
