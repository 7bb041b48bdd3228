//! Programs linked by us, by GNU ld and by lld do the same.

mod support;

use std::path::PathBuf;
use std::process::Command;

use aot_link::{Architecture, Layout, Position};
use support::{BOTH, Scratch, gnu, have_toolchain, run};

/// Links `inputs` three ways and compares what the results do; returns it.
fn compare(scratch: &Scratch, name: &str, inputs: &[PathBuf], layout: &Layout) -> (Option<i32>, String) {
    let ours = scratch.execute(&scratch.link(name, inputs, layout));
    let position: &[&str] = match layout.position {
        Position::Fixed { .. } => &["-static", "--defsym=__rela_dyn_start=0", "--defsym=__rela_dyn_end=0"],
        Position::Independent => &["-static", "-pie", "--no-dynamic-linker", "-z", "text"],
    };
    for linker in [gnu(scratch.architecture, "ld"), "ld.lld".into()] {
        let other = scratch.path(&format!("{name}.{linker}"));
        run(Command::new(&linker).args(position).arg("--gc-sections").arg("-o").arg(&other).args(inputs));
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
    let start = scratch.start(flags);
    let archive = scratch.archive("library.a", "rcs", &[library, start]);
    let layout = Layout { position, ..Layout::new(architecture) };
    // The archive comes first to show that the order does not matter to us; the others are told by a symbol.
    let inputs = [main, archive];
    let (status, output) = compare(&scratch, "features", &inputs, &layout);
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
