//! The programs in `examples/`, which embed modules as others would: outside of the workspace, by `aot-build` and
//! `aot-embed`. Each is built and run, and prints what its `expected.txt` says.
//!
//! All share one folder for what cargo builds, so the compiler is built for them once.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// Cargo, for packages outside of the workspace. Nothing is downloaded that this workspace does not have itself.
fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("embed-rust"));
    // What the tests themselves were built with is not for these.
    for variable in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_PROFILE_DEV_OPT_LEVEL"] {
        command.env_remove(variable);
    }
    command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_COLOR", "never");
    command
}

/// What a command prints, which must succeed.
fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    Ok(stdout.into_owned())
}

#[test]
fn examples_do_what_they_say() -> Result<()> {
    let mut count = 0;
    for entry in std::fs::read_dir(examples())? {
        let folder = entry?.path();
        let expected = folder.join("expected.txt");
        if !expected.is_file() {
            ensure!(
                !folder.join("Cargo.toml").is_file() || !folder.is_dir(),
                "{} has no expected.txt",
                folder.display()
            );
            continue;
        }
        let said = output(cargo(&folder).args(["run", "--locked", "--quiet"]))?;
        assert_eq!(said, std::fs::read_to_string(&expected)?, "{}", folder.display());
        count += 1;
    }
    ensure!(count > 0, "there are examples");
    Ok(())
}
