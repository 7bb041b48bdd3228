//! Relocation: addresses into the bytes of sections that have their place.
//!
//! `field.rs` has the checked arithmetic, `x86_64.rs` and `aarch64.rs` one line for each relocation kind; here the
//! values that go into them are looked up.

pub(crate) mod aarch64;
pub(crate) mod field;
pub(crate) mod kind;
pub(crate) mod x86_64;

use crate::demand::{self, Demand, GotBypass, got_key, moves_with_the_program};
use crate::error::LinkError;
use crate::input::{LE, RawRelocation};
use crate::layout::{NOWHERE, Placement};
use crate::relocate::field::{Fault, Values};
use crate::relocate::kind::{Use, kind};
use crate::request::{Architecture, Layout};
use crate::symbols::{Program, Target};

pub(crate) struct Relocator<'p, 'a> {
    pub(crate) program: &'p Program<'a>,
    pub(crate) placement: &'p Placement<'a>,
    pub(crate) demand: &'p Demand,
    pub(crate) layout: &'p Layout,
    got: u64,
    /// What start code must correct in a program that moves: address and value without the bias.
    pub(crate) relative: Vec<(u64, u64)>,
}

impl<'p, 'a> Relocator<'p, 'a> {
    pub(crate) fn new(
        program: &'p Program<'a>,
        placement: &'p Placement<'a>,
        demand: &'p Demand,
        layout: &'p Layout,
    ) -> Relocator<'p, 'a> {
        let relative = Vec::with_capacity(demand.relative_count);
        Relocator { program, placement, demand, layout, got: placement.got_address(), relative }
    }

    /// Fills in the content of a section in memory.
    pub(crate) fn section(&mut self, number: u32, bytes: &mut [u8]) -> Result<(), LinkError> {
        let section = &self.program.sections[number as usize];
        let address = self.placement.section_addresses[number as usize];
        self.part(number, section.relocations, 0, bytes, address)
    }

    /// Fills in `bytes`, which come from `origin` in section `number` and will be at `address`.
    pub(crate) fn part(
        &mut self,
        number: u32,
        relocations: &[RawRelocation],
        origin: u64,
        bytes: &mut [u8],
        address: u64,
    ) -> Result<(), LinkError> {
        let section = &self.program.sections[number as usize];
        let architecture = self.layout.architecture;
        let mut bypass = None;
        for relocation in relocations {
            let kind_number = relocation.r_type(LE, false);
            let kind = kind(architecture, kind_number).expect("the scan for demands met the same relocations");
            let target = self.program.target(section.object, relocation.r_sym(LE, false))?;
            let offset = relocation.r_offset.get(LE).wrapping_sub(origin);
            let mut values = Values {
                symbol: self.placement.address(target),
                addend: relocation.r_addend.get(LE),
                place: address.wrapping_add(offset),
                got_entry: None,
                got: self.got,
                is_missing: target == Target::UndefinedWeak,
            };
            match kind.usage {
                Use::GotEntry => {
                    let bypass = bypass.get_or_insert_with(|| GotBypass::new(self.program, self.layout, section));
                    if !bypass.applies(relocation, target) {
                        values.got_entry = self.got_entry(target, values.addend);
                    }
                }
                Use::Branch => {
                    let is_far = !aarch64::branch_reaches(values.relative()) && !values.is_missing;
                    if is_far && let Some(veneer) = self.placement.veneers.address(number, target, values.addend) {
                        (values.symbol, values.addend) = (veneer, 0);
                    }
                }
                Use::Address if self.layout.is_independent() && moves_with_the_program(target) => {
                    self.relative.push((values.place, values.absolute()));
                }
                Use::Nothing | Use::Address | Use::NarrowAddress | Use::Distance | Use::GotBase => {}
            }
            apply(architecture, kind_number, bytes, offset, &values)
                .map_err(|fault| demand::problem(self.program, section, relocation, kind.name, &fault.message()))?;
        }
        Ok(())
    }

    fn got_entry(&self, target: Target, addend: i64) -> Option<u64> {
        let slot = self.demand.got_slot(got_key(self.layout.architecture, target, addend))?;
        Some(self.got + 8 * u64::from(slot))
    }

    /// Fills in a section that is only in the file. References to what is not in the program get a value that no code
    /// has: zero, or one in lists that zero would end.
    pub(crate) fn in_file(&self, number: u32, bytes: &mut [u8]) -> Result<(), LinkError> {
        let section = &self.program.sections[number as usize];
        let tombstone = u64::from(matches!(section.name, b".debug_ranges" | b".debug_loc"));
        for relocation in section.relocations {
            let kind_number = relocation.r_type(LE, false);
            let Some(kind) = kind(self.layout.architecture, kind_number) else {
                return Err(demand::unknown(self.program, section, relocation));
            };
            let target = self.program.target(section.object, relocation.r_sym(LE, false))?;
            let offset = relocation.r_offset.get(LE);
            let is_gone = match target {
                Target::Section { section, .. } => self.placement.section_addresses[section as usize] == NOWHERE,
                Target::Discarded | Target::Undefined => true,
                Target::Absolute(_) | Target::Linker(_) | Target::UndefinedWeak => false,
            };
            let values = if is_gone {
                Values { symbol: tombstone, ..Values::default() }
            } else {
                let symbol = self.placement.address(target);
                Values { symbol, addend: relocation.r_addend.get(LE), place: offset, ..Values::default() }
            };
            apply(self.layout.architecture, kind_number, bytes, offset, &values)
                .map_err(|fault| demand::problem(self.program, section, relocation, kind.name, &fault.message()))?;
        }
        Ok(())
    }
}

fn apply(architecture: Architecture, number: u32, bytes: &mut [u8], offset: u64, values: &Values) -> Result<(), Fault> {
    match architecture {
        Architecture::X86_64 => x86_64::apply(number, bytes, offset, values),
        Architecture::Aarch64 => aarch64::apply(number, bytes, offset, values),
    }
}
