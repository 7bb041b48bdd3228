//! Trap codes and their messages, in one table.

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// Why a program trapped.
        #[repr(u8)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Trap { $($(#[$doc])* $name = $code,)* }

        impl Trap {
            /// Every trap, by ascending code.
            pub const ALL: &'static [Trap] = &[$(Trap::$name),*];

            /// The trap with this code.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Trap> {
                match code { $($code => Some(Trap::$name),)* _ => None }
            }

            /// The message, in the spec suite's words where it has some.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Trap::$name => $message,)* }
            }

            /// The code that compiled code, tables and hosts see.
            #[must_use]
            pub const fn code(self) -> u8 { self as u8 }
        }
    };
}

// Codes start at 1: Cranelift reserves 0, and 0 in a table means "no trap here".
traps! {
    /// `unreachable` was executed.
    Unreachable = 1, "unreachable";
    /// A memory access was outside the memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// A table access was outside the table.
    TableOutOfBounds = 3, "out of bounds table access";
    /// The index of `call_indirect` was outside the table.
    UndefinedElement = 4, "undefined element";
    /// `call_indirect` found null.
    UninitializedElement = 5, "uninitialized element";
    /// `call_indirect` found a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// Integer division by zero.
    IntegerDivideByZero = 7, "integer divide by zero";
    /// Integer overflow.
    IntegerOverflow = 8, "integer overflow";
    /// A float out of range was converted to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// The stack is used up.
    StackOverflow = 10, "call stack exhausted";
    /// `ref.as_non_null` or a cast found null.
    NullReference = 11, "null reference";
    /// `call_ref` found null.
    NullFunctionReference = 12, "null function reference";
    /// An atomic access was not aligned.
    UnalignedAtomic = 13, "unaligned atomic";
    /// `memory.atomic.wait` on a memory that is not shared.
    ExpectedSharedMemory = 14, "expected shared memory";
    /// An exception reached the host.
    UncaughtException = 15, "uncaught exception";
    /// `array` access out of bounds.
    ArrayOutOfBounds = 16, "out of bounds array access";
    /// A cast failed.
    CastFailure = 17, "cast failure";
    /// No memory for an allocation of the guest.
    AllocationFailed = 18, "allocation failed";
    /// The host asked the guest to stop.
    Interrupted = 19, "interrupted";
    /// The guest's fuel is used up.
    OutOfFuel = 20, "out of fuel";
    /// A host function reported an error.
    HostError = 21, "host function failed";
    /// An import that was left without a definition was called.
    UnresolvedImport = 22, "unresolved import called";
    /// `struct` access through null.
    NullStructReference = 23, "null structure reference";
    /// `array` access through null.
    NullArrayReference = 24, "null array reference";
    /// `i31.get` of null.
    NullI31Reference = 25, "null i31 reference";
    /// `throw_ref` of null.
    NullExceptionReference = 26, "null exception reference";
    /// The guest called `proc_exit`. Not an error, but it ends the guest like one.
    Exited = 27, "the guest has exited";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for trap in Trap::ALL {
            assert_eq!(Trap::from_code(trap.code()), Some(*trap));
        }
        assert_eq!(Trap::from_code(0), None);
    }
}
