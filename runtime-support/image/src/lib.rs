//! The freestanding archive: nothing but what `aot-freestanding` and `aot-runtime` bring, as one library.
#![no_std]
#![deny(unsafe_code)]

mod entry;
