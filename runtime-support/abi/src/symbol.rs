//! Names the linker resolves between the two sides.
//!
//! A module's own symbols are `<prefix>_<suffix>`, where the prefix is `aot` for an executable and the module's name
//! otherwise; the runtime's are fixed.

/// Suffix: the [`crate::image::ModuleImage`].
pub const IMAGE: &str = "image";
/// Suffix: the static [`crate::context::InstanceContext`] of the executable model.
pub const CONTEXT: &str = "context";
/// Suffix: `extern "C" fn(*mut InstanceContext)`, see [`crate::image::ModuleImage::initialize`].
pub const INITIALIZE: &str = "initialize";
/// Suffix: first byte of the module's code.
pub const TEXT_START: &str = "text_start";
/// Suffix: end of the module's code.
pub const TEXT_END: &str = "text_end";
/// Prefix of an executable's symbols; further versions of the module for other processors have another.
pub const EXECUTABLE_PREFIX: &str = "aot";
/// Start of the weak symbols of type descriptors; followed by a hash in hexadecimal.
pub const TYPE_PREFIX: &str = "aot_type_";
/// Section with the initial contents of a memory at a fixed address; followed by the memory's index, `@`, and the native
/// address of the contents in hexadecimal, with `0x`: the linker places it there.
pub const MEMORY_SECTION_PREFIX: &str = ".aot.memory";
/// Section of the compiler's identity and the hash of its input, as an ELF note.
pub const NOTE_SECTION: &str = ".note.aot";
/// Owner name in that note.
pub const NOTE_OWNER: &str = "aot";
/// What an executable was told when it was made, see [`crate::config`].
pub const CONFIG: &str = "aot_config";
/// The versions of an executable's module, see [`crate::version`].
pub const VERSIONS: &str = "aot_versions";
/// x86_64: a byte that says which functions run of those that exist in two versions, one of the values below.
pub const PROCESSOR: &str = "aot_processor";
/// x86_64: writes that byte; preserves all registers but the flags.
pub const ASK_PROCESSOR: &str = "aot_ask_processor";
/// Routine that runs a command: `_start`, then exit.
pub const ENTER_COMMAND: &str = "aot_enter_command";
/// The same for a program that neither listens on a socket nor takes grants when it runs: it is linked without what those
/// take.
pub const ENTER_PLAIN_COMMAND: &str = "aot_enter_plain_command";
/// Routine that runs a command that counts, see [`crate::profile`].
pub const ENTER_COUNTING_COMMAND: &str = "aot_enter_counting_command";
/// Routine that runs a named function: `_initialize` if there is one, then the function with arguments from the command
/// line, printing its results.
pub const ENTER_FUNCTION: &str = "aot_enter_function";
