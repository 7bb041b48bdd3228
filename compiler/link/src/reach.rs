//! Sections that the program can reach from its entry point, and the names it cannot find on the way.
//!
//! A relocation is the only way in which one section can refer to another, so following relocations from the entry
//! point visits all that can ever be used. Besides the entry point, roots are what a loader or debugger looks for
//! without being told: `.init_array` and its kin, notes, sections marked `SHF_GNU_RETAIN`, sections with a fixed
//! address.
//!
//! A reference to `__start_NAME` does not keep the sections called `NAME` (`-z start-stop-gc` in other linkers): whoever
//! wants entries collected there refers to each from the code that needs it.
//!
//! Undefined names are looked for here and not when names are resolved, because what cannot be reached needs no
//! definition.

use object::elf;

use crate::error::{LinkError, Place, UndefinedSymbol, text};
use crate::hash::NameMap;
use crate::input::{LE, RawRelocation, Role, Section};
use crate::request::{Layout, Strip};
use crate::symbols::{Program, Target};
use crate::unwind::{RecordKind, Unwind};

/// How many references to an undefined name are reported.
const REPORTED_REFERENCES: usize = 3;

/// For each section of the program: does it go into the executable?
pub(crate) fn reach(program: &Program<'_>, unwind: &Unwind<'_>, layout: &Layout) -> Result<Vec<bool>, LinkError> {
    let mut walk = Walk {
        program,
        live: vec![false; program.sections.len()],
        pending: Vec::new(),
        undefined: Vec::new(),
        undefined_index: NameMap::default(),
    };
    let mut dependents = Vec::new();
    for (number, section) in program.sections.iter().enumerate() {
        if section.role == Role::Memory && (is_root(section, layout) || !layout.collect_garbage) {
            walk.mark(number as u32);
        }
        if let Some(owner) = section.linked_to {
            dependents.push((owner, number as u32));
        }
    }
    dependents.sort_unstable();
    walk.mark_target(program.entry);
    for name in &layout.keep {
        if let Some(&global) = program.index.get(name.as_bytes()) {
            walk.mark_target(program.globals[global as usize].target);
        }
    }
    while let Some(number) = walk.pending.pop() {
        walk.visit(number, unwind, &dependents)?;
    }
    if !walk.undefined.is_empty() {
        return Err(LinkError::UndefinedSymbols(walk.undefined));
    }
    keep_file_sections(program, &mut walk.live, layout)?;
    Ok(walk.live)
}

fn is_root(section: &Section<'_>, layout: &Layout) -> bool {
    const RETAIN: u64 = 1 << 21;
    let is_array = matches!(section.kind, elf::SHT_INIT_ARRAY | elf::SHT_FINI_ARRAY | elf::SHT_PREINIT_ARRAY);
    let is_note = section.kind == elf::SHT_NOTE && section.next_in_group.is_none();
    let is_called_at_start = [b".init_array".as_slice(), b".fini_array", b".preinit_array", b".ctors", b".dtors"]
        .iter()
        .any(|prefix| section.name.starts_with(prefix));
    section.flags & RETAIN != 0
        || is_array
        || is_note
        || is_called_at_start
        || section.name == b".init"
        || section.name == b".fini"
        || layout.fixed_section(section.name).is_some()
}

struct Walk<'p, 'a> {
    program: &'p Program<'a>,
    live: Vec<bool>,
    pending: Vec<u32>,
    undefined: Vec<UndefinedSymbol>,
    undefined_index: NameMap<'a, usize>,
}

