//! Text for people, put together without `core::fmt`.
//!
//! Formatting machinery is linked as a whole once anything uses it: 6 KB, a tenth of a small executable, for messages that
//! most programs never print. What can be said without it says so by [`Describe`]; [`describe_for_hosts`] adds the usual
//! `Display`, which executables do not link. Nothing here is inlined, for the same reason.

use alloc::string::String;

/// Text that grows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Text(String);

/// What has a text for people.
pub trait Describe {
    /// Adds it.
    fn describe(&self, text: &mut Text);
}

impl Text {
    /// The text of one thing.
    #[must_use]
    pub fn of(what: &(impl Describe + ?Sized)) -> Text {
        let mut text = Text::default();
        what.describe(&mut text);
        text
    }

    /// Adds words.
    #[inline(never)]
    pub fn words(&mut self, words: &str) -> &mut Text {
        self.0.push_str(words);
        self
    }

    /// Adds what should be UTF-8, with a replacement character for each part that is not.
    #[inline(never)]
    pub fn bytes(&mut self, mut bytes: &[u8]) -> &mut Text {
        loop {
            match core::str::from_utf8(bytes) {
                Ok(words) => return self.words(words),
                Err(error) => {
                    let (valid, rest) = bytes.split_at(error.valid_up_to());
                    self.words(core::str::from_utf8(valid).unwrap_or_default()).words("\u{fffd}");
                    bytes = rest.get(error.error_len().unwrap_or(rest.len())..).unwrap_or_default();
                }
            }
        }
    }

    /// Adds a number.
    #[inline(never)]
    pub fn number(&mut self, value: u64) -> &mut Text {
        self.digits(value, 10, 1)
    }

    /// Adds `0x` and at least this many digits.
    #[inline(never)]
    pub fn hexadecimal(&mut self, value: u64, digits: u32) -> &mut Text {
        self.words("0x").digits(value, 16, digits)
    }

    #[inline(never)]
    fn digits(&mut self, value: u64, base: u64, least: u32) -> &mut Text {
        if value >= base || least > 1 {
            self.digits(value / base, base, least.saturating_sub(1));
        }
        self.0.push(char::from(b"0123456789abcdef"[(value % base) as usize & 15]));
        self
    }

    /// The text so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Text> for String {
    fn from(text: Text) -> String {
        text.0
    }
}

impl Describe for str {
    fn describe(&self, text: &mut Text) {
        text.words(self);
    }
}

impl Describe for Text {
    fn describe(&self, text: &mut Text) {
        text.words(&self.0);
    }
}

/// `Display` of what can describe itself.
macro_rules! describe_for_hosts {
    ($type:ty) => {
        impl core::fmt::Display for $type {
            fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                out.write_str($crate::text::Text::of(self).as_str())
            }
        }
    };
}
pub(crate) use describe_for_hosts;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_formatting_writes_them() {
        for value in [0, 1, 9, 10, 15, 16, 255, 4096, 65_536, u64::MAX] {
            assert_eq!(Text::default().number(value).as_str(), std::format!("{value}"));
            assert_eq!(Text::default().hexadecimal(value, 4).as_str(), std::format!("{value:#06x}"));
        }
    }

    #[test]
    fn what_is_not_utf8_is_replaced_as_the_standard_library_replaces_it() {
        for bytes in
            [b"".as_slice(), b"plain", b"a\xffb", b"\xe2\x82", b"\xe2\x82\xac\xc3", b"\xff\xff", "é".as_bytes()]
        {
            assert_eq!(Text::default().bytes(bytes).as_str(), String::from_utf8_lossy(bytes));
        }
    }
}
