//! Objects and archives to an ELF executable: a pure function.
//!
//! ```no_run
//! # let (program, runtime): (&[u8], &[u8]) = (&[], &[]);
//! use aot_link::{Architecture, Input, Layout};
//!
//! let inputs = [Input { name: "program.o", bytes: program }, Input { name: "runtime.a", bytes: runtime }];
//! let linked = aot_link::link(&inputs, &Layout::new(Architecture::X86_64))?;
//! assert!(linked.bytes.starts_with(b"\x7fELF"));
//! # Ok::<(), aot_link::LinkError>(())
//! ```
//!
//! # Phases
//!
//! A linker answers four questions in an order that cannot be changed, because each answer needs the one before:
//!
//! 1. **What does each name mean?** `symbols.rs` reads the inputs (`input.rs`), pulls members out of archives while
//!    names are missing, chooses among several definitions and several copies of a group, and leaves a
//!    `Program` in which every symbol has a target.
//! 2. **What is needed?** `reach.rs` walks relocations from the entry point. The same walk finds names that are used and
//!    that nothing defines. `unwind.rs` chooses the unwind records of functions that are left, `demand.rs` finds out
//!    which GOT entries and load-time corrections the remaining relocations ask for.
//! 3. **Where does it go?** `output.rs` collects sections into output sections and orders them, `layout.rs` gives each
//!    an address and a place in the file, in a loop with `veneer.rs` until all branches reach.
//! 4. **Which bytes?** `elf.rs` allocates the file, copies sections into it and lets `relocate/` fill in addresses,
//!    then adds what debuggers want (`symbol_table.rs`) and the `build_id.rs`.
//!
//! Nothing is decided twice: a size that phase 3 reserves is computed from the same facts that phase 4 writes, and where
//! both look at an instruction (may it bypass the GOT?) they call the same function.
//!
//! # Trust
//!
//! Inputs may be damaged. Every index and every offset that comes from one is checked where it is first used, and a
//! damaged input is an error that names it. Sizes are added with checks, and neither alignment nor sections of zeros can
//! make the output more than 4 GiB large.
//!
//! # Deliberately absent
//!
//! Dynamic linking, indirect functions, thread-local storage, linker scripts, symbol versions, merging of equal strings,
//! link-time optimisation. The runtime has none of these, and `--linker` hands the same link to a linker that does.

pub mod archive;
mod build_id;
mod demand;
mod dynamic;
mod elf;
mod error;
mod hash;
mod input;
mod layout;
mod link_map;
mod linker_symbol;
mod output;
mod reach;
mod relocate;
mod request;
mod symbol_table;
mod symbols;
mod unwind;
mod veneer;

pub use error::{DuplicateSymbol, LinkError, Place, UndefinedSymbol};
pub use link_map::LinkMap;
pub use request::{Architecture, FixedSection, Input, Layout, Position, Strip};

/// A finished executable.
#[derive(Debug)]
pub struct Linked<'a> {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// Where everything is.
    pub map: LinkMap<'a>,
}

/// Links an executable.
pub fn link<'a>(inputs: &[Input<'a>], layout: &Layout) -> Result<Linked<'a>, LinkError> {
    layout.check()?;
    let program = symbols::resolve(inputs, layout)?;
    let unwind = unwind::Unwind::read(&program)?;
    let live = reach::reach(&program, &unwind, layout)?;
    let plan = unwind::plan(&program, &unwind, &live)?;
    let demand = demand::scan(&program, &unwind, &plan, &live, layout)?;
    let placement = layout::place(&program, &live, &plan, &demand, layout)?;
    let bytes = elf::write(&program, &unwind, &plan, &demand, &placement, layout)?;
    Ok(Linked { bytes, map: LinkMap::new(program, &placement) })
}
