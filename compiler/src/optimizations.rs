//! The optimisations that can be switched off one by one: one table, from which come the command line's names, the suites
//! that run with each one off, and the questions that stages ask.

use crate::error::{Error, ErrorKind, Result};

macro_rules! optimizations {
    ($($(#[doc = $what:literal])+ $name:ident = $text:literal,)+) => {
        /// One optimisation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Optimization {
            $($(#[doc = $what])+ $name,)+
        }

        impl Optimization {
            /// All of them, facts first.
            pub const ALL: &[Optimization] = &[$(Optimization::$name,)+];

            /// As the command line spells it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Optimization::$name => $text,)+
                }
            }
        }
    };
}

optimizations! {
    /// Leave out functions that no root can reach.
    Reachable = "reachable",
    /// Globals that nobody writes are constants.
    ConstantGlobals = "constant-globals",
    /// Memories that nobody grows keep their length.
    FixedMemories = "fixed-memories",
    /// Tables that nobody writes keep their contents.
    FixedTables = "fixed-tables",
    /// `call_indirect` through such a table finds code in read-only data.
    CodeTables = "code-tables",
    /// `call_indirect` with few possible targets compares the index and calls them by name.
    Devirtualize = "devirtualize",
    /// The support library's 128-bit multiplication is the machine's.
    KnownBodies = "known-bodies",
    /// Callers take in small functions.
    Inline = "inline",
    /// Functions without tail calls have a convention without rules for them.
    TailCalls = "tail-calls",
    /// Executables keep the global that most functions write, which is the stack pointer, in a register.
    RegisterGlobal = "register-global",
    /// A branch to a loop that begins with a `br_table` goes where the table would send it.
    ThreadedDispatch = "threaded-dispatch",
    /// `memory.copy` and `memory.fill` check bounds in place, and move short constant lengths there.
    MemoryBlocks = "memory-blocks",
    /// Values that blocks only hand on are no parameters of them.
    PassedValues = "passed-values",
    /// Loops that copy, fill or search byte by byte take sixteen bytes at a time.
    ByteLoops = "byte-loops",
    /// Loads of bytes that an earlier load or store of the function makes known are left out.
    KnownMemory = "known-memory",
    /// 64-bit sums of which only the lower half is used are computed in 32 bits.
    NarrowSums = "narrow-sums",
    /// Sums of several words are added with carry.
    Carries = "carries",
    /// Comparisons with a memory's length leave what lies just behind it to a small guard.
    SmallGuards = "small-guards",
    /// Bounds checks of pointers that walk through a loop are made once, before it.
    LoopChecks = "loop-checks",
    /// Bounds checks that an earlier one or a known range makes superfluous are left out.
    RangeChecks = "range-checks",
    /// Masks that take nothing away, as of a byte that was loaded as one, are left out.
    Masks = "masks",
    /// Accesses near an earlier one use its address.
    NearAddresses = "near-addresses",
    /// Sums of addresses that cannot wrap are of 64 bits, and fold into accesses.
    WideAddresses = "wide-addresses",
    /// Loops compare a counter's next value, so that counting needs no copy.
    LoopExits = "loop-exits",
    /// 32-bit values that are used as addresses stay zero-extended.
    ZeroExtensions = "zero-extensions",
    /// For aarch64, a memory's constant base stays in a register.
    BaseRegisters = "base-registers",
    /// Vectors are loaded as what they are used as, so that AVX can take them from memory.
    VectorLoads = "vector-loads",
    /// Ways out of loops are laid out behind them.
    ExitEdges = "exit-edges",
    /// Executables for x86_64 hold functions with vectors in loops twice, for AVX2 and without.
    VectorVersions = "vector-versions",
    /// Functions start where their inner loops span the fewest cache lines.
    LoopPlacement = "loop-placement",
}

/// A set of optimisations: those that are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Optimizations(u64);

impl Default for Optimizations {
    fn default() -> Self {
        Optimizations::ALL
    }
}

impl Optimizations {
    /// Every one.
    pub const ALL: Optimizations = Optimizations(u64::MAX);
    /// None.
    pub const NONE: Optimizations = Optimizations(0);

    /// Whether this one is on.
    #[must_use]
    pub const fn has(self, which: Optimization) -> bool {
        self.0 & bit(which) != 0
    }

    /// The same without this one.
    #[must_use]
    pub const fn without(self, which: Optimization) -> Self {
        Optimizations(self.0 & !bit(which))
    }

    /// Everything but the named ones; `all` names all.
    pub fn parse_disabled<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut on = Optimizations::ALL;
        for name in names {
            let known = Optimization::ALL.iter().find(|candidate| candidate.name() == name);
            on = match known {
                Some(&which) => on.without(which),
                None if name == "all" => Optimizations::NONE,
                None => return Err(unknown(name)),
            };
        }
        Ok(on)
    }
}

const fn bit(which: Optimization) -> u64 {
    1 << which as u32
}

fn unknown(name: &str) -> Error {
    let names: Vec<&str> = Optimization::ALL.iter().map(|known| known.name()).collect();
    Error::new(ErrorKind::Options, format!("there is no optimisation `{name}`"))
        .with_help(format!("optimisations: all, {}", names.join(", ")))
}

const _: () = assert!(Optimization::ALL.len() <= 64, "a set is 64 bits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_switch_off_what_they_name() {
        let off = Optimizations::parse_disabled(["fixed-tables", "tail-calls"]).expect("both exist");
        assert!(!off.has(Optimization::FixedTables) && !off.has(Optimization::TailCalls));
        assert!(off.has(Optimization::Reachable));
        assert_eq!(Optimizations::parse_disabled(["all"]).expect("all exist"), Optimizations::NONE);
        assert_eq!(Optimizations::parse_disabled([]).expect("nothing is unknown"), Optimizations::ALL);
        assert!(Optimizations::parse_disabled(["luck"]).is_err());
    }

    #[test]
    fn no_two_share_a_name() {
        let mut names: Vec<&str> = Optimization::ALL.iter().map(|known| known.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Optimization::ALL.len());
    }
}
