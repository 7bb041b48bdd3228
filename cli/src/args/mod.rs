//! `Args`: exactly what was typed; one documented struct per command. The doc comments are the help text.

pub mod help;
pub(crate) mod help_text;
pub(crate) mod imports;
pub(crate) mod resolve;
pub(crate) mod size;

use crate::output::version::AUTO;
use clap::{Parser, Subcommand, ValueEnum};
use size::ByteSize;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// Turns WebAssembly into native code, ahead of time.
#[derive(Debug, Parser)]
#[command(name = "aot", version, disable_help_subcommand = true, arg_required_else_help = true)]
#[command(after_help = help_text::EXIT_CODES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How the command talks to whoever called it.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct ConsoleArgs {
    /// Say what is read, chosen and written
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Colour messages; `auto` does so on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorWhen,
    /// Messages for people, or one JSON object per line
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub(crate) message_format: MessageFormat,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Compile(CompileArgs),
    Run(RunArgs),
    Inspect(InspectArgs),
    Dump(DumpArgs),
    /// List the targets, and what each needs
    Targets,
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, in roff
    Man,
    /// Print docs/CLI.md
    #[command(hide = true)]
    Markdown,
}

/// Compile a module
#[derive(Debug, clap::Args)]
pub(crate) struct CompileArgs {
    /// The module: WebAssembly, its text format, or `-` for either on standard input
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Where to write; `-` for standard output [default: IN without its extension, in the current folder, with the
    /// extension of the output kind]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// What to write; of several kinds, OUT is the name that each file's is made from, as in `libOUT.a` and `OUT.h`
    #[arg(long, value_name = "KIND[,KIND]…", default_value = "exe", value_delimiter = ',')]
    pub(crate) emit: Vec<Emit>,
    /// Keep what is made, function by function, and take what did not change since from there; `aot run` always does
    #[arg(long)]
    pub(crate) cache: bool,
    /// Print the time that each stage took
    #[arg(long)]
    pub(crate) time: bool,
    #[command(flatten)]
    pub(crate) code: CodeArgs,
    #[command(flatten)]
    pub(crate) executable: ExecutableArgs,
    #[command(flatten)]
    pub(crate) object: ObjectArgs,
}

/// Compile a program to the cache, unless it is there, and run it
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The module: WebAssembly, its text format, or `-` for either on standard input
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Arguments of the program; options of `aot` stand before IN
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
    #[command(flatten)]
    pub(crate) code: CodeArgs,
    #[command(flatten)]
    pub(crate) executable: ExecutableArgs,
}

/// Show what was baked into an executable
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// An executable that `aot` made
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Show what a stage of the compiler makes of a module
#[derive(Debug, clap::Args)]
pub(crate) struct DumpArgs {
    /// The module: WebAssembly, its text format, or `-` for either on standard input
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// Which stage
    #[arg(long, value_name = "STAGE")]
    pub(crate) stage: StageArg,
    /// Only functions whose name contains NAME, or whose index is NAME
    #[arg(long, value_name = "NAME")]
    pub(crate) function: Option<String>,
    #[command(flatten)]
    pub(crate) code: CodeArgs,
    #[command(flatten)]
    pub(crate) object: ObjectArgs,
}

/// What decides the code that is made.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Code")]
pub(crate) struct CodeArgs {
    /// The machine that the code runs on; `aot targets` lists them [default: this one]
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,
    /// The processor: `baseline`, `x86-64-v3` or `native`, and features after commas, as in `baseline,avx2`. `auto` is
    /// `baseline`, but executables hold functions with vectors in loops for AVX2 as well, and choose when one is called. An
    /// executable for `baseline,x86-64-v3` holds the program twice, and chooses when it starts
    #[arg(long, value_name = "LEVEL[,FEATURE]…", default_value = AUTO)]
    pub(crate) cpu: String,
    /// How hard to optimise: 0 to compile quickly, 1 and 2 to run quickly, s to be small as well
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2")]
    pub(crate) optimize: OptimizeLevel,
    /// Debug information: offsets in the module as line numbers
    #[arg(short = 'g')]
    pub(crate) debug_info: bool,
    /// How out-of-bounds accesses are caught: `guard` reserves address space so that they fault, `bounds` checks each
    #[arg(long, value_name = "STRATEGY", default_value = "auto")]
    pub(crate) memory: MemoryArg,
    /// No memory grows beyond this, whatever the module declares; as in 64M or 2GiB
    #[arg(long, value_name = "SIZE")]
    pub(crate) max_memory: Option<ByteSize>,
    /// Proposals to turn on, or with `-` before the name off, separated by commas; docs/PROPOSALS.md lists them
    #[arg(long, value_name = "NAME[,NAME]…", allow_hyphen_values = true)]
    pub(crate) features: Option<String>,
    /// The same results on every machine, where the specification leaves a choice: NaN bits and relaxed SIMD
    #[arg(long)]
    pub(crate) deterministic: bool,
    /// Bounds checks also hold under misspeculation
    #[arg(long)]
    pub(crate) spectre: bool,
    /// Libraries: the host can stop the guest, from any thread
    #[arg(long)]
    pub(crate) interruptible: bool,
    /// Libraries: the host gives the guest fuel, which every operator uses up, the same on every machine
    #[arg(long)]
    pub(crate) fuel: bool,
    /// What to prove about the closed program; `none` is for finding out which fact is wrong
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub(crate) facts: FactsArg,
    /// Optimisations to switch off, or `all`; docs/RATIONALE.md says what each gains
    #[arg(long, value_name = "NAME[,NAME]…", value_delimiter = ',')]
    pub(crate) disable: Vec<String>,
    /// Compile by what a program compiled with `--pgo-generate` counted; of several files, the longest run of each function
    /// counts
    #[arg(long, value_name = "FILE")]
    pub(crate) pgo_use: Vec<PathBuf>,
    /// Check the code generator's intermediate form after every step
    #[arg(long)]
    pub(crate) verify: bool,
    /// Threads to compile on [default: one per core]
    #[arg(short, long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
}

