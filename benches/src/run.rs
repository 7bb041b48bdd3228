//! How fast programs run: every program, every peer, in rounds.

use crate::Bench;
use crate::child::Words;
use crate::compare::{self, Ratio, Times, geometric_mean};
use crate::peer::{Peer, Ready};
use crate::program::{Group, Program};
use crate::report::Table;
use anyhow::{Result, ensure};

/// What one program did with every peer that could run it.
pub(crate) struct Row {
    pub(crate) program: Program,
    /// By peer, in the order of [`Outcome::peers`].
    pub(crate) times: Vec<Option<Times>>,
    pub(crate) ready: Vec<Option<Ready>>,
}

pub(crate) struct Outcome {
    pub(crate) peers: Vec<String>,
    pub(crate) descriptions: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) missing: Vec<String>,
}

/// Prepares and runs all.
pub(crate) fn measure(bench: &Bench, programs: &[Program], peers: &[Box<dyn Peer>]) -> Result<Outcome> {
    ensure!(!programs.is_empty() && !peers.is_empty(), "there is nothing to run");
    let mut outcome = Outcome {
        peers: peers.iter().map(|peer| peer.name().to_owned()).collect(),
        descriptions: peers.iter().map(|peer| peer.describe(&bench.folders)).collect(),
        rows: Vec::new(),
        missing: Vec::new(),
    };
    for program in programs {
        let mut ready = Vec::new();
        for peer in peers {
            ready.push(match peer.prepare(program, bench.vectors, &bench.folders) {
                Ok(ready) => Some(ready),
                Err(missing) => {
                    outcome.missing.push(format!("`{}`, {}: {missing}", program.name, peer.name()));
                    None
                }
            });
        }
        match turns(bench, program, &outcome.peers, &mut ready, &mut outcome.missing) {
            Ok(times) => {
                progress(program, &outcome.peers, &times);
                outcome.rows.push(Row { program: program.clone(), times, ready });
            }
            Err(error) => outcome.missing.push(format!("`{}`: {error:#}", program.name)),
        }
    }
    Ok(outcome)
}

/// One program. A peer that prints something else than the first one is an error in the report and has no time.
fn turns(
    bench: &Bench,
    program: &Program,
    peers: &[String],
    ready: &mut [Option<Ready>],
    missing: &mut Vec<String>,
) -> Result<Vec<Option<Times>>> {
    let mut expected: Option<(Vec<u8>, usize)> = None;
    let mut contestants: Vec<(usize, Words)> = Vec::new();
    for (at, slot) in ready.iter_mut().enumerate() {
        let Some(one) = slot else { continue };
        let mut words = one.words.clone();
        words.push(program.work.to_string().into());
        let wrong = match (compare::output(&words), &expected) {
            (Err(error), _) => Some(format!("{error:#}")),
            (Ok(output), Some((first, by))) if output != *first => {
                Some(format!("**ERROR: prints something else than {}**", peers[*by]))
            }
            (Ok(output), None) => {
                expected = Some((output, at));
                None
            }
            (Ok(_), Some(_)) => None,
        };
        match wrong {
            Some(why) => {
                missing.push(format!("`{}`, {}: {why}", program.name, peers[at]));
                *slot = None;
            }
            None => contestants.push((at, words)),
        }
    }
    let mut times = vec![None; ready.len()];
    if let Some((output, _)) = expected {
        let commands: Vec<Words> = contestants.iter().map(|(_, words)| words.clone()).collect();
        let measured = compare::take_turns(&commands, bench.rounds, &output)?;
        for ((at, _), measured) in contestants.iter().zip(measured) {
            times[*at] = Some(measured);
        }
    }
    Ok(times)
}

fn progress(program: &Program, peers: &[String], times: &[Option<Times>]) {
    let mut line = program.name.clone();
    for (peer, times) in peers.iter().zip(times) {
        if let Some(times) = times {
            line.push_str(&format!("  {peer} {:.3}", times.median()));
        }
    }
    eprintln!("{line}");
}

