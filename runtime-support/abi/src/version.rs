//! Versions of a program for different processors, of which the process entry chooses one.

use crate::image::ModuleImage;

/// What every processor of the architecture has that we compile for.
pub const ANY_PROCESSOR: u64 = 0;

/// All that the level x86-64-v3 has, usable: AVX2, BMI, FMA, F16C, LZCNT, MOVBE.
pub const X86_64_V3: u64 = 1;

/// Value of [`crate::symbol::PROCESSOR`] from the start on: nobody has asked.
pub const NOT_ASKED: u8 = 0;
/// Value of [`crate::symbol::PROCESSOR`]: what is compiled for any processor runs.
pub const WITHOUT_AVX2: u8 = 1;
/// Value of [`crate::symbol::PROCESSOR`]: what is compiled for AVX2 runs.
pub const WITH_AVX2: u8 = 2;

/// At the symbol [`crate::symbol::VERSIONS`]: how many [`Version`]s follow.
#[repr(C)]
#[derive(Debug)]
pub struct Versions {
    /// At least one.
    pub count: u64,
    /// The first runs anywhere, the last one whose processor this is is chosen.
    pub first: [Version; 1],
}

/// One version.
#[repr(C)]
#[derive(Debug)]
pub struct Version {
    /// [`ANY_PROCESSOR`] or [`X86_64_V3`].
    pub processor: u64,
    /// The program.
    pub image: *const ModuleImage,
}
