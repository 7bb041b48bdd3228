//! Runs that take turns, and what can be said from them.
//!
//! In every round each contestant runs once, the order turning by one from round to round. Ratios are formed within a
//! round, where the machine was in one mood, and the median of those ratios is what counts. A difference is *inside the
//! noise* when the middle eight tenths of the ratios (all of them, for fewer than ten rounds) are on both sides of one.
//! Fewer than three rounds show no difference at all: everything is noise then.

use crate::child::{self, Words};
use anyhow::{Result, ensure};

/// User seconds of one contestant, by round.
#[derive(Clone, Debug)]
pub(crate) struct Times(pub(crate) Vec<f64>);

impl Times {
    pub(crate) fn median(&self) -> f64 {
        quantile(&self.0, 0.5)
    }

    pub(crate) fn over(&self, other: &Times) -> Ratio {
        let ratios: Vec<f64> = self.0.iter().zip(&other.0).map(|(one, two)| one / two).collect();
        Ratio {
            median: quantile(&ratios, 0.5),
            low: quantile(&ratios, 0.1),
            high: quantile(&ratios, 0.9),
            rounds: ratios.len(),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    rounds: usize,
}

/// Rounds below which nothing is told from noise.
const ROUNDS_LEAST: usize = 3;

impl Ratio {
    pub(crate) fn is_noise(&self) -> bool {
        self.rounds < ROUNDS_LEAST || self.low <= 1.0 && self.high >= 1.0
    }

    /// Half the width of the middle eight tenths, in hundredths of the median.
    pub(crate) fn spread_percent(&self) -> f64 {
        (self.high - self.low) / 2.0 / self.median * 100.0
    }
}

/// The value below which this part of all lies; with few values the outermost is taken.
fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    let at = last as f64 * part;
    if part < 0.5 {
        sorted[at.floor() as usize]
    } else if part > 0.5 {
        sorted[at.ceil() as usize]
    } else if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[last / 2], sorted[last / 2 + 1])
    } else {
        sorted[last / 2]
    }
}

pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    let logarithms: f64 = values.iter().map(|value| value.ln()).sum();
    (!values.is_empty()).then(|| (logarithms / values.len() as f64).exp())
}

/// What each contestant prints; runs of one before the rounds also warm its files up.
pub(crate) fn output(words: &Words) -> Result<Vec<u8>> {
    let output = child::run(words)?.output;
    ensure!(!output.is_empty(), "nothing is printed");
    Ok(output)
}

/// Every contestant once per round. All print `output`, or that is an error.
pub(crate) fn take_turns(contestants: &[Words], rounds: u32, output: &[u8]) -> Result<Vec<Times>> {
    let mut times = vec![Vec::new(); contestants.len()];
    for round in 0..rounds as usize {
        for turn in 0..contestants.len() {
            let which = (turn + round) % contestants.len();
            let cost = child::run(&contestants[which])?;
            ensure!(cost.output == output, "one run prints something else than the run before");
            times[which].push(cost.user.as_secs_f64());
        }
    }
    Ok(times.into_iter().map(Times).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_formed_within_rounds() {
        // The machine gets slower from round to round; the ratio does not.
        let (one, two) = (Times(vec![1.0, 2.0, 3.0]), Times(vec![2.0, 4.0, 6.0]));
        let ratio = one.over(&two);
        assert_eq!((ratio.median, ratio.low, ratio.high), (0.5, 0.5, 0.5));
        assert!(!ratio.is_noise());
    }

    #[test]
    fn a_difference_that_changes_sign_is_noise() {
        let (one, two) = (Times(vec![1.0, 1.1, 0.9]), Times(vec![1.0, 1.0, 1.0]));
        assert!(one.over(&two).is_noise());
    }

    #[test]
    fn two_rounds_tell_nothing_from_noise() {
        let (one, two) = (Times(vec![1.0, 1.0]), Times(vec![2.0, 2.0]));
        assert!(one.over(&two).is_noise());
    }

    #[test]
    fn the_geometric_mean_of_inverse_ratios_is_one() {
        let mean = geometric_mean(&[2.0, 0.5]).expect("there are two");
        assert!((mean - 1.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }

    #[test]
    fn outer_quantiles_of_few_values_are_the_outermost() {
        let values = [3.0, 1.0, 2.0];
        assert_eq!((quantile(&values, 0.1), quantile(&values, 0.5), quantile(&values, 0.9)), (1.0, 2.0, 3.0));
        assert_eq!(quantile(&[1.0, 2.0], 0.5), 1.5);
    }
}
