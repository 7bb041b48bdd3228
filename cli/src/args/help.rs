//! `docs/CLI.md` from the same definitions as the help text, so that the two cannot disagree.

use super::Args;
use clap::{Arg, Command, CommandFactory};
use std::fmt::Write as _;

/// The whole command line as clap knows it.
pub(crate) fn command() -> Command {
    let mut command = Args::command();
    command.build();
    command
}

/// The text of `docs/CLI.md`.
#[must_use]
pub fn markdown() -> String {
    let command = command();
    let mut text = String::from("# The command line\n\n");
    text.push_str("<!-- Generated from cli/src/args by `cargo run -p aot -- markdown`; `cargo test` compares. -->\n\n");
    let _ = writeln!(text, "{}\n", about(&command));
    text.push_str("| Command | What it does |\n|---|---|\n");
    for sub in visible(&command) {
        let _ = writeln!(text, "| [`aot {0}`](#aot-{0}) | {1} |", sub.get_name(), first_line(&about(sub)));
    }
    if let Some(after) = command.get_after_help() {
        let _ = writeln!(text, "\n{after}");
    }
    text.push_str("\n## Options of every command\n\n");
    arguments(&mut text, command.get_arguments().filter(|argument| !argument.is_hide_set()));
    for sub in visible(&command) {
        let _ = writeln!(text, "\n## aot {}\n\n{}\n", sub.get_name(), about(sub));
        let usage = sub.clone().render_usage().to_string();
        let _ = writeln!(text, "```text\n{}\n```\n", usage.trim_start_matches("Usage: ").trim());
        let own = |argument: &&Arg| !argument.is_global_set() && !argument.is_hide_set() && argument.get_id() != "help";
        arguments(&mut text, sub.get_arguments().filter(own));
        if let Some(after) = sub.get_after_help() {
            let _ = writeln!(text, "\n{after}");
        }
    }
    text
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set())
}

/// Arguments as tables, one per heading, in the order of the definitions.
fn arguments<'a>(text: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let mut groups: Vec<(&str, Vec<&Arg>)> = Vec::new();
    for argument in arguments {
        let heading = argument.get_help_heading().unwrap_or_default();
        match groups.iter_mut().find(|(existing, _)| *existing == heading) {
            Some((_, members)) => members.push(argument),
            None => groups.push((heading, vec![argument])),
        }
    }
    for (index, (heading, members)) in groups.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let title = if heading.is_empty() { "Option" } else { heading };
        let _ = writeln!(text, "| {title} | |\n|---|---|");
        for argument in members {
            let _ = writeln!(text, "| {} | {} |", spelling(argument), meaning(argument));
        }
    }
}

fn spelling(argument: &Arg) -> String {
    let names: Vec<String> = argument.get_value_names().into_iter().flatten().map(ToString::to_string).collect();
    let value = if argument.get_action().takes_values() { names.join(" ") } else { String::new() };
    let flags: Vec<String> =
        [argument.get_short().map(|short| format!("-{short}")), argument.get_long().map(|long| format!("--{long}"))]
            .into_iter()
            .flatten()
            .collect();
    match (flags.is_empty(), value.is_empty()) {
        (true, _) => format!("`{value}`"),
        (false, true) => format!("`{}`", flags.join("`, `")),
        (false, false) => format!("`{} {value}`", flags.join("`, `")),
    }
}

fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let values = if argument.get_action().takes_values() { argument.get_possible_values() } else { Vec::new() };
    if !values.is_empty() {
        let described = values.iter().any(|value| value.get_help().is_some());
        let list: Vec<String> = values
            .iter()
            .map(|value| match value.get_help() {
                Some(help) => format!("`{}`: {help}", value.get_name()),
                None => format!("`{}`", value.get_name()),
            })
            .collect();
        let _ = write!(text, ". {}", list.join(if described { "; " } else { ", " }));
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if !defaults.is_empty() && argument.get_action().takes_values() {
        let _ = write!(text, ". Default: {}", defaults.join(", "));
    }
    text.replace('|', "\\|").replace('\n', " ")
}

fn about(command: &Command) -> String {
    command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default()
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn definitions_are_consistent() {
        super::command().debug_assert();
    }

    #[test]
    fn every_visible_command_has_a_section() {
        let text = super::markdown();
        for command in super::visible(&super::command()) {
            assert!(text.contains(&format!("\n## aot {}\n", command.get_name())), "{}", command.get_name());
        }
    }
}