/// What decides the shape of an executable.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Executable")]
pub(crate) struct ExecutableArgs {
    /// Bind a function import, or all of a module with `M.*`: calls trap, do nothing and return zero, or go to a native
    /// symbol
    #[arg(long = "import", value_name = "M.F=trap|zero|SYMBOL")]
    pub(crate) imports: Vec<ImportArg>,
    /// What becomes of function imports that nothing binds
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub(crate) unresolved: Unresolved,
    /// A native archive or object to link, where `--import` names its symbols
    #[arg(long = "host-lib", value_name = "PATH")]
    pub(crate) host_libraries: Vec<PathBuf>,
    /// Call this exported function instead of `_start`, after `_initialize` if there is one: its arguments are parsed
    /// from the command line, its results printed
    #[arg(long, value_name = "NAME")]
    pub(crate) entry: Option<String>,
    /// Make a program that counts what it does, and leaves FILE when it exits, for `--pgo-use` [default: default.aotprof]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "default.aotprof")]
    #[arg(conflicts_with_all = ["pgo_use", "entry"])]
    pub(crate) pgo_generate: Option<PathBuf>,
    /// Size of the program's stack, as in 1M; deeper recursion is a trap [default: 8M]
    #[arg(long, value_name = "SIZE")]
    pub(crate) stack: Option<ByteSize>,
    /// Leave out the names of functions; traps still report theirs
    #[arg(long, conflicts_with = "debug_info")]
    pub(crate) strip: bool,
    /// Link with another linker: `cc`, `ld`, `ld.lld`, `mold`, or a path
    #[arg(long, value_name = "LINKER")]
    pub(crate) linker: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) grants: GrantArgs,
}

/// What the program may use besides its arguments, its standard streams, clocks and random numbers.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Grants")]
pub(crate) struct GrantArgs {
    /// A directory, found when the program runs; the program calls it GUEST, else HOST; `:ro` keeps it from changing
    /// anything there
    #[arg(long = "dir", value_name = "HOST[::GUEST][:ro]")]
    pub(crate) directories: Vec<DirectoryArg>,
    /// An environment variable: this value, or without one, whatever it is when the program runs
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    pub(crate) variables: Vec<VariableArg>,
    /// All environment variables, as they are when the program runs
    #[arg(long)]
    pub(crate) inherit_env: bool,
    /// An argument that comes before those of the command line
    #[arg(long = "arg", value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub(crate) leading_arguments: Vec<OsString>,
    /// A socket that listens on this address, as in 127.0.0.1:8080
    #[arg(long = "listen", value_name = "ADDRESS")]
    pub(crate) listeners: Vec<SocketAddr>,
    /// Let the environment variable AOT_GRANTS grant more when the program runs; docs/ABI.md has its form
    #[arg(long)]
    pub(crate) runtime_grants: bool,
}

/// What decides the shape of an object.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Object")]
pub(crate) struct ObjectArgs {
    /// Objects and dumps: any number of instances behind a context parameter, one at link-time addresses, or one that is
    /// the only module of its program, as in executables
    #[arg(long, value_name = "MODEL", default_value = "library")]
    pub(crate) model: ModelArg,
    /// Start of every symbol, a C identifier [default: `aot` for objects; for libraries the name of the output]
    #[arg(long, value_name = "NAME")]
    pub(crate) prefix: Option<String>,
    /// Objects and libraries: functions of WASI come with the runtime, and the host says what an instance gets; otherwise
    /// they are the host's own. Executables have them anyway
    #[arg(long)]
    pub(crate) wasi: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    Auto,
    Always,
    Never,
}

/// How messages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    Human,
    Json,
}

