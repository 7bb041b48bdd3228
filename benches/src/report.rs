//! Markdown: tables with their columns aligned, and what could not be measured.

use crate::machine::Machine;
use crate::measure::Samples;
use std::fmt::Write;
use std::time::Duration;

/// One table under its heading.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    /// What the columns mean, where that is not obvious.
    pub(crate) note: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// What is missing on this machine, by name, and what it is needed for.
    pub(crate) missing: Vec<String>,
}

/// The whole report.
pub(crate) fn document(machine: &Machine, tables: &[Table]) -> String {
    let mut text = String::from("# Numbers\n\n");
    let facts: Vec<Vec<String>> =
        machine.lines().iter().map(|(label, value)| vec![(*label).to_owned(), value.clone()]).collect();
    rows(&mut text, &[String::new(), String::new()], &facts);
    for table in tables {
        let _ = write!(text, "\n## {}\n\n", table.title);
        for what in &table.missing {
            let _ = writeln!(text, "**NOT MEASURED:** {what}\n");
            eprintln!("NOT MEASURED: {what}");
        }
        if !table.note.is_empty() {
            let _ = writeln!(text, "{}\n", table.note);
        }
        rows(&mut text, &table.columns, &table.rows);
    }
    text
}

fn rows(text: &mut String, columns: &[String], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([columns[column].chars().count(), 3]).max().unwrap_or(3)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        for (cell, &width) in cells.zip(&widths) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
    };
    line(&mut columns.iter().map(String::as_str));
    let rules: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
    line(&mut rules.iter().map(String::as_str));
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
}

/// A promise and whether it is kept here.
pub(crate) fn promise(what: &str, promised: &str, measured: String, holds: bool) -> Vec<String> {
    vec![what.to_owned(), promised.to_owned(), measured, if holds { "yes" } else { "**no**" }.to_owned()]
}

pub(crate) fn columns<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

pub(crate) fn microseconds(time: Duration) -> String {
    format!("{:.0} µs", time.as_secs_f64() * 1e6)
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

pub(crate) fn kilobytes(bytes: u64) -> String {
    format!("{:.1} KB", bytes as f64 / 1e3)
}

pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

/// How many times as long the one took as the other, by medians.
pub(crate) fn ratio(one: &Samples, other: &Samples) -> f64 {
    one.median().as_secs_f64() / other.median().as_secs_f64()
}

/// A row of times: name, median, fastest, spread, count.
pub(crate) fn times(name: &str, samples: &Samples) -> Vec<String> {
    vec![
        name.to_owned(),
        microseconds(samples.median()),
        microseconds(samples.fastest()),
        format!("{} – {}", microseconds(samples.quantile(10)), microseconds(samples.quantile(90))),
        samples.count().to_string(),
    ]
}
