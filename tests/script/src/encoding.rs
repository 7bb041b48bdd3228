//! The bytes of a script: writer and reader side by side.
//!
//! Numbers are ULEB128, strings a length and UTF-8 bytes, values 16 bytes, lists a count and their items, alternatives
//! a number and their fields in the order of declaration.

use crate::directive::{Action, Directive, Expectation};
use crate::pattern::{Lane, Pattern, ReferenceKind, Value};
use alloc::string::String;
use alloc::vec::Vec;

/// Encodes a script.
#[must_use]
pub fn encode(directives: &[Directive]) -> Vec<u8> {
    let mut out = Vec::new();
    number(&mut out, directives.len() as u64);
    for directive in directives {
        match &directive.action {
            Action::Instantiate { image, instance } => {
                number(&mut out, 0);
                number(&mut out, u64::from(*image));
                number(&mut out, u64::from(*instance));
            }
            Action::Register { instance, name } => {
                number(&mut out, 1);
                number(&mut out, u64::from(*instance));
                string(&mut out, name);
            }
            Action::Invoke { instance, name, arguments } => {
                number(&mut out, 2);
                number(&mut out, u64::from(*instance));
                string(&mut out, name);
                number(&mut out, arguments.len() as u64);
                arguments.iter().for_each(|argument| out.extend_from_slice(&argument.0));
            }
            Action::Get { instance, name } => {
                number(&mut out, 3);
                number(&mut out, u64::from(*instance));
                string(&mut out, name);
            }
            Action::Retire { instance } => {
                number(&mut out, 4);
                number(&mut out, u64::from(*instance));
            }
            Action::Spawn { thread, shared, length } => {
                number(&mut out, 5);
                number(&mut out, u64::from(*thread));
                // 0 for none, like a reference.
                number(&mut out, shared.map_or(0, |instance| u64::from(instance) + 1));
                number(&mut out, u64::from(*length));
            }
            Action::Wait { thread } => {
                number(&mut out, 6);
                number(&mut out, u64::from(*thread));
            }
        }
        match &directive.expectation {
            Expectation::Success => number(&mut out, 0),
            Expectation::Results(patterns) => {
                number(&mut out, 1);
                list(&mut out, patterns);
            }
            Expectation::Trap(message) => {
                number(&mut out, 2);
                string(&mut out, message);
            }
            Expectation::Unlinkable(message) => {
                number(&mut out, 3);
                string(&mut out, message);
            }
            Expectation::Exception => number(&mut out, 4),
        }
    }
    out
}

