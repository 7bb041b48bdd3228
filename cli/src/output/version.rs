//! `--cpu LEVEL,LEVEL`: one executable with the program compiled for several processors.

use crate::args::{CodeArgs, resolve};
use crate::diagnostic::{Failure, Message};
use aot_abi::version::{ANY_PROCESSOR, X86_64_V3};
use aot_compiler::options::Cpu;

/// The level that all processors have.
const BASELINE: &str = "baseline";
/// What `--cpu` is unless somebody says otherwise.
pub(crate) const AUTO: &str = "auto";
/// The level that a second version may be for.
const V3: &str = "x86-64-v3";

/// The program for one kind of processor.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    /// For messages and symbols.
    pub(crate) name: &'static str,
    /// What the process entry asks the processor for.
    pub(crate) processor: u64,
    pub(crate) cpu: Cpu,
}

/// What `--cpu` asks for: words after a level are its features, unless they are levels themselves.
pub(crate) fn versions(code: &CodeArgs) -> Result<Vec<Version>, Failure> {
    let text = if code.cpu == AUTO { BASELINE } else { &code.cpu };
    let mut words = text.split(',').map(str::trim).peekable();
    let mut base = words.next().unwrap_or_default().to_owned();
    while let Some(feature) = words.next_if(|word| !is_level(word)) {
        base = format!("{base},{feature}");
    }
    let parse = |text: &str| text.parse::<Cpu>().map_err(|error| resolve::of_option(&error));
    let mut versions = vec![Version { name: "base", processor: ANY_PROCESSOR, cpu: parse(&base)? }];
    match (words.next(), words.next()) {
        (None, _) => {}
        (Some(V3), None) if versions[0].cpu == Cpu::default() => {
            versions.push(Version { name: "v3", processor: X86_64_V3, cpu: parse(V3)? });
        }
        _ => {
            return Err(Message::usage(format!("versions cannot be made for `{}`", code.cpu))
                .with_help("`--cpu baseline,x86-64-v3` compiles a program twice, and chooses when it starts")
                .into());
        }
    }
    Ok(versions)
}

fn is_level(word: &str) -> bool {
    word.parse::<Cpu>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_level;

    #[test]
    fn features_are_no_levels() {
        assert!(["baseline", "x86-64-v3", "native"].into_iter().all(is_level));
        assert!(!["avx2", "+bmi1", "", "v3"].into_iter().any(is_level));
    }
}
