//! What we need from a triple: architecture, object format, calling convention, page and guard sizes.

use crate::error::{Error, Result};
use cranelift_codegen::isa::CallConv;
use std::str::FromStr;
use target_lexicon::{Architecture, BinaryFormat, OperatingSystem, Triple};

/// A supported target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    triple: Triple,
    /// Which architecture.
    pub arch: Arch,
}

/// A supported architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arch {
    /// x86-64.
    X86_64,
    /// 64-bit Arm.
    Aarch64,
}

impl Target {
    /// Parses a triple, or the short form `x86_64-linux`.
    pub fn parse(name: &str) -> Result<Self> {
        let full = match name {
            "x86_64-linux" => "x86_64-unknown-linux-gnu",
            "aarch64-linux" => "aarch64-unknown-linux-gnu",
            other => other,
        };
        let unsupported = || {
            Error::unsupported(format!("target `{name}` is not supported"))
                .with_help("supported: x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu; `aot targets` lists them")
        };
        let triple = Triple::from_str(full).map_err(|_| unsupported())?;
        let arch = match triple.architecture {
            Architecture::X86_64 => Arch::X86_64,
            Architecture::Aarch64(_) => Arch::Aarch64,
            _ => return Err(unsupported()),
        };
        if triple.binary_format != BinaryFormat::Elf || triple.operating_system != OperatingSystem::Linux {
            return Err(Error::unsupported(format!(
                "target `{name}` is not supported yet: only ELF objects for Linux are"
            ))
            .with_help("supported: x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu; `aot targets` lists them"));
        }
        Ok(Target { triple, arch })
    }

    /// The triple, as Cranelift wants it.
    #[must_use]
    pub fn triple(&self) -> &Triple {
        &self.triple
    }

    /// Calling convention of C on this target.
    #[must_use]
    pub fn native_call_conv(&self) -> CallConv {
        CallConv::triple_default(&self.triple)
    }

    /// Where memory 0 of an executable lives unless told otherwise.
    #[must_use]
    pub fn default_memory_base(&self) -> u64 {
        match self.arch {
            Arch::X86_64 => aot_abi::FIXED_MEMORY_BASE_X86_64,
            Arch::Aarch64 => aot_abi::FIXED_MEMORY_BASE_AARCH64,
        }
    }
}
