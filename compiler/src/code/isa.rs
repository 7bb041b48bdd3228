//! Options → `TargetIsa`: the only file that spells Cranelift's settings.
//!
//! Code is always *near*: `is_pic` is off and every name that CLIF mentions is declared colocated, libcalls included. In
//! Cranelift's terms that gives `lea sym(%rip)` and `call sym` on x86-64, `adrp`/`add` and `bl sym` on aarch64: neither a
//! GOT nor an absolute address, so the result links into a fixed-address executable, a PIE and a shared library alike.
//! `is_pic` would load every address through the GOT, even of the module's own context (Cranelift looks at nothing else
//! there). A name that is not colocated would become an absolute relocation in `.text`; `object::functions` refuses it.

use crate::error::{Error, ErrorKind, Result};
use crate::optimizations::Optimization;
use crate::options::{CpuLevel, Optimize, Options};
use crate::target::Arch;
use cranelift_codegen::gimli::write::CommonInformationEntry;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use target_lexicon::Triple;

/// x86-64-v2: what every server and desktop since about 2009 has. Without SSE4.1 and SSSE3, `ceil`, `floor`, `trunc`,
/// `nearest` and `i8x16.swizzle` would be calls.
const X86_64_V2: &[&str] = &["sse3", "ssse3", "sse41", "sse42", "popcnt", "cmpxchg16b"];

/// What x86-64-v3 adds.
const X86_64_V3: &[&str] = &["avx", "avx2", "bmi1", "bmi2", "lzcnt", "fma"];

/// Features that Cranelift expects to come with others.
const IMPLIED: &[(&str, &[&str])] = &[
    ("avx512vbmi", &["avx512f"]),
    ("avx512vnni", &["avx512f"]),
    ("avx512bitalg", &["avx512f"]),
    ("avx512vl", &["avx512f"]),
    ("avx512dq", &["avx512f"]),
    ("avx512f", &["avx2", "fma"]),
    ("avx_vnni", &["avx2"]),
    ("avx2", &["avx"]),
    ("fma", &["avx"]),
    ("avx", &["sse42"]),
    ("sse42", &["sse41"]),
    ("sse41", &["ssse3"]),
    ("ssse3", &["sse3"]),
    ("i8mm", &["dotprod"]),
];

/// How hard Cranelift works on a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// As the options say.
    Full,
    /// For functions so large that the optimiser or the register allocator would take gigabytes.
    Reduced,
}

/// What the register is for in which a program may keep a global: `r15` on x86-64, `x21` on aarch64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GlobalRegister {
    /// Anything; callees keep it.
    Free,
    /// The global; nobody saves it.
    Taken,
}

/// The instruction set and settings that these options ask for.
pub(crate) fn build(options: &Options, effort: Effort, register: GlobalRegister) -> Result<OwnedTargetIsa> {
    let triple = options.target.triple().clone();
    let mut builder = isa::lookup(triple.clone())
        .map_err(|error| Error::unsupported(format!("no code generator for `{triple}`: {error}")))?;
    enable_cpu_level(&mut builder, options, &triple)?;
    enable_named_features(&mut builder, options)?;
    let flags = settings::Flags::new(shared_settings(options, effort, register));
    builder
        .finish(flags)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("cannot set up the code generator: {error}")))
}

/// The head of every unwind entry of this target.
pub(crate) fn unwind_head(options: &Options) -> Result<CommonInformationEntry> {
    let isa = build(options, Effort::Full, GlobalRegister::Free)?;
    Ok(isa.create_systemv_cie().expect("both supported architectures have System V unwind information"))
}

fn shared_settings(options: &Options, effort: Effort, register: GlobalRegister) -> settings::Builder {
    let mut builder = settings::builder();
    let mut set = |name: &str, value: &str| {
        builder.set(name, value).expect("the name and the value are Cranelift's own");
    };
    let fast = options.optimize == Optimize::None || effort == Effort::Reduced;
    set(
        "opt_level",
        match options.optimize {
            _ if fast => "none",
            Optimize::None => "none",
            Optimize::Speed => "speed",
            Optimize::SpeedAndSize => "speed_and_size",
        },
    );
    set("regalloc_algorithm", if fast { "single_pass" } else { "backtracking" });
    set("enable_alias_analysis", if fast { "false" } else { "true" });
    set("enable_verifier", bool_text(options.verify));
    // See the top of this file.
    set("is_pic", "false");
    set("use_colocated_libcalls", "true");
    // Backtraces walk frame pointers.
    set("preserve_frame_pointers", "true");
    set("unwind_info", "true");
    // A guard page catches stack overflow only when no frame can step over it.
    set("enable_probestack", "true");
    set("probestack_strategy", "inline");
    set("enable_heap_access_spectre_mitigation", bool_text(options.spectre));
    set("enable_table_access_spectre_mitigation", bool_text(options.spectre));
    set("enable_nan_canonicalization", bool_text(options.deterministic));
    // More results than registers, outside of the Tail convention.
    set("enable_multi_ret_implicit_sret", "true");
    set("tls_model", "none");
    set("enable_pinned_reg", bool_text(register == GlobalRegister::Taken));
    // Where loops are in the code is what decides where functions start.
    set("machine_code_cfg_info", bool_text(places_loops(options)));
    builder
}

