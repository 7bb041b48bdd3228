//! What is promised of run times, and what was measured.

use crate::compare::geometric_mean;
use crate::program::Group;
use crate::report::{Table, columns, promise};
use crate::run::{Outcome, Row, ratio};

const REAL: &[Group] = &[Group::Real];
const LOOPS: &[Group] = &[Group::Vector, Group::Scalar];
const ALL: &[Group] = &[Group::Real, Group::Vector, Group::Scalar];

/// Geometric means: whose, of whom, over what, and at most how much.
const MEANS: [(&str, &str, &[Group], &str, f64); 8] = [
    ("aot", "wasmtime", REAL, "real programs", 0.80),
    ("aot", "wasmtime", LOOPS, "loops", 0.92),
    // wasmtime compiles for the CPU that it finds, `aot` for any; this compares the same.
    ("aot-native", "wasmtime", REAL, "real programs", 0.80),
    ("aot-native", "wasmtime", LOOPS, "loops", 0.92),
    ("aot", "wasm2c", ALL, "all programs", 0.97),
    ("aot", "native-O3", REAL, "real programs", 1.25),
    ("aot", "native-O3", LOOPS, "loops", 1.08),
    ("aot-bounds", "aot", ALL, "all programs", 1.10),
];
/// Objects, a parser, interpreters: each by itself.
const SINGLE: [&str; 5] = ["objects", "json", "machine", "lua", "quickjs"];
const SINGLE_LIMIT: f64 = 1.35;

/// A row for every promise whose peers and programs were all there.
pub(crate) fn table(outcome: &Outcome) -> Table {
    let mut rows = Vec::new();
    let position = |name: &str| outcome.peers.iter().position(|peer| peer == name);
    for (own, other, groups, over, limit) in MEANS {
        let (Some(one), Some(two)) = (position(own), position(other)) else { continue };
        let chosen = outcome.rows.iter().filter(|row| groups.contains(&row.program.group));
        // With a remark the two ran different modules: wasm2c has no vectors, and loops without them say nothing of `aot`.
        let same_module = |at: usize, row: &Row| row.ready[at].as_ref().is_some_and(|ready| ready.remark.is_none());
        let is_fair =
            |row: &&Row| row.program.group != Group::Vector || (same_module(one, row) && same_module(two, row));
        let medians: Vec<f64> = chosen.filter(is_fair).filter_map(|row| Some(ratio(row, one, two)?.median)).collect();
        if let Some(mean) = geometric_mean(&medians) {
            let what = format!("{own} / {other}, geometric mean of {} {over}", medians.len());
            rows.push(promise(&what, &format!("≤ {limit:.2}"), format!("{mean:.3}"), mean <= limit));
        }
    }
    for own in ["aot", "aot-native"] {
        let (Some(one), Some(two)) = (position(own), position("wasmtime")) else { continue };
        let mut slower = Vec::new();
        for row in &outcome.rows {
            if let Some(ratio) = ratio(row, one, two).filter(|ratio| ratio.median > 1.0 && !ratio.is_noise()) {
                slower.push(format!("{} {:.2}", row.program.name, ratio.median));
            }
        }
        let holds = slower.is_empty();
        let measured = if holds { "none".to_owned() } else { slower.join(", ") };
        rows.push(promise(
            &format!("programs slower by {own} than by wasmtime, beyond noise"),
            "none",
            measured,
            holds,
        ));
    }
    if let (Some(one), Some(two)) = (position("aot"), position("native-O3")) {
        for name in SINGLE {
            let row = outcome.rows.iter().find(|row| row.program.name == name);
            if let Some(ratio) = row.and_then(|row| ratio(row, one, two)) {
                let holds = ratio.median <= SINGLE_LIMIT;
                let limit = format!("≤ {SINGLE_LIMIT:.2}");
                rows.push(promise(&format!("{name}: aot / native-O3"), &limit, format!("{:.2}", ratio.median), holds));
            }
        }
    }
    Table {
        title: "Run time: what is promised",
        note: "From the table below.".to_owned(),
        columns: columns(["What", "Promised", "Measured", "Holds"]),
        rows,
        missing: Vec::new(),
    }
}
