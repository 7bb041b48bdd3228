//! What users do to executables: `strip`, `readelf`, `nm`, `objdump`, `gdb`, `addr2line`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aot_link::{Architecture, FixedSection, Layout, Position, Strip};
use support::{BOTH, Scratch, gnu, have, have_toolchain, run};

fn have_tools(architecture: Architecture) -> bool {
    let tools = ["strip", "readelf", "nm", "objdump", "addr2line", "objcopy"].map(|tool| gnu(architecture, tool));
    have_toolchain(architecture) && have(&tools.each_ref().map(String::as_str)) && have(&["llvm-readelf"])
}

fn tool(architecture: Architecture, name: &str) -> Command {
    Command::new(gnu(architecture, name))
}

/// All that the tools must not say about an executable.
fn check_reports(architecture: Architecture, executable: &Path) {
    for command in [
        tool(architecture, "readelf").arg("-aW"),
        tool(architecture, "readelf").args(["-wfF"]),
        Command::new("llvm-readelf").arg("-a"),
        tool(architecture, "objdump").args(["-d", "-x"]),
        tool(architecture, "nm").arg("-n"),
    ] {
        let report = run(command.arg(executable));
        let complaints: Vec<_> = report
            .lines()
            .filter(|line| ["warning", "error"].iter().any(|word| line.to_lowercase().contains(word)))
            .collect();
        assert!(complaints.is_empty(), "{command:?}: {complaints:?}");
    }
}

/// An executable with everything in it: initial memory if it is fixed, debug information, unwind records.
fn full_program(scratch: &Scratch, position: Position) -> (PathBuf, Layout) {
    let architecture = scratch.architecture;
    let (address, memory_size) = match architecture {
        Architecture::X86_64 => (0x1000_0000_u64, 0x10_0000_u64),
        Architecture::Aarch64 => (0x1_0000_0000, 0x10_0000),
    };
    let mut layout = Layout { position, ..Layout::new(architecture) };
    let flags = ["-g", "-O1", "-fPIE", "-fcommon"];
    let mut inputs = vec![scratch.start(&flags)];
    if position == Position::Independent {
        inputs.push(scratch.compile("features.c", include_str!("programs/features.c"), &flags));
        inputs.push(scratch.compile("features_library.c", include_str!("programs/features_library.c"), &flags));
    } else {
        layout.fixed_sections = vec![FixedSection { name: ".aot.memory".into(), address, memory_size, free_before: 0 }];
        let defines = [format!("-DADDRESS={address:#x}ul"), format!("-DMEMORY_SIZE={memory_size}")];
        let flags = ["-g", "-O1", "-fno-pic", &defines[0], &defines[1]];
        inputs.push(scratch.compile("memory.c", include_str!("programs/memory.c"), &flags));
    }
    (scratch.link("full", &inputs, &layout), layout)
}

const FIXED: Position = Position::Fixed { base: Position::DEFAULT_BASE };

#[test]
fn tools_have_nothing_to_complain_about_and_stripped_programs_run() {
    for architecture in BOTH {
        if !have_tools(architecture) {
            continue;
        }
        for (name, position) in [("tools-fixed", FIXED), ("tools-pie", Position::Independent)] {
            let scratch = Scratch::new(name, architecture);
            let (executable, _) = full_program(&scratch, position);
            check_reports(architecture, &executable);
            let expected = scratch.execute(&executable);
            assert!(expected.0.is_some(), "{expected:?}");
            for flags in [&["-s"][..], &["-g"], &["--strip-unneeded"]] {
                let stripped = scratch.path("stripped");
                let said = run(tool(architecture, "strip").args(flags).arg("-o").arg(&stripped).arg(&executable));
                assert_eq!(said, "", "strip {flags:?}");
                assert!(fs::metadata(&stripped).unwrap().len() < fs::metadata(&executable).unwrap().len());
                assert_eq!(scratch.execute(&stripped), expected, "strip {flags:?}");
                check_reports(architecture, &stripped);
            }
            // Debug information can be kept apart.
            let (debug, without) = (scratch.path("full.debug"), scratch.path("without"));
            let objcopy = || tool(architecture, "objcopy");
            assert_eq!(run(objcopy().arg("--only-keep-debug").args([&executable, &debug])), "");
            assert_eq!(
                run(objcopy()
                    .arg("-g")
                    .arg(format!("--add-gnu-debuglink={}", debug.display()))
                    .args([&executable, &without])),
                ""
            );
            assert_eq!(scratch.execute(&without), expected);
        }
    }
}