fn list(out: &mut Vec<u8>, patterns: &[Pattern]) {
    number(out, patterns.len() as u64);
    for pattern in patterns {
        match pattern {
            Pattern::Exact(value) => {
                number(out, 0);
                out.extend_from_slice(&value.0);
            }
            Pattern::Floats { lane_bytes, lanes } => {
                number(out, 1);
                number(out, u64::from(*lane_bytes));
                number(out, lanes.len() as u64);
                for lane in lanes {
                    match lane {
                        Lane::Exact(bits) => {
                            number(out, 0);
                            number(out, *bits);
                        }
                        Lane::CanonicalNan => number(out, 1),
                        Lane::ArithmeticNan => number(out, 2),
                    }
                }
            }
            Pattern::NonNull => number(out, 2),
            Pattern::Reference(kind) => {
                number(out, 3);
                number(out, *kind as u64);
            }
            Pattern::Either(patterns) => {
                number(out, 4);
                list(out, patterns);
            }
        }
    }
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn string(out: &mut Vec<u8>, text: &str) {
    number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Decodes a script, directive by directive. `None` from [`Decoder::directive`] means that the bytes are damaged.
#[derive(Debug)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Decoder { bytes }
    }

    /// How many directives follow. To be called once, first.
    pub fn count(&mut self) -> Option<u64> {
        self.number()
    }

    /// The next directive.
    pub fn directive(&mut self) -> Option<Directive> {
        let action = match self.number()? {
            0 => Action::Instantiate { image: self.index()?, instance: self.index()? },
            1 => Action::Register { instance: self.index()?, name: self.string()? },
            2 => Action::Invoke {
                instance: self.index()?,
                name: self.string()?,
                arguments: self.items(|decoder| decoder.value())?,
            },
            3 => Action::Get { instance: self.index()?, name: self.string()? },
            4 => Action::Retire { instance: self.index()? },
            5 => Action::Spawn {
                thread: self.index()?,
                shared: self.number()?.checked_sub(1).map(u32::try_from).transpose().ok()?,
                length: self.index()?,
            },
            6 => Action::Wait { thread: self.index()? },
            _ => return None,
        };
        let expectation = match self.number()? {
            0 => Expectation::Success,
            1 => Expectation::Results(self.items(Self::pattern)?),
            2 => Expectation::Trap(self.string()?),
            3 => Expectation::Unlinkable(self.string()?),
            4 => Expectation::Exception,
            _ => return None,
        };
        Some(Directive { action, expectation })
    }

    fn pattern(&mut self) -> Option<Pattern> {
        Some(match self.number()? {
            0 => Pattern::Exact(self.value()?),
            1 => Pattern::Floats { lane_bytes: u8::try_from(self.number()?).ok()?, lanes: self.items(Self::lane)? },
            2 => Pattern::NonNull,
            3 => Pattern::Reference(match self.number()? {
                0 => ReferenceKind::Any,
                1 => ReferenceKind::Eq,
                2 => ReferenceKind::I31,
                3 => ReferenceKind::Struct,
                4 => ReferenceKind::Array,
                _ => return None,
            }),
            4 => Pattern::Either(self.items(Self::pattern)?),
            _ => return None,
        })
    }

    fn lane(&mut self) -> Option<Lane> {
        Some(match self.number()? {
            0 => Lane::Exact(self.number()?),
            1 => Lane::CanonicalNan,
            2 => Lane::ArithmeticNan,
            _ => return None,
        })
    }

    fn items<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()?;
        (0..count).map(|_| item(self)).collect()
    }

    fn number(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
            shift += 7;
        }
    }

    fn index(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    fn string(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(String::from(core::str::from_utf8(text).ok()?))
    }

    fn value(&mut self) -> Option<Value> {
        let (value, rest) = self.bytes.split_first_chunk::<16>()?;
        self.bytes = rest;
        Some(Value(*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    fn sample() -> Vec<Directive> {
        vec![
            Directive {
                action: Action::Instantiate { image: 300, instance: 2 },
                expectation: Expectation::Unlinkable("unknown import".into()),
            },
            Directive {
                action: Action::Register { instance: 2, name: "añ\0".into() },
                expectation: Expectation::Success,
            },
            Directive {
                action: Action::Invoke {
                    instance: 0,
                    name: "f".into(),
                    arguments: vec![Value::from_bits(u128::MAX), Value::host_reference(7)],
                },
                expectation: Expectation::Results(vec![
                    Pattern::Exact(Value::from_bits(3)),
                    Pattern::Either(vec![Pattern::NonNull, Pattern::Reference(ReferenceKind::Array)]),
                    Pattern::Floats {
                        lane_bytes: 4,
                        lanes: vec![Lane::Exact(0x7fc0_0000), Lane::CanonicalNan, Lane::ArithmeticNan, Lane::Exact(0)],
                    },
                ]),
            },
            Directive {
                action: Action::Get { instance: 1, name: "g".into() },
                expectation: Expectation::Trap("unreachable".into()),
            },
            Directive { action: Action::Get { instance: 1, name: String::new() }, expectation: Expectation::Exception },
        ]
    }

    #[test]
    fn round_trip() {
        let directives = sample();
        let bytes = encode(&directives);
        let mut decoder = Decoder::new(&bytes);
        assert_eq!(decoder.count(), Some(directives.len() as u64));
        for directive in &directives {
            assert_eq!(decoder.directive().as_ref(), Some(directive));
        }
        assert_eq!(decoder.directive(), None);
    }

    #[test]
    fn truncated_scripts_end_in_none() {
        let directives = sample();
        let bytes = encode(&directives);
        for length in 1..bytes.len() {
            let mut decoder = Decoder::new(&bytes[..length]);
            let count = decoder.count().expect("one byte of count");
            assert!((0..count).any(|_| decoder.directive().is_none()), "{length}");
        }
    }
}
