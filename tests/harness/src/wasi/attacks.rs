//! Path attacks by real programs: each way out of a granted directory, through each function that takes a path.
//!
//! One generated program tries every [`LEADS_OUT`] and [`BEHIND_A_LINK`] path and ends with the number of the first attempt that was not
//! refused with the right error. Then nothing outside may have changed. The same attacks and many more, with races among
//! them, are unit tests in `runtime-support/src/wasi/sandbox_attacks.rs`; here the whole process is at stake.
//!
//! On a kernel with `openat2` that call resolves the paths; emulators without it make the runtime walk.

use super::{Bench, Test};
use crate::program::Ending;
use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Errors of WASI.
const PERM: u32 = 63;
const ROFS: u32 = 69;

/// Paths whose parent is outside: no function may do anything there.
const LEADS_OUT: [&str; 12] = [
    "../outside/secret",
    "../outside/new",
    "./../outside/secret",
    "folder/../../outside/secret",
    "folder//..//..//outside/secret",
    "../grant/../outside/secret",
    "/etc/passwd",
    "//etc/passwd",
    "to_parent/outside/secret",
    "to_outside/secret",
    "folder/up_and_out/secret",
    "chain/secret",
];

/// Paths that are inside, and lead out by following the last component.
const BEHIND_A_LINK: [&str; 6] = ["to_secret", "to_passwd", "to_nothing", "folder/to_secret", "to_chain", "to_magic"];