/// Whether functions start where it is good for their loops.
pub(crate) fn places_loops(options: &Options) -> bool {
    options.optimize == Optimize::Speed && options.optimizations.has(Optimization::LoopPlacement)
}

/// Where functions start otherwise: Cranelift wants one byte on x86-64; 32 is what fetch and the µop cache like.
pub(crate) fn preferred_alignment(options: &Options) -> u32 {
    if options.optimize == Optimize::SpeedAndSize { 16 } else { 32 }
}

fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn enable_cpu_level(builder: &mut isa::Builder, options: &Options, triple: &Triple) -> Result<()> {
    let mut enable_all = |features: &[&str]| {
        for feature in features {
            builder.enable(&format!("has_{feature}")).expect("the features of a level are Cranelift's own");
        }
    };
    match (options.cpu.level, options.target.arch) {
        (CpuLevel::Baseline, Arch::X86_64) => enable_all(X86_64_V2),
        (CpuLevel::Baseline, Arch::Aarch64) => {}
        (CpuLevel::X86_64V3, Arch::X86_64) => {
            enable_all(X86_64_V2);
            enable_all(X86_64_V3);
        }
        (CpuLevel::X86_64V3, Arch::Aarch64) => {
            return Err(Error::new(ErrorKind::Options, "the processor level x86-64-v3 needs an x86_64 target"));
        }
        (CpuLevel::Native, _) => {
            if Triple::host().architecture != triple.architecture {
                return Err(Error::new(
                    ErrorKind::Options,
                    format!(
                        "the processor level native needs a target with this machine's architecture, not `{triple}`"
                    ),
                ));
            }
            cranelift_native::infer_native_flags(builder)
                .map_err(|error| Error::unsupported(format!("this machine's processor is not supported: {error}")))?;
        }
    }
    Ok(())
}

fn enable_named_features(builder: &mut isa::Builder, options: &Options) -> Result<()> {
    let known: Vec<String> =
        builder.iter().filter_map(|setting| setting.name.strip_prefix("has_")).map(str::to_owned).collect();
    let mut wanted: Vec<&str> = options.cpu.features.iter().map(String::as_str).collect();
    while let Some(feature) = wanted.pop() {
        if !known.iter().any(|name| name == feature) {
            return Err(Error::new(ErrorKind::Options, format!("unknown processor feature `{feature}`"))
                .with_help(format!("features of this target: {}", known.join(", "))));
        }
        builder.enable(&format!("has_{feature}")).expect("the feature has just been found");
        if let Some((_, implied)) = IMPLIED.iter().find(|(name, _)| *name == feature) {
            wanted.extend(*implied);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Cpu;
    use crate::target::Target;

    fn options(target: &str, level: CpuLevel, features: &[&str]) -> Options {
        let mut options = Options::new(Target::parse(target).expect("a supported target"));
        options.cpu = Cpu { level, features: features.iter().map(|&name| name.to_owned()).collect() };
        options
    }

    fn full(options: &Options) -> Result<OwnedTargetIsa> {
        build(options, Effort::Full, GlobalRegister::Free)
    }

    fn flags(options: &Options) -> String {
        let isa = full(options).expect("valid options");
        isa.isa_flags().iter().map(|value| format!("{value};")).collect()
    }

    #[test]
    fn levels_turn_features_on() {
        let baseline = flags(&options("x86_64-linux", CpuLevel::Baseline, &[]));
        assert!(baseline.contains("has_sse42=1") && baseline.contains("has_avx=0"), "{baseline}");
        let v3 = flags(&options("x86_64-linux", CpuLevel::X86_64V3, &[]));
        assert!(v3.contains("has_fma=1") && v3.contains("has_popcnt=1"), "{v3}");
    }

    #[test]
    fn named_features_bring_what_they_imply() {
        let flags = flags(&options("x86_64-linux", CpuLevel::Baseline, &["avx512f"]));
        for feature in ["has_avx512f=1", "has_avx2=1", "has_avx=1", "has_fma=1"] {
            assert!(flags.contains(feature), "{flags}");
        }
    }

    #[test]
    fn unknown_features_and_foreign_levels_are_errors() {
        let error = full(&options("aarch64-linux", CpuLevel::Baseline, &["avx2"]))
            .map(|_| ())
            .expect_err("not a feature of this architecture");
        assert_eq!(error.kind(), ErrorKind::Options);
        assert!(error.help().is_some_and(|help| help.contains("lse")));
        assert!(full(&options("aarch64-linux", CpuLevel::X86_64V3, &[])).is_err());
        let foreign = if cfg!(target_arch = "x86_64") { "aarch64-linux" } else { "x86_64-linux" };
        assert!(full(&options(foreign, CpuLevel::Native, &[])).is_err());
    }
}
