//! The head of a file test: `;;! key = "value"` lines, and what they mean for the compiler.

use anyhow::{Context, Result, bail};
use aot_compiler::features::Features;
use aot_compiler::optimizations::Optimizations;
use aot_compiler::options::{CpuLevel, MemoryStrategy, Model, Optimize};
use aot_compiler::{Options, Stage, Target};
use serde::Deserialize;

/// What a file asks for. The manual is `tests/filetests/readme.wat`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directives {
    /// Target; x86-64 Linux when not given.
    pub target: Option<String>,
    /// Options of the command line.
    #[serde(default)]
    pub options: String,
    /// Show only functions whose name contains this.
    pub filter: Option<String>,
    /// The stage, for files outside the folder of one.
    pub stage: Option<String>,
}

impl Directives {
    /// Reads the directives at the head of a file. They end at the first line that is not one.
    pub fn read(text: &str) -> Result<Self> {
        let lines: Vec<&str> = text.lines().map_while(|line| line.strip_prefix(";;!")).map(str::trim).collect();
        if let Some(late) = text.lines().skip(lines.len()).find(|line| line.starts_with(";;!")) {
            bail!("directives stand at the head of the file, before anything else: {late}");
        }
        Ok(toml::from_str(&lines.join("\n"))?)
    }

    /// The compiler's options.
    pub fn options(&self) -> Result<Options> {
        let target = Target::parse(self.target.as_deref().unwrap_or("x86_64-linux"))?;
        let mut options = Options::new(target);
        options.verify = true;
        let mut words = self.options.split_whitespace();
        while let Some(flag) = words.next() {
            let alone =
                ["--spectre", "--deterministic", "--memory-in-place", "--interruptible", "--fuel", "--vector-versions"];
            let value = if alone.contains(&flag) {
                ""
            } else {
                words.next().with_context(|| format!("{flag} needs a value"))?
            };
            set(&mut options, flag, value).with_context(|| format!("in `{flag} {value}`"))?;
        }
        Ok(options)
    }
}

/// The stage of this name.
pub fn stage(name: &str) -> Result<Stage> {
    Ok(match name {
        "module" => Stage::Module,
        "facts" => Stage::Facts,
        "clif" => Stage::Clif,
        "opt" => Stage::Opt,
        "code" => Stage::Code,
        "object" => Stage::Object,
        other => bail!("there is no stage `{other}`"),
    })
}

fn set(options: &mut Options, flag: &str, value: &str) -> Result<()> {
    match (flag, value) {
        ("--model", "library") => options.model = Model::Library,
        ("--model", "executable") => options.model = Model::Executable,
        ("--model", "program") => (options.model, options.only_module) = (Model::Executable, true),
        ("--memory", "auto") => options.memory = MemoryStrategy::Auto,
        ("--memory", "guard") => options.memory = MemoryStrategy::Guard,
        ("--memory", "bounds") => options.memory = MemoryStrategy::Bounds,
        ("--memory-base", base) => {
            let digits = base.strip_prefix("0x").context("the base is a hexadecimal number")?;
            options.memory_base = Some(u64::from_str_radix(digits, 16)?);
        }
        ("--memory-in-place", _) => options.memory_in_place = true,
        ("--opt", "none") => options.optimize = Optimize::None,
        ("--opt", "speed") => options.optimize = Optimize::Speed,
        ("--opt", "size") => options.optimize = Optimize::SpeedAndSize,
        ("--facts", "none") => options.facts = false,
        ("--facts", "all") => options.facts = true,
        ("--disable", list) => options.optimizations = Optimizations::parse_disabled(list.split(','))?,
        ("--cpu", "baseline") => options.cpu.level = CpuLevel::Baseline,
        ("--cpu", "x86-64-v3") => options.cpu.level = CpuLevel::X86_64V3,
        ("--cpu-feature", feature) => options.cpu.features.push(feature.to_owned()),
        ("--features", list) => options.features = Features::parse(list)?,
        ("--root", name) => options.roots.get_or_insert_default().push(name.to_owned()),
        ("--spectre", _) => options.spectre = true,
        ("--deterministic", _) => options.deterministic = true,
        ("--interruptible", _) => options.interruptible = true,
        ("--vector-versions", _) => options.vector_versions = true,
        ("--fuel", _) => options.fuel = true,
        _ => bail!("no such option, or no such value of it"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_stand_at_the_head() {
        let read = Directives::read(";;! filter = \"load\"\n;;! options = \"--opt none\"\n(module)\n").expect("valid");
        assert_eq!((read.filter.as_deref(), read.options.as_str()), (Some("load"), "--opt none"));
        assert!(Directives::read("(module)\n;;! filter = \"load\"\n").is_err());
        assert!(Directives::read(";;! filtre = \"load\"\n").is_err());
    }

    #[test]
    fn unknown_options_are_errors() {
        let with = |options: &str| Directives { options: options.into(), ..Directives::default() }.options();
        assert!(with("--memory bounds --opt none").is_ok());
        assert!(with("--memory maybe").is_err() && with("--memory").is_err() && with("--fast 1").is_err());
    }
}
