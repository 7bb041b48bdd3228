//! Wasm names, which are any text, as identifiers: readable where they can be, and unique.

use std::collections::HashSet;

/// Identifiers of one scope.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A scope in which these are taken.
    pub(super) fn with(reserved: &[&str]) -> Self {
        Names { taken: reserved.iter().map(|&name| name.to_owned()).collect() }
    }

    /// An identifier like `name` that nobody has yet.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let plain = identifier(name);
        let mut candidate = plain.clone();
        let mut number = 2;
        while !self.taken.insert(candidate.clone()) {
            candidate = format!("{plain}_{number}");
            number += 1;
        }
        candidate
    }
}

/// ASCII letters, digits and underscores, not beginning with a digit, not empty.
pub(super) fn identifier(name: &str) -> String {
    let mut text: String =
        name.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect();
    if text.is_empty() || text.starts_with(|character: char| character.is_ascii_digit()) {
        text.insert(0, '_');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn any_text_becomes_a_unique_identifier() {
        let mut names = Names::with(&["host"]);
        let made = ["a.b", "a-b", "", "9", "host", "a_b_2", "añ"].map(|name| names.unique(name));
        assert_eq!(made, ["a_b", "a_b_2", "_", "_9", "host_2", "a_b_2_2", "a_"]);
    }
}
