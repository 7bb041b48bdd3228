//! Features: proposals ↔ wasmparser flags ↔ defaults ↔ what we make of them, in one table.
//!
//! A proposal can be *supported*; *planned*, when the validator knows it but no code is generated yet, so that a module
//! that needs it gets an error about the first operator it needs it for; or *never*, when even validation refuses it.

use crate::error::{Error, ErrorKind, Result};
use wasmparser::WasmFeatures;

/// One row of [`TABLE`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Feature {
    /// As `--features` spells it.
    pub name: &'static str,
    /// Since which version of the specification it is part of it.
    pub version: Version,
    /// What we make of it.
    pub status: Status,
    /// Whether it is on unless turned off.
    pub default: bool,
    /// Features without which it cannot be on.
    needs: &'static [&'static str],
    flag: WasmFeatures,
}

/// A version of the core specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 1.0.
    Wasm1,
    /// 2.0.
    Wasm2,
    /// 3.0.
    Wasm3,
    /// Not part of any yet.
    Proposed,
}

/// What we make of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Complete.
    Supported,
    /// Validated, but a module whose code needs it is refused.
    Planned,
    /// Refused by the validator.
    Never,
}

/// Every proposal we know of.
pub const TABLE: &[Feature] = &{
    use Status::{Never, Planned, Supported};
    use Version::{Proposed, Wasm1, Wasm2, Wasm3};

    const fn row(
        name: &'static str,
        version: Version,
        status: Status,
        needs: &'static [&'static str],
        flag: WasmFeatures,
    ) -> Feature {
        Feature { name, version, status, default: !matches!(status, Status::Never), needs, flag }
    }

    [
        row("mutable-globals", Wasm1, Supported, &[], WasmFeatures::MUTABLE_GLOBAL),
        row("sign-extension", Wasm2, Supported, &[], WasmFeatures::SIGN_EXTENSION),
        row("saturating-float-to-int", Wasm2, Supported, &[], WasmFeatures::SATURATING_FLOAT_TO_INT),
        row("multi-value", Wasm2, Supported, &[], WasmFeatures::MULTI_VALUE),
        row("bulk-memory", Wasm2, Supported, &[], WasmFeatures::BULK_MEMORY),
        row("reference-types", Wasm2, Supported, &[], WasmFeatures::REFERENCE_TYPES),
        row("simd", Wasm2, Supported, &[], WasmFeatures::SIMD),
        row("relaxed-simd", Wasm3, Supported, &["simd"], WasmFeatures::RELAXED_SIMD),
        row("tail-call", Wasm3, Supported, &[], WasmFeatures::TAIL_CALL),
        row("extended-const", Wasm3, Supported, &[], WasmFeatures::EXTENDED_CONST),
        row("multi-memory", Wasm3, Supported, &[], WasmFeatures::MULTI_MEMORY),
        row("memory64", Wasm3, Supported, &[], WasmFeatures::MEMORY64),
        row("function-references", Wasm3, Supported, &["reference-types"], WasmFeatures::FUNCTION_REFERENCES),
        row("gc", Wasm3, Planned, &["function-references"], WasmFeatures::GC),
        row("exceptions", Wasm3, Planned, &["reference-types"], WasmFeatures::EXCEPTIONS),
        row("threads", Proposed, Supported, &[], WasmFeatures::THREADS),
        row("wide-arithmetic", Proposed, Supported, &[], WasmFeatures::WIDE_ARITHMETIC),
        row("custom-page-sizes", Proposed, Supported, &[], WasmFeatures::CUSTOM_PAGE_SIZES),
        row("compact-imports", Proposed, Supported, &[], WasmFeatures::COMPACT_IMPORTS),
        row("legacy-exceptions", Proposed, Never, &[], WasmFeatures::LEGACY_EXCEPTIONS),
        row("stack-switching", Proposed, Never, &[], WasmFeatures::STACK_SWITCHING),
        row("shared-everything-threads", Proposed, Never, &[], WasmFeatures::SHARED_EVERYTHING_THREADS),
        row("memory-control", Proposed, Never, &[], WasmFeatures::MEMORY_CONTROL),
        row("custom-descriptors", Proposed, Never, &[], WasmFeatures::CUSTOM_DESCRIPTORS),
        row("acquire-release-atomics", Proposed, Never, &[], WasmFeatures::ACQUIRE_RELEASE_ATOMICS),
        row("multibyte-array-access", Proposed, Never, &[], WasmFeatures::MULTIBYTE_ARRAY_ACCESS),
    ]
};

/// The proposals that modules may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features(WasmFeatures);

impl Default for Features {
    fn default() -> Self {
        Features::where_(|feature| feature.default)
    }
}

impl Features {
    /// Everything in this version of the specification.
    #[must_use]
    pub fn version(version: Version) -> Self {
        Features::where_(|feature| feature.version <= version)
    }

