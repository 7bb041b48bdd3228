//! Dependencies are what `deny.toml` allows: licences, one version of each, from the registry. `cargo deny` says the
//! same, where it is installed.

use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What this suite reads of `deny.toml`.
#[derive(Deserialize)]
struct Rules {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

#[derive(Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    name_and_version: String,
}

struct Package {
    name: String,
    version: String,
    license: String,
    source: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the root").to_path_buf()
}

fn rules() -> Rules {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml is there");
    toml::from_str(&text).expect("deny.toml has the tables of cargo-deny")
}

/// Every package of the workspace and of the freestanding libraries, for the targets that we support.
fn packages() -> Vec<Package> {
    let mut packages = BTreeMap::new();
    for manifest in ["Cargo.toml", "runtime-support/image/Cargo.toml", "tests/driver/Cargo.toml"] {
        for target in rules().graph.targets {
            let output = Command::new(env!("CARGO"))
                .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", &target])
                .arg("--manifest-path")
                .arg(root().join(manifest))
                .output()
                .expect("cargo runs");
            assert!(output.status.success(), "{manifest}: {}", String::from_utf8_lossy(&output.stderr));
            let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
            let used: BTreeSet<&str> = metadata["resolve"]["nodes"]
                .as_array()
                .expect("the graph has nodes")
                .iter()
                .filter_map(|node| node["id"].as_str())
                .collect();
            for package in metadata["packages"].as_array().expect("there are packages") {
                let text = |field: &str| package[field].as_str().map(str::to_owned);
                if package["id"].as_str().is_some_and(|id| used.contains(id)) {
                    let package = Package {
                        name: text("name").expect("a package has a name"),
                        version: text("version").expect("a package has a version"),
                        license: text("license").unwrap_or_default(),
                        source: text("source"),
                    };
                    packages.insert((package.name.clone(), package.version.clone()), package);
                }
            }
        }
    }
    let packages: Vec<Package> = packages.into_values().collect();
    assert!(packages.len() > 50, "only {} packages were found", packages.len());
    packages
}

/// Whether a licence expression can be satisfied by allowed licences. `/` is how `OR` used to be written.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let result = either(&tokens, &mut at, allowed);
    result && at == tokens.len()
}

fn either(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut result = both(tokens, at, allowed);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        result |= both(tokens, at, allowed);
    }
    result
}

fn both(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut result = one(tokens, at, allowed);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        result &= one(tokens, at, allowed);
    }
    result
}

fn one(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(&token) = tokens.get(*at) else { return false };
    *at += 1;
    if token == "(" {
        let result = either(tokens, at, allowed);
        let closed = tokens.get(*at) == Some(&")");
        *at += 1;
        return result && closed;
    }
    let mut license = token.to_owned();
    if tokens.get(*at) == Some(&"WITH") {
        license = format!("{license} WITH {}", tokens.get(*at + 1).copied().unwrap_or_default());
        *at += 2;
    }
    allowed.contains(&license)
}

#[test]
fn licences_are_allowed() {
    let allowed = rules().licenses.allow;
    let wrong: Vec<String> = packages()
        .iter()
        .filter(|package| !is_allowed(&package.license, &allowed))
        .map(|package| format!("{} {}: `{}`", package.name, package.version, package.license))
        .collect();
    assert!(wrong.is_empty(), "deny.toml does not allow the licence of\n  {}", wrong.join("\n  "));
}

#[test]
fn everything_comes_from_the_registry() {
    let elsewhere: Vec<String> = packages()
        .iter()
        .filter(|package| package.source.as_ref().is_some_and(|source| !source.starts_with("registry+")))
        .map(|package| format!("{} {}", package.name, package.version))
        .collect();
    assert!(elsewhere.is_empty(), "not from the registry: {}", elsewhere.join(", "));
}

#[test]
fn there_is_one_version_of_each() {
    let skipped: BTreeSet<String> = rules().bans.skip.into_iter().map(|skip| skip.name_and_version).collect();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut unused = skipped.clone();
    for package in packages() {
        let full = format!("{}@{}", package.name, package.version);
        unused.remove(&full);
        if !skipped.contains(&full) {
            versions.entry(package.name).or_default().push(package.version);
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert!(versions.is_empty(), "more than one version of {versions:?}");
    assert!(unused.is_empty(), "deny.toml skips what is not there: {unused:?}");
}

#[test]
fn expressions_are_understood() {
    let allowed = BTreeSet::from(["MIT", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"].map(str::to_owned));
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "Apache-2.0/MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "(MIT", "MIT)", "GPL-3.0 OR"] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}