impl<'a> Walk<'_, 'a> {
    fn mark(&mut self, number: u32) {
        let section = &self.program.sections[number as usize];
        if section.role == Role::Memory && !section.discarded && !self.live[number as usize] {
            self.live[number as usize] = true;
            self.pending.push(number);
        }
    }

    fn mark_target(&mut self, target: Target) {
        if let Target::Section { section, .. } = target {
            self.mark(section);
        }
    }

    /// Marks all that lives because section `number` does.
    fn visit(&mut self, number: u32, unwind: &Unwind<'a>, dependents: &[(u32, u32)]) -> Result<(), LinkError> {
        let section = &self.program.sections[number as usize];
        self.refuse_unlinkable(section)?;
        if let Some(next) = section.next_in_group {
            self.mark(next);
        }
        let first = dependents.partition_point(|&(owner, _)| owner < number);
        for &(_, dependent) in dependents[first..].iter().take_while(|&&(owner, _)| owner == number) {
            self.mark(dependent);
        }
        self.follow(number, section.relocations)?;
        for record in unwind.records_of_section(number) {
            self.follow(record.section, unwind.relocations(record))?;
            if let RecordKind::Fde { cie, .. } = record.kind {
                let cie = &unwind.records[cie as usize];
                self.follow(cie.section, unwind.relocations(cie))?;
            }
        }
        Ok(())
    }

    fn follow(&mut self, number: u32, relocations: &[RawRelocation]) -> Result<(), LinkError> {
        let object = self.program.sections[number as usize].object;
        for relocation in relocations {
            let symbol = relocation.r_sym(LE, false);
            match self.program.target(object, symbol)? {
                Target::Section { section, .. } => self.mark(section),
                Target::Undefined => self.report(number, relocation),
                Target::Discarded => {
                    let what = format!(
                        "section `{}` refers to `{}`, of which a copy in another object was chosen",
                        text(self.program.sections[number as usize].name),
                        self.program.describe(object, symbol)
                    );
                    return Err(self.program.objects[object as usize].malformed(what));
                }
                Target::Absolute(_) | Target::Linker(_) | Target::UndefinedWeak => {}
            }
        }
        Ok(())
    }

    fn report(&mut self, number: u32, relocation: &RawRelocation) {
        let section = &self.program.sections[number as usize];
        let object = &self.program.objects[section.object as usize];
        let symbol = &object.symbols.symbols()[relocation.r_sym(LE, false) as usize];
        let name = object.symbol_name(symbol).unwrap_or(b"?");
        let index = *self.undefined_index.entry(name).or_insert_with(|| {
            self.undefined.push(UndefinedSymbol { name: text(name), references: Vec::new(), more: 0 });
            self.undefined.len() - 1
        });
        let undefined = &mut self.undefined[index];
        if undefined.references.len() < REPORTED_REFERENCES {
            undefined.references.push(Place {
                input: object.name.to_string(),
                section: text(section.name),
                offset: relocation.r_offset.get(LE),
            });
        } else {
            undefined.more += 1;
        }
    }

    fn refuse_unlinkable(&self, section: &Section<'_>) -> Result<(), LinkError> {
        let has = |flag: u32| section.flags & u64::from(flag) != 0;
        let what = if has(elf::SHF_TLS) {
            "holds thread-local data, which is not supported"
        } else if has(elf::SHF_WRITE) && has(elf::SHF_EXECINSTR) {
            "is both writable and executable"
        } else if has(elf::SHF_COMPRESSED) {
            "is compressed, which only debug sections can be"
        } else {
            return Ok(());
        };
        let input = self.program.objects[section.object as usize].name.to_string();
        Err(LinkError::Unsupported { input, what: format!("section `{}` {what}", text(section.name)) })
    }
}

/// Debug information and comments describe code: they stay for the objects of which something else stays.
fn keep_file_sections(program: &Program<'_>, live: &mut [bool], layout: &Layout) -> Result<(), LinkError> {
    for object in &program.objects {
        let own = object.first_section as usize..(object.first_section + object.section_count) as usize;
        if !live[own.clone()].contains(&true) {
            continue;
        }
        for number in own {
            let section = &program.sections[number];
            let is_debug = section.name.starts_with(b".debug") || section.name.starts_with(b".zdebug");
            if section.role != Role::File || section.discarded || (is_debug && layout.strip != Strip::None) {
                continue;
            }
            if section.flags & u64::from(elf::SHF_COMPRESSED) != 0 {
                let what = format!(
                    "section `{}` is compressed; compile with `-gz=none` or strip debug information",
                    text(section.name)
                );
                return Err(LinkError::Unsupported { input: object.name.to_string(), what });
            }
            live[number] = true;
        }
    }
    Ok(())
}
