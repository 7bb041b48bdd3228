//! Two configurations of `aot` against each other: another executable, or other flags.

use crate::Bench;
use crate::peer::Peer;
use crate::peer::aot::AotPeer;
use crate::program::Program;
use crate::report::{Table, columns};
use crate::run;
use anyhow::Result;
use std::path::PathBuf;

/// What differs.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    pub(crate) path: PathBuf,
    pub(crate) flags: Vec<String>,
}

pub(crate) fn measure(bench: &Bench, programs: &[Program], other: &Other) -> Result<Vec<Table>> {
    let peers: Vec<Box<dyn Peer>> = vec![
        Box::new(AotPeer { name: "aot".to_owned(), path: bench.aot.path.clone(), flags: Vec::new() }),
        Box::new(AotPeer { name: "other".to_owned(), path: other.path.clone(), flags: other.flags.clone() }),
    ];
    let outcome = run::measure(bench, programs, &peers)?;
    Ok(vec![run::table(&outcome, "Run time: aot against another aot", &[]), sizes(&outcome)])
}

/// What the difference costs at compile time.
fn sizes(outcome: &run::Outcome) -> Table {
    let mut rows = Vec::new();
    for row in &outcome.rows {
        let mut cells = vec![row.program.name.clone()];
        for ready in &row.ready {
            match ready.as_ref().and_then(|ready| ready.made.as_ref()) {
                Some((cost, bytes)) => {
                    cells.push(format!("{:.0} ms", cost.cpu().as_secs_f64() * 1e3));
                    cells.push(crate::report::kilobytes(*bytes));
                }
                None => cells.extend(["–".to_owned(), "–".to_owned()]),
            }
        }
        rows.push(cells);
    }
    Table {
        title: "Compile time and size: one compilation each",
        note: "CPU time of all threads; size of the executable.".to_owned(),
        columns: columns(["Program", "aot, CPU", "aot, size", "other, CPU", "other, size"]),
        rows,
        missing: Vec::new(),
    }
}
