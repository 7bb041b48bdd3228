//! Golden files: input and expectation in one, the expectation a trailing comment that `--bless` rewrites.

use similar::TextDiff;

/// A file in two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Golden<'a> {
    /// Everything before the trailing comment.
    pub input: &'a str,
    /// The trailing comment, with its `;;`.
    pub expectation: &'a str,
}

impl<'a> Golden<'a> {
    /// Splits a file: the expectation is the last run of lines that start with `;;`, after a blank line.
    #[must_use]
    pub fn split(text: &'a str) -> Self {
        let mut start = text.len();
        for line in text.split_inclusive('\n').rev() {
            if !line.starts_with(";;") || line.starts_with(";;!") {
                break;
            }
            start -= line.len();
        }
        // A comment that belongs to the input, as in a file of comments only, has no blank line before it.
        if start == 0 || !text[..start].ends_with("\n\n") {
            start = text.len();
        }
        Golden { input: &text[..start], expectation: &text[start..] }
    }

    /// The difference between what is expected and `actual`, or `None` when there is none.
    #[must_use]
    pub fn difference(&self, actual: &str) -> Option<String> {
        let actual = comment(actual);
        (self.expectation != actual).then(|| {
            TextDiff::from_lines(self.expectation, &actual).unified_diff().header("expected", "actual").to_string()
        })
    }

    /// The file with `actual` as its expectation.
    #[must_use]
    pub fn blessed(&self, actual: &str) -> String {
        format!("{}\n\n{}", self.input.trim_end(), comment(actual))
    }
}

fn comment(text: &str) -> String {
    let mut out = String::new();
    for line in text.trim_end().lines() {
        out.push_str(";;");
        // A `;;!` would be read as a directive; a space keeps the two apart, and blank lines stay without one.
        if !line.trim_end().is_empty() {
            out.push(' ');
            out.push_str(line.trim_end());
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = ";;! filter = \"f\"\n\n;; About this test.\n(module)\n\n;; one\n;;\n;; two\n";

    #[test]
    fn the_trailing_comment_is_the_expectation() {
        let golden = Golden::split(FILE);
        assert_eq!(golden.expectation, ";; one\n;;\n;; two\n");
        assert_eq!(golden.difference("one\n\ntwo\n"), None);
        assert!(golden.difference("one\n\nthree").expect("differs").contains("+;; three"));
    }

    #[test]
    fn blessing_touches_the_comment_only_and_twice_is_once() {
        let blessed = Golden::split(FILE).blessed("new\n  indented  \n");
        assert_eq!(blessed, ";;! filter = \"f\"\n\n;; About this test.\n(module)\n\n;; new\n;;   indented\n");
        assert_eq!(Golden::split(&blessed).blessed("new\n  indented"), blessed);
        assert_eq!(Golden::split("(module)\n").blessed("x"), "(module)\n\n;; x\n");
    }

    #[test]
    fn comments_of_the_input_stay() {
        assert_eq!(Golden::split("(module)\n;; not apart\n").expectation, "");
        assert_eq!(Golden::split(";;! filter = \"f\"\n").expectation, "");
    }
}