    /// Parses a list such as `threads,-simd`: changes to the default, from left to right. `all`, `default`, `wasm1`,
    /// `wasm2` and `wasm3` stand for whole sets and forget what is to their left. Turning a feature on turns on what it
    /// needs; turning it off turns off what needs it.
    pub fn parse(list: &str) -> Result<Self> {
        let mut features = Features::default();
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "default" => features = Features::default(),
                "all" => features = Features::where_(|feature| feature.status != Status::Never),
                "wasm1" => features = Features::version(Version::Wasm1),
                "wasm2" => features = Features::version(Version::Wasm2),
                "wasm3" => features = Features::version(Version::Wasm3),
                _ => match name.strip_prefix('-') {
                    Some(name) => features.set(name, false)?,
                    None => features.set(name.strip_prefix('+').unwrap_or(name), true)?,
                },
            }
        }
        Ok(features)
    }

    /// Turns one feature on or off, with what it needs or what needs it.
    pub fn set(&mut self, name: &str, on: bool) -> Result<()> {
        let Some(feature) = find(name) else {
            let known: Vec<_> = supported().map(|feature| feature.name).collect();
            return Err(Error::new(ErrorKind::Options, format!("there is no feature `{name}`"))
                .with_help(format!("features: {}; sets: all, default, wasm1, wasm2, wasm3", known.join(", "))));
        };
        if on && feature.status == Status::Never {
            return Err(Error::new(ErrorKind::Options, format!("the {name} proposal is not supported")));
        }
        self.set_with_dependencies(feature, on);
        Ok(())
    }

    /// Whether a feature is on. Unknown ones are not.
    #[must_use]
    pub fn is_enabled(&self, name: &str) -> bool {
        find(name).is_some_and(|feature| self.0.contains(feature.flag))
    }

    /// Names of the features that are on, in the order of [`TABLE`].
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        TABLE.iter().filter(|feature| self.0.contains(feature.flag)).map(|feature| feature.name)
    }

    /// As the validator wants them.
    pub(crate) fn to_wasmparser(&self) -> WasmFeatures {
        // These two are not proposals: they only allow the validator to be stricter than any version of the language.
        self.0 | WasmFeatures::FLOATS | WasmFeatures::GC_TYPES
    }

    fn where_(choose: impl Fn(&Feature) -> bool) -> Self {
        let chosen = TABLE.iter().filter(|feature| choose(feature));
        Features(chosen.fold(WasmFeatures::empty(), |flags, feature| flags | feature.flag))
    }

    fn set_with_dependencies(&mut self, feature: &Feature, on: bool) {
        self.0.set(feature.flag, on);
        for other in TABLE {
            let affected = if on { feature.needs.contains(&other.name) } else { other.needs.contains(&feature.name) };
            if affected && self.0.contains(other.flag) != on {
                self.set_with_dependencies(other, on);
            }
        }
    }
}

/// The row of the first feature with one of these flags.
pub(crate) fn with_flag(flags: WasmFeatures) -> Option<&'static Feature> {
    TABLE.iter().find(|feature| feature.flag.intersects(flags))
}

fn find(name: &str) -> Option<&'static Feature> {
    TABLE.iter().find(|feature| feature.name == name)
}

fn supported() -> impl Iterator<Item = &'static Feature> {
    TABLE.iter().filter(|feature| feature.status != Status::Never)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_change_the_default_from_left_to_right() {
        let features = Features::parse("-threads, simd,-simd").unwrap();
        assert!(!features.is_enabled("threads"));
        assert!(!features.is_enabled("simd"));
        assert!(features.is_enabled("memory64"));
        assert_eq!(Features::parse("").unwrap(), Features::default());
        assert_eq!(Features::parse("wasm1,all").unwrap(), Features::default());
    }

    #[test]
    fn sets_are_versions() {
        assert_eq!(Features::parse("wasm1").unwrap().names().collect::<Vec<_>>(), ["mutable-globals"]);
        let wasm2 = Features::parse("wasm2").unwrap();
        assert!(wasm2.is_enabled("simd") && !wasm2.is_enabled("tail-call"));
        let wasm3 = Features::parse("wasm3").unwrap();
        assert!(wasm3.is_enabled("gc") && !wasm3.is_enabled("threads"));
    }

    #[test]
    fn dependencies_follow_both_ways() {
        let without = Features::parse("-reference-types").unwrap();
        for name in ["function-references", "gc", "exceptions"] {
            assert!(!without.is_enabled(name), "{name}");
        }
        let with = Features::parse("wasm1,gc").unwrap();
        assert!(with.is_enabled("function-references") && with.is_enabled("reference-types"));
    }

    #[test]
    fn unknown_and_refused_names_are_errors() {
        assert!(Features::parse("thread").unwrap_err().help().unwrap().contains("threads"));
        assert_eq!(Features::parse("legacy-exceptions").unwrap_err().kind(), ErrorKind::Options);
        assert!(Features::parse("-legacy-exceptions").is_ok());
    }

    #[test]
    fn needs_name_rows_of_the_table() {
        for feature in TABLE {
            for need in feature.needs {
                assert!(find(need).is_some(), "{need}");
            }
        }
    }
}