type Body = fn(&Bench<'_>) -> Result<()>;

/// The tests.
#[must_use]
pub fn tests() -> Vec<Test> {
    let cases: [(&str, Body); 2] = [("paths_that_lead_out", paths_that_lead_out), ("read_only_grant", read_only_grant)];
    cases
        .into_iter()
        .map(|(name, body)| Test {
            group: "path attacks".to_owned(),
            name: name.to_owned(),
            emulated: true,
            body: Box::new(body),
        })
        .collect()
}

/// `grant` beside `outside`, with links from one to the other.
fn lay_out(folder: &Path) -> Result<()> {
    let grant = folder.join("grant");
    fs::create_dir_all(grant.join("folder"))?;
    fs::create_dir(folder.join("outside"))?;
    fs::write(folder.join("outside/secret"), "secret")?;
    fs::write(grant.join("inside"), "inside")?;
    let secret = folder.join("outside/secret");
    for (link, target) in [
        ("to_parent", Path::new("..")),
        ("to_outside", &folder.join("outside")),
        ("folder/up_and_out", Path::new("../../outside")),
        ("chain", Path::new("folder/up_and_out")),
        ("to_secret", Path::new("../outside/secret")),
        ("to_passwd", Path::new("/etc/passwd")),
        ("to_nothing", Path::new("../outside/created")),
        ("folder/to_secret", &secret),
        ("to_chain", Path::new("chain/secret")),
        ("to_magic", Path::new("/proc/self/cwd/outside/secret")),
    ] {
        symlink(target, grant.join(link)).with_context(|| link.to_owned())?;
    }
    Ok(())
}

fn paths_that_lead_out(bench: &Bench<'_>) -> Result<()> {
    lay_out(&bench.folder)?;
    let before = contents(&bench.folder.join("outside"))?;
    let mut program = Program::default();
    let inside = program.text("inside");
    // What is refused below would work inside.
    program.attempt(0, "path_open inside", &open(3, inside, 0, "2"));
    for path in LEADS_OUT {
        let there = program.text(path);
        for (function, call) in following(there).into_iter().chain(naming(there, inside)) {
            program.attempt(PERM, &format!("{function} {path}"), &call);
        }
        let symlink = format!("(call $path_symlink {inside} (i32.const 3) {there})");
        program.attempt(PERM, &format!("path_symlink at {path}"), &symlink);
    }
    for path in BEHIND_A_LINK {
        let there = program.text(path);
        for (function, call) in following(there) {
            program.attempt(PERM, &format!("{function} {path}"), &call);
        }
    }
    for path in ["..", "../", "/", "to_parent", "to_outside/", "."] {
        let there = program.text(path);
        let expected = if path == "." { 0 } else { PERM };
        program.attempt(expected, &format!("path_open {path}"), &open(3, there, 2, "2"));
    }
    let absolute = program.text("/etc/passwd");
    let new = program.text("new_link");
    let symlink = format!("(call $path_symlink {absolute} (i32.const 3) {new})");
    program.attempt(PERM, "path_symlink to an absolute path", &symlink);
    program.run(bench, &["--dir", "grant::/"])?;
    let after = contents(&bench.folder.join("outside"))?;
    ensure!(before == after, "outside changed: {before:?} before, {after:?} after");
    Ok(())
}

fn read_only_grant(bench: &Bench<'_>) -> Result<()> {
    lay_out(&bench.folder)?;
    fs::create_dir(bench.folder.join("other"))?;
    let before = contents(&bench.folder.join("grant"))?;
    let mut program = Program::default();
    let inside = program.text("inside");
    let folder = program.text("folder");
    let new = program.text("new");
    program.attempt(0, "path_open for reading", &open(3, inside, 0, "2"));
    program.attempt(0, "path_open in the other grant", &open(4, new, 1, "64"));
    for (name, call) in [
        ("path_open for writing", open(3, inside, 0, "64")),
        ("path_open to create", open(3, new, 1, "64")),
        ("path_open to truncate", open(3, inside, 8, "64")),
        ("path_create_directory", format!("(call $path_create_directory (i32.const 3) {new})")),
        ("path_remove_directory", format!("(call $path_remove_directory (i32.const 3) {folder})")),
        ("path_unlink_file", format!("(call $path_unlink_file (i32.const 3) {inside})")),
        ("path_symlink", format!("(call $path_symlink {inside} (i32.const 3) {new})")),
        ("path_rename inside", format!("(call $path_rename (i32.const 3) {inside} (i32.const 3) {new})")),
        ("path_rename out of it", format!("(call $path_rename (i32.const 3) {inside} (i32.const 4) {new})")),
        ("path_rename into it", format!("(call $path_rename (i32.const 4) {new} (i32.const 3) {new})")),
        (
            "path_link out of it",
            format!("(call $path_link (i32.const 3) (i32.const 0) {inside} (i32.const 4) {inside})"),
        ),
        ("path_link into it", format!("(call $path_link (i32.const 4) (i32.const 0) {new} (i32.const 3) {new})")),
        ("path_filestat_set_times", set_times(inside)),
    ] {
        program.attempt(ROFS, name, &call);
    }
    program.run(bench, &["--dir", "grant::/:ro", "--dir", "other"])?;
    let after = contents(&bench.folder.join("grant"))?;
    ensure!(before == after, "the read-only grant changed: {before:?} before, {after:?} after");
    ensure!(bench.folder.join("other/new").is_file(), "the other grant lacks the file that was made there");
    Ok(())
}

/// Two operands of a call: where a path lies in memory, and how long it is.
type Text = &'static str;

fn open(directory: u32, path: Text, how: u32, rights: &str) -> String {
    format!(
        "(call $path_open (i32.const {directory}) (i32.const 1) {path} (i32.const {how}) (i64.const {rights}) (i64.const 0) \
         (i32.const 0) (i32.const 0))"
    )
}

fn set_times(path: Text) -> String {
    format!(
        "(call $path_filestat_set_times (i32.const 3) (i32.const 1) {path} (i64.const 1) (i64.const 1) (i32.const 5))"
    )
}

/// Calls that follow a link in the last place.
fn following(path: Text) -> Vec<(&'static str, String)> {
    vec![
        ("path_open", open(3, path, 0, "2")),
        ("path_open to create", open(3, path, 1, "64")),
        ("path_open to truncate", open(3, path, 8, "64")),
        ("path_filestat_get", format!("(call $path_filestat_get (i32.const 3) (i32.const 1) {path} (i32.const 0))")),
        ("path_filestat_set_times", set_times(path)),
    ]
}

/// Calls that name an entry of a directory.
fn naming(path: Text, inside: Text) -> Vec<(&'static str, String)> {
    let three = "(i32.const 3)";
    vec![
        ("path_create_directory", format!("(call $path_create_directory {three} {path})")),
        ("path_remove_directory", format!("(call $path_remove_directory {three} {path})")),
        ("path_unlink_file", format!("(call $path_unlink_file {three} {path})")),
        ("path_readlink", format!("(call $path_readlink {three} {path} (i32.const 0) (i32.const 64) (i32.const 64))")),
        ("path_rename from", format!("(call $path_rename {three} {path} {three} {inside})")),
        ("path_rename to", format!("(call $path_rename {three} {inside} {three} {path})")),
        ("path_link from", format!("(call $path_link {three} (i32.const 0) {path} {three} {inside})")),
        ("path_link to", format!("(call $path_link {three} (i32.const 0) {inside} {three} {path})")),
    ]
}

/// A program that makes attempts, and ends with 0 when each had the result it should have. Otherwise it prints the number of the
/// first that had not, and the result, as two words of 32 bits.
#[derive(Default)]
struct Program {
    data: String,
    data_length: usize,
    body: String,
    attempts: Vec<String>,
}

/// Where texts begin in memory; results are written before.
const TEXTS: usize = 1024;

impl Program {
    fn text(&mut self, text: &str) -> Text {
        let operands = format!("(i32.const {}) (i32.const {})", TEXTS + self.data_length, text.len());
        self.data.push_str(text);
        self.data_length += text.len();
        // A few hundred bytes per program of a test.
        operands.leak()
    }

    fn attempt(&mut self, expected: u32, name: &str, call: &str) {
        let number = self.attempts.len();
        self.attempts.push(format!("{name}: expected error {expected}"));
        writeln!(self.body, "    (call $check (i32.const {number}) (i32.const {expected}) {call})")
            .expect("writing to a string");
    }

    fn run(&self, bench: &Bench<'_>, flags: &[&str]) -> Result<()> {
        ensure!(self.attempts.len() > 10, "{} attempts are too few", self.attempts.len());
        let mut imports = String::new();
        for (name, parameters) in [
            ("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32"),
            ("path_filestat_get", "i32 i32 i32 i32 i32"),
            ("path_filestat_set_times", "i32 i32 i32 i32 i64 i64 i32"),
            ("path_create_directory", "i32 i32 i32"),
            ("path_remove_directory", "i32 i32 i32"),
            ("path_unlink_file", "i32 i32 i32"),
            ("path_readlink", "i32 i32 i32 i32 i32 i32"),
            ("path_rename", "i32 i32 i32 i32 i32 i32"),
            ("path_link", "i32 i32 i32 i32 i32 i32 i32"),
            ("path_symlink", "i32 i32 i32 i32 i32"),
            ("fd_write", "i32 i32 i32 i32"),
        ] {
            writeln!(
                imports,
                "  (import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param {parameters}) (result i32)))"
            )?;
        }
        let module = format!(
            "(module\n{imports}  (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $proc_exit (param i32)))\n  \
             (memory (export \"memory\") 1)\n  (data (i32.const {TEXTS}) \"{}\")\n  \
             (func $check (param $number i32) (param $expected i32) (param $error i32)\n    \
             (if (i32.eq (local.get $expected) (local.get $error)) (then (return)))\n    \
             (i32.store (i32.const 512) (local.get $number))\n    (i32.store (i32.const 516) (local.get $error))\n    \
             (i32.store (i32.const 520) (i32.const 512))\n    (i32.store (i32.const 524) (i32.const 8))\n    \
             (drop (call $fd_write (i32.const 1) (i32.const 520) (i32.const 1) (i32.const 528)))\n    \
             (call $proc_exit (i32.const 1)))\n  (func (export \"_start\")\n{}))\n",
            self.data, self.body
        );
        bench.compile_text(&module, "attack", flags)?;
        let finished = bench.run(&mut bench.command("attack"))?;
        let words: Vec<u32> = finished
            .stdout
            .chunks_exact(4)
            .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            .collect();
        match (finished.ending, words.as_slice()) {
            (Ending::Exited(0), []) => Ok(()),
            (Ending::Exited(1), [number, error]) => {
                bail!(
                    "{}, got {error}",
                    self.attempts.get(*number as usize).map_or("an unknown attempt", String::as_str)
                )
            }
            (ending, _) => bail!("{ending}\n{}", String::from_utf8_lossy(&finished.stderr).trim()),
        }
    }
}

/// Everything below a folder: contents of files, targets of links, times of modification.
fn contents(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (name, metadata) = (entry.file_name().to_string_lossy().into_owned(), entry.metadata()?);
        let what = if metadata.is_dir() {
            contents(&entry.path())?
                .into_iter()
                .for_each(|(below, what)| drop(found.insert(format!("{name}/{below}"), what)));
            "folder".to_owned()
        } else if metadata.is_symlink() {
            format!("link to {}", fs::read_link(entry.path())?.display())
        } else {
            format!("{:?} of {:?}", fs::read_to_string(entry.path())?, metadata.modified()?)
        };
        found.insert(name, what);
    }
    Ok(found)
}
