//! Programs linked by us, by GNU ld and by lld do the same.

mod support;

use std::path::PathBuf;
use std::process::Command;

use aot_link::Architecture::{self, Aarch64, X86_64};
use aot_link::{Layout, Position};
use support::{BOTH, Scratch, gnu, have_toolchain, run};

/// Links `inputs` with us and with other linkers and compares what the results do; returns it.
fn compare(
    scratch: &Scratch,
    name: &str,
    inputs: &[PathBuf],
    layout: &Layout,
    others: &[String],
) -> (Option<i32>, String) {
    let ours = scratch.execute(&scratch.link(name, inputs, layout));
    let position: &[&str] = match layout.position {
        Position::Fixed { .. } => &["-static", "--defsym=__rela_dyn_start=0", "--defsym=__rela_dyn_end=0"],
        Position::Independent => &["-static", "-pie", "--no-dynamic-linker", "-z", "text"],
    };
    for linker in others {
        let other = scratch.path(&format!("{name}.{linker}"));
        run(Command::new(linker).args(position).arg("--gc-sections").arg("-o").arg(&other).args(inputs));
        assert_eq!(ours, scratch.execute(&other), "{name}: {linker} does it differently");
    }
    ours
}

const FEATURES: &str = "7b\nf\n2f\nzero\none\ntwo\npointer\n2\n1\n1\n1\n7\n3e7\nb\n2a\n6\n1\n1\n1\n";

fn features(architecture: Architecture, mode: &str, position: Position, flags: &[&str]) {
    if !have_toolchain(architecture) {
        return;
    }
    let scratch = Scratch::new(&format!("features-{mode}"), architecture);
    let main = scratch.compile("features.c", include_str!("programs/features.c"), flags);
    let library = scratch.compile("features_library.c", include_str!("programs/features_library.c"), flags);
    // The other linkers are told that a table of ours is at address zero, which some code models cannot reach.
    let start_flags: Vec<_> = flags.iter().copied().filter(|flag| !flag.starts_with("-mcmodel")).collect();
    let start = scratch.start(&start_flags);
    let archive = scratch.archive("library.a", "rcs", &[library, start]);
    let layout = Layout { position, ..Layout::new(architecture) };
    // The archive comes first to show that the order does not matter to us; the others are told by a symbol.
    let inputs = [main, archive];
    let mut others = vec![gnu(architecture, "ld")];
    // lld does not know the relocations of the tiny code model.
    if !flags.contains(&"-mcmodel=tiny") {
        others.push("ld.lld".into());
    }
    let (status, output) = compare(&scratch, "features", &inputs, &layout, &others);
    assert_eq!(output, FEATURES);
    assert_eq!(status, Some(42));
}

const FIXED: Position = Position::Fixed { base: Position::DEFAULT_BASE };

#[test]
fn fixed_program_of_fixed_objects() {
    for architecture in BOTH {
        features(architecture, "no-pic", FIXED, &["-fno-pic", "-fcommon"]);
    }
}

#[test]
fn fixed_program_of_position_independent_objects() {
    for architecture in BOTH {
        features(architecture, "pic", FIXED, &["-fPIC", "-fcommon"]);
    }
}

#[test]
fn fixed_program_with_debug_information() {
    for architecture in BOTH {
        features(architecture, "debug", FIXED, &["-fPIE", "-g", "-fcommon", "-O2"]);
    }
}

#[test]
fn independent_program() {
    for architecture in BOTH {
        let flags = ["-fPIE", "-fcommon", "-DWALK_DYNAMIC"];
        features(architecture, "pie", Position::Independent, &flags);
        let flags = ["-fPIC", "-fcommon", "-DWALK_DYNAMIC", "-g"];
        features(architecture, "pie-pic", Position::Independent, &flags);
    }
}

/// Start code that finds its corrections by our symbols is the same code in both positions.
#[test]
fn corrections_are_found_by_symbol() {
    for architecture in BOTH {
        if !have_toolchain(architecture) {
            continue;
        }
        let scratch = Scratch::new("by-symbol", architecture);
        let source = include_str!("programs/features.c");
        let inputs = [
            scratch.compile("features.c", source, &["-fPIE", "-fcommon"]),
            scratch.compile("features_library.c", include_str!("programs/features_library.c"), &["-fPIE", "-fcommon"]),
            scratch.start(&["-fPIE", "-fcommon"]),
        ];
        for position in [FIXED, Position::Independent] {
            let layout = Layout { position, ..Layout::new(architecture) };
            let result = scratch.execute(&scratch.link("features", &inputs, &layout));
            assert_eq!(result, (Some(42), FEATURES.into()), "{position:?}");
        }
    }
}

#[test]
fn every_relocation_kind_gives_the_same_address() {
    for (architecture, name, source, expected) in [
        (X86_64, "relocations_x86_64.S", include_str!("programs/relocations_x86_64.S"), 20),
        (Aarch64, "relocations_aarch64.S", include_str!("programs/relocations_aarch64.S"), 21),
    ] {
        if !have_toolchain(architecture) {
            continue;
        }
        let scratch = Scratch::new("relocations", architecture);
        let inputs = [scratch.compile(name, source, &[]), scratch.start(&["-fno-pic"])];
        // There are kinds that lld does not know.
        let others = [gnu(architecture, "ld")];
        let (status, _) = compare(&scratch, "relocations", &inputs, &Layout::new(architecture), &others);
        assert_eq!(status, Some(expected), "{architecture:?}");
    }
}

/// Other code models use other relocations.
#[test]
fn other_code_models() {
    for (architecture, flags) in [
        (X86_64, ["-mcmodel=large", "-fno-pic"]),
        (X86_64, ["-mcmodel=large", "-fPIC"]),
        (X86_64, ["-mcmodel=medium", "-fPIC"]),
        (Aarch64, ["-mcmodel=large", "-fno-pic"]),
        (Aarch64, ["-mcmodel=tiny", "-fno-pic"]),
    ] {
        let mode = format!("{}{}", flags[0], flags[1]);
        features(architecture, &mode, FIXED, &[flags[0], flags[1], "-fcommon"]);
    }
}