/// Rows of programs, a column with the first peer's seconds and one with the ratio to it for every other; ratios of the
/// pairs in `against` follow.
pub(crate) fn table(outcome: &Outcome, title: &'static str, against: &[(&str, &str)]) -> Table {
    let reference = &outcome.peers[0];
    let position = |name: &str| outcome.peers.iter().position(|peer| peer == name);
    // Pairs of peers whose ratio is in a column.
    let mut pairs: Vec<(usize, usize)> = (1..outcome.peers.len()).map(|at| (at, 0)).collect();
    for (one, two) in against {
        if let (Some(one), Some(two)) = (position(one), position(two))
            && !pairs.contains(&(one, two))
        {
            pairs.push((one, two));
        }
    }
    let mut columns = vec!["Program".to_owned(), format!("{reference}, s")];
    columns.extend(pairs.iter().map(|&(one, two)| format!("{} / {}", outcome.peers[one], outcome.peers[two])));
    let mut rows = Vec::new();
    for row in &outcome.rows {
        let mut cells = vec![format!("{}: {}", row.program.name, row.program.about)];
        cells.push(row.times[0].as_ref().map_or_else(dash, |times| format!("{:.3}", times.median())));
        cells.extend(pairs.iter().map(|&(one, two)| ratio(row, one, two).map_or_else(dash, cell)));
        rows.push(cells);
    }
    let groups: [(&str, &[Group]); 5] = [
        ("**real programs**", &[Group::Real]),
        ("**vector loops**", &[Group::Vector]),
        ("**scalar loops**", &[Group::Scalar]),
        ("**all loops**", &[Group::Vector, Group::Scalar]),
        ("**all**", &[Group::Real, Group::Vector, Group::Scalar]),
    ];
    for (name, groups) in groups {
        let chosen: Vec<&Row> = outcome.rows.iter().filter(|row| groups.contains(&row.program.group)).collect();
        if chosen.is_empty() {
            continue;
        }
        let mut cells = vec![name.to_owned(), String::new()];
        for &(one, two) in &pairs {
            let medians: Vec<f64> = chosen.iter().filter_map(|row| Some(ratio(row, one, two)?.median)).collect();
            let partly = if medians.len() < chosen.len() {
                format!(" ({} of {})", medians.len(), chosen.len())
            } else {
                String::new()
            };
            cells.push(geometric_mean(&medians).map_or_else(dash, |mean| format!("**{mean:.3}**{partly}")));
        }
        rows.push(cells);
    }
    let mut note = String::from(
        "User CPU time. Medians of ratios within rounds, in which all took turns; ± is half of the middle eight tenths \
         (with fewer than ten rounds: of all) in hundredths; ≈ marks a difference inside the noise. Below one is faster. \
         The last rows are geometric means.\n",
    );
    for (name, description) in outcome.peers.iter().zip(&outcome.descriptions) {
        note.push_str(&format!("\n- **{name}**: {description}"));
    }
    for (at, name) in outcome.peers.iter().enumerate() {
        let remarks = outcome.rows.iter().filter_map(|row| row.ready[at].as_ref()?.remark);
        if let Some(remark) = remarks.into_iter().next() {
            note.push_str(&format!(
                "\n- {name} runs {remark}; where others have vectors, its ratios are of different modules"
            ));
        }
    }
    Table { title, note, columns, rows, missing: outcome.missing.clone() }
}

pub(crate) fn ratio(row: &Row, one: usize, two: usize) -> Option<Ratio> {
    Some(row.times[one].as_ref()?.over(row.times[two].as_ref()?))
}

fn cell(ratio: Ratio) -> String {
    let noise = if ratio.is_noise() { "≈ " } else { "" };
    format!("{noise}{:.2} ±{:.0}", ratio.median, ratio.spread_percent())
}

fn dash() -> String {
    "–".to_owned()
}