/// Kinds of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Emit {
    /// A static executable
    Exe,
    /// A relocatable object
    Obj,
    /// A static library for C: the module and its runtime, which needs only libc
    Staticlib,
    /// The C header of that library
    Header,
    /// Rust bindings for the crate `aot-embed`; a library written with them leaves the runtime to that crate
    Rust,
    /// Annotated disassembly
    Asm,
    /// The code generator's intermediate form, beside the WebAssembly it came from
    Clif,
}

/// Stages, by the names that the whole project uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StageArg {
    /// The validated program as typed tables
    Module,
    /// What is known about the closed program
    Facts,
    /// Each function as translated
    Clif,
    /// Each function as optimised
    Opt,
    /// Machine code
    Code,
    /// Symbols and sections
    Object,
}

/// `-O`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OptimizeLevel {
    #[value(name = "0")]
    Zero,
    #[value(name = "1")]
    One,
    #[value(name = "2")]
    Two,
    #[value(name = "s")]
    Small,
}

/// `--memory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MemoryArg {
    Auto,
    Guard,
    Bounds,
}

/// `--model`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModelArg {
    Library,
    Executable,
    Program,
}

/// `--facts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FactsArg {
    All,
    None,
}

/// `--unresolved`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unresolved {
    /// An error that lists them
    Error,
    /// Calls trap
    Trap,
}

/// One `--import`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportArg {
    /// `module.field`, or `module.*`.
    pub(crate) name: String,
    pub(crate) target: ImportTarget,
}

/// What an import is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImportTarget {
    Trap,
    Zero,
    Symbol(String),
}

impl FromStr for ImportArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // A symbol has no `=`, a name may have.
        let (name, target) = text.rsplit_once('=').ok_or("an import is bound as in `env.log=trap`")?;
        if !name.contains('.') {
            return Err("the import is named `MODULE.FIELD`, or `MODULE.*` for all of a module".to_owned());
        }
        let target = match target {
            "trap" => ImportTarget::Trap,
            "zero" => ImportTarget::Zero,
            "" => return Err("what it is bound to is missing: `trap`, `zero` or a symbol".to_owned()),
            symbol => ImportTarget::Symbol(symbol.to_owned()),
        };
        Ok(ImportArg { name: name.to_owned(), target })
    }
}

/// One `--dir`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirectoryArg {
    pub(crate) host: String,
    pub(crate) guest: String,
    pub(crate) read_only: bool,
}

impl FromStr for DirectoryArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, read_only) = match text.strip_suffix(":ro") {
            Some(path) => (path, true),
            None => (text, false),
        };
        let (host, guest) = path.split_once("::").unwrap_or((path, path));
        if host.is_empty() || guest.is_empty() {
            return Err("a directory is granted as HOST, HOST::GUEST, or either with :ro behind it".to_owned());
        }
        Ok(DirectoryArg { host: host.to_owned(), guest: guest.to_owned(), read_only })
    }
}

/// One `--env`: `NAME=VALUE`, or `NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VariableArg(pub(crate) String);

impl FromStr for VariableArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split('=').next() {
            None | Some("") => Err("a variable is NAME=VALUE, or NAME".to_owned()),
            Some(_) => Ok(VariableArg(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DirectoryArg, ImportArg, ImportTarget, VariableArg};

    #[test]
    fn directories_have_two_names_and_may_be_read_only() {
        let parse = |text: &str| text.parse::<DirectoryArg>();
        let granted = |host: &str, guest: &str, read_only| {
            Ok(DirectoryArg { host: host.to_owned(), guest: guest.to_owned(), read_only })
        };
        assert_eq!(parse("."), granted(".", ".", false));
        assert_eq!(parse("./data::/data:ro"), granted("./data", "/data", true));
        assert_eq!(parse("/a:b"), granted("/a:b", "/a:b", false));
        assert_eq!(parse("/a:ro"), granted("/a", "/a", true));
        assert!(parse("").is_err() && parse("::/x").is_err() && parse("x::").is_err() && parse(":ro").is_err());
    }

    #[test]
    fn variables_have_names() {
        assert!("A".parse::<VariableArg>().is_ok() && "A=".parse::<VariableArg>().is_ok());
        assert!("".parse::<VariableArg>().is_err() && "=x".parse::<VariableArg>().is_err());
    }

    #[test]
    fn imports_are_bound_to_one_of_three() {
        let target = |text: &str| text.parse::<ImportArg>().map(|argument| argument.target);
        assert_eq!(target("a.b=trap"), Ok(ImportTarget::Trap));
        assert_eq!(target("a.b=zero"), Ok(ImportTarget::Zero));
        assert_eq!(target("a.b=puts"), Ok(ImportTarget::Symbol("puts".to_owned())));
        assert!(target("a.b").is_err() && target("a=trap").is_err() && target("a.b=").is_err());
    }
}
