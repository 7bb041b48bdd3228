//! What relocations ask for beyond the sections at hand: GOT entries, and addresses to correct when the program moves.
//!
//! Both decide sizes and so must be known before anything has an address.

use std::collections::HashMap;

use object::elf;

use crate::error::{LinkError, Place, text};
use crate::input::{LE, RawRelocation, Role, Section};
use crate::relocate::kind::{Use, kind};
use crate::relocate::{aarch64, x86_64};
use crate::request::{Architecture, Layout};
use crate::symbols::{Program, Target};
use crate::unwind::{Unwind, UnwindPlan};

#[derive(Default)]
pub(crate) struct Demand {
    /// What each GOT entry holds: the address of a target plus an addend.
    pub(crate) got_entries: Vec<GotKey>,
    got_index: HashMap<GotKey, u32>,
    /// Entries of `.rela.dyn`.
    pub(crate) relative_count: usize,
    /// Something refers to the GOT as a whole.
    pub(crate) needs_got_base: bool,
    /// Some branch may need a veneer.
    pub(crate) has_branches: bool,
}

pub(crate) type GotKey = (Target, i64);

impl Demand {
    pub(crate) fn got_slot(&self, key: GotKey) -> Option<u32> {
        self.got_index.get(&key).copied()
    }

    fn want_got_entry(&mut self, key: GotKey, layout: &Layout) {
        if self.got_index.contains_key(&key) {
            return;
        }
        self.got_index.insert(key, self.got_entries.len() as u32);
        self.got_entries.push(key);
        if layout.is_independent() && moves_with_the_program(key.0) {
            self.relative_count += 1;
        }
    }
}

/// Does a target's address change when the program is mapped somewhere else?
pub(crate) fn moves_with_the_program(target: Target) -> bool {
    matches!(target, Target::Section { .. } | Target::Linker(_))
}

/// The GOT entry that a relocation with [`Use::GotEntry`] reads. On x86_64 the addend belongs to the entry's place, on
/// aarch64 to its content.
pub(crate) fn got_key(architecture: Architecture, target: Target, addend: i64) -> GotKey {
    match architecture {
        Architecture::X86_64 => (target, 0),
        Architecture::Aarch64 => (target, addend),
    }
}

/// Decides for the relocations of one section which of them do without a GOT entry.
pub(crate) struct GotBypass<'p, 'a> {
    program: &'p Program<'a>,
    layout: &'p Layout,
    section: &'p Section<'a>,
    is_possible: bool,
}

impl<'p, 'a> GotBypass<'p, 'a> {
    pub(crate) fn new(program: &'p Program<'a>, layout: &'p Layout, section: &'p Section<'a>) -> GotBypass<'p, 'a> {
        // Bytes in data may look like an instruction and be none.
        let is_code = section.flags & u64::from(elf::SHF_EXECINSTR) != 0;
        let is_possible = is_code
            && layout.fixed_section(section.name).is_none()
            && match layout.architecture {
                Architecture::X86_64 => true,
                Architecture::Aarch64 => aarch64::can_bypass_got(section.relocations, section.data),
            };
        GotBypass { program, layout, section, is_possible }
    }

    pub(crate) fn applies(&self, relocation: &RawRelocation, target: Target) -> bool {
        // What is not part of the image may be too far from the instruction.
        let is_near = match target {
            Target::Section { section, .. } => {
                self.layout.fixed_section(self.program.sections[section as usize].name).is_none()
            }
            Target::Linker(_) => true,
            Target::Absolute(_) | Target::UndefinedWeak | Target::Undefined | Target::Discarded => false,
        };
        let (number, offset) = (relocation.r_type(LE, false), relocation.r_offset.get(LE));
        self.is_possible
            && is_near
            && match self.layout.architecture {
                Architecture::X86_64 => {
                    x86_64::can_bypass_got(number, self.section.data, offset, relocation.r_addend.get(LE))
                }
                Architecture::Aarch64 => {
                    matches!(number, elf::R_AARCH64_ADR_GOT_PAGE | elf::R_AARCH64_LD64_GOT_LO12_NC)
                }
            }
    }
}

/// Looks at every relocation of what is live.
pub(crate) fn scan(
    program: &Program<'_>,
    unwind: &Unwind<'_>,
    plan: &UnwindPlan,
    live: &[bool],
    layout: &Layout,
) -> Result<Demand, LinkError> {
    let mut demand = Demand::default();
    for (number, section) in program.sections.iter().enumerate() {
        if live[number] && section.role == Role::Memory && !section.relocations.is_empty() {
            scan_section(program, section, section.relocations, layout, &mut demand)?;
        }
    }
    for entry in &plan.entries {
        let record = &unwind.records[entry.record as usize];
        let section = &program.sections[record.section as usize];
        scan_section(program, section, unwind.relocations(record), layout, &mut demand)?;
    }
    Ok(demand)
}

fn scan_section(
    program: &Program<'_>,
    section: &Section<'_>,
    relocations: &[RawRelocation],
    layout: &Layout,
    demand: &mut Demand,
) -> Result<(), LinkError> {
    let mut bypass = None;
    for relocation in relocations {
        let number = relocation.r_type(LE, false);
        let Some(kind) = kind(layout.architecture, number) else {
            return Err(unknown(program, section, relocation));
        };
        match kind.usage {
            Use::Nothing | Use::Distance => continue,
            Use::Branch => {
                demand.has_branches = true;
                continue;
            }
            Use::GotBase => {
                demand.needs_got_base = true;
                continue;
            }
            Use::Address | Use::NarrowAddress if !layout.is_independent() => continue,
            Use::Address | Use::NarrowAddress | Use::GotEntry => {}
        }
        let target = program.target(section.object, relocation.r_sym(LE, false))?;
        if kind.usage == Use::GotEntry {
            let bypass = bypass.get_or_insert_with(|| GotBypass::new(program, layout, section));
            if !bypass.applies(relocation, target) {
                let key = got_key(layout.architecture, target, relocation.r_addend.get(LE));
                demand.want_got_entry(key, layout);
            }
        } else if moves_with_the_program(target) {
            let is_writable = section.flags & u64::from(elf::SHF_WRITE) != 0;
            if kind.usage == Use::NarrowAddress {
                let what = "cannot hold an address in a position-independent executable; compile with `-fPIE`";
                return Err(problem(program, section, relocation, kind.name, what));
            }
            if !is_writable {
                let what = "wants an address in a read-only section, which start code could not correct";
                return Err(problem(program, section, relocation, kind.name, what));
            }
            demand.relative_count += 1;
        }
    }
    Ok(())
}

fn place(program: &Program<'_>, section: &Section<'_>, relocation: &RawRelocation) -> Box<Place> {
    Box::new(Place {
        input: program.objects[section.object as usize].name.to_string(),
        section: text(section.name),
        offset: relocation.r_offset.get(LE),
    })
}

pub(crate) fn unknown(program: &Program<'_>, section: &Section<'_>, relocation: &RawRelocation) -> LinkError {
    let number = relocation.r_type(LE, false);
    let machine = match program.architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::Aarch64 => "aarch64",
    };
    LinkError::UnknownRelocation {
        kind: format!("number {number} of {machine}"),
        place: place(program, section, relocation),
    }
}

pub(crate) fn problem(
    program: &Program<'_>,
    section: &Section<'_>,
    relocation: &RawRelocation,
    kind: &'static str,
    what: &str,
) -> LinkError {
    LinkError::Relocation {
        kind,
        symbol: program.describe(section.object, relocation.r_sym(LE, false)),
        what: what.into(),
        place: place(program, section, relocation),
    }
}