#[test]
fn stripping_when_linking_is_as_good() {
    for architecture in BOTH {
        if !have_tools(architecture) {
            continue;
        }
        let scratch = Scratch::new("strip-option", architecture);
        let flags = ["-g", "-O1", "-fno-pic"];
        let inputs = [scratch.start(&flags), scratch.compile("crash.c", include_str!("programs/crash.c"), &flags)];
        let mut sizes = Vec::new();
        for strip in [Strip::None, Strip::Debug, Strip::All] {
            let executable = scratch.link("crash", &inputs, &Layout { strip, ..Layout::new(architecture) });
            check_reports(architecture, &executable);
            assert_eq!(scratch.execute(&executable).1, "before\n");
            sizes.push(fs::metadata(&executable).unwrap().len());
        }
        assert!(sizes.is_sorted_by(|one, other| one > other), "{sizes:?}");
    }
}

#[test]
fn names_and_lines_are_found() {
    for architecture in BOTH {
        if !have_tools(architecture) {
            continue;
        }
        let scratch = Scratch::new("names", architecture);
        let flags = ["-g", "-O1", "-fno-pic"];
        let inputs = [scratch.start(&flags), scratch.compile("crash.c", include_str!("programs/crash.c"), &flags)];
        for position in [FIXED, Position::Independent] {
            let layout = Layout { position, ..Layout::new(architecture) };
            let flags = ["-g", "-O1", "-fPIE"];
            let inputs = if position == FIXED {
                inputs.to_vec()
            } else {
                vec![scratch.start(&flags), scratch.compile("crash.c", include_str!("programs/crash.c"), &flags)]
            };
            let executable = scratch.link("crash", &inputs, &layout);
            let names = run(tool(architecture, "nm").arg("-n").arg(&executable));
            let find = |name: &str| names.lines().find(|line| line.ends_with(name)).map(|line| &line[..16]);
            let innermost = find(" t innermost").unwrap_or_else(|| panic!("{names}"));
            assert!(find(" T outermost").is_some() && find(" B depth").is_some(), "{names}");
            assert!(find("never_called").is_none(), "{names}");
            let line = run(tool(architecture, "addr2line").arg("-fe").arg(&executable).arg(innermost));
            assert!(line.starts_with("innermost\n") && line.trim_end().ends_with("crash.c:4"), "{line}");
            // Nothing that is gone claims an address of the program.
            let lines = run(tool(architecture, "objdump").arg("--dwarf=info").arg(&executable));
            assert!(lines.contains("never_called"), "{lines}");
        }
    }
}

#[test]
fn the_debugger_shows_the_way_to_a_crash() {
    let architecture = Architecture::X86_64;
    if !have_tools(architecture) || !have(&["gdb"]) {
        return;
    }
    let scratch = Scratch::new("gdb", architecture);
    // Without frame pointers only `.eh_frame` shows the way.
    for (position, code) in [(FIXED, "-fno-pic"), (Position::Independent, "-fPIE")] {
        for debug in ["-g", "-g0"] {
            let flags = [debug, "-O1", "-fomit-frame-pointer", "-fno-optimize-sibling-calls", code];
            let inputs = [scratch.start(&flags), scratch.compile("crash.c", include_str!("programs/crash.c"), &flags)];
            let executable = scratch.link("crash", &inputs, &Layout { position, ..Layout::new(architecture) });
            let said = run(Command::new("gdb")
                .args(["-batch", "-nx", "-iex", "set debuginfod enabled off"])
                .args(["-iex", "set backtrace past-main on", "-ex", "run", "-ex", "bt"])
                .arg(&executable));
            let frames: Vec<_> = said.lines().filter(|line| line.starts_with('#')).collect();
            let names = ["innermost", "middle", "outermost", "main", "start_in_c", "_start"];
            for (name, frame) in names.iter().zip(&frames) {
                assert!(frame.contains(name), "{debug} {code}:\n{said}");
            }
            assert_eq!(frames.len(), names.len(), "{debug} {code}:\n{said}");
            assert!(!said.to_lowercase().contains("warning"), "{said}");
        }
    }
}
