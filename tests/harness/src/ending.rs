//! How a suite with a `main` of its own ends.

use anyhow::Result;
use std::process::ExitCode;

/// Success where all is as expected; a suite that could not be run says why.
#[must_use]
pub fn of(result: Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_as_expected_succeeds() {
        assert_eq!(of(Ok(true)), ExitCode::SUCCESS);
        assert_eq!(of(Ok(false)), ExitCode::FAILURE);
        assert_eq!(of(Err(anyhow::anyhow!("no suite"))), ExitCode::FAILURE);
    }
}
