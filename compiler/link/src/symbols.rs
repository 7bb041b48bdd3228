//! Symbol resolution: which objects take part, and what each of their symbols means.
//!
//! Inputs are read in order. An object takes part at once; an archive only announces the names its members define, and
//! a member takes part when a strong reference to such a name exists, whichever of the two is seen first. So the order
//! of archives on a command line does not matter, except that of two definitions the first wins.
//!
//! For each global name the strongest definition stands: strong, then common, then weak; of equals the first, but two
//! strong ones are an error. A weak definition that lost stays behind in its section with nothing that refers to it,
//! and `reach.rs` drops it: that is how `aot_type_…` data of several objects becomes one address.

use std::collections::{BTreeSet, VecDeque};

use object::elf;
use object::read::elf::Sym;

use crate::error::{DuplicateSymbol, LinkError, text};
use crate::hash::NameMap;
use crate::input::{
    Archive, Format, LARGEST_ALIGNMENT, LE, Object, ObjectName, RawSymbol, Role, Section, Stated, parse_object,
    recognise,
};
use crate::linker_symbol::{LinkerSymbol, is_identifier};
use crate::request::{Architecture, Input, Layout};

/// What a symbol, local or global, stands for once all names are resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    /// A place in one of the program's sections.
    Section {
        section: u32,
        offset: u64,
    },
    Absolute(u64),
    /// An index into `Program::linker_symbols`.
    Linker(u32),
    /// Nothing, and nothing needs it: address zero.
    UndefinedWeak,
    /// Nothing, which is an error if reachable code refers to it.
    Undefined,
    /// A local symbol of a COMDAT copy that was not chosen.
    Discarded,
}

/// All that takes part in the link, names resolved.
pub(crate) struct Program<'a> {
    pub(crate) architecture: Architecture,
    pub(crate) objects: Vec<Object<'a>>,
    pub(crate) sections: Vec<Section<'a>>,
    /// By `Object::first_symbol` plus the symbol's index.
    targets: Vec<Target>,
    pub(crate) globals: Vec<Global<'a>>,
    pub(crate) index: NameMap<'a, u32>,
    pub(crate) linker_symbols: Vec<LinkerSymbol<'a>>,
    pub(crate) entry: Target,
}

/// A name that is not local to an object.
pub(crate) struct Global<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) definition: Definition,
    /// The most restrictive visibility that any object gives it.
    pub(crate) visibility: u8,
    is_referenced: bool,
    pub(crate) target: Target,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    None,
    /// A member of an archive would define it.
    Lazy {
        archive: u32,
        member: u64,
    },
    Weak {
        object: u32,
        symbol: u32,
    },
    Common {
        object: u32,
        symbol: u32,
        size: u64,
        alignment: u64,
    },
    Strong {
        object: u32,
        symbol: u32,
    },
}

impl<'a> Program<'a> {
    /// What symbol `index` of an object stands for.
    pub(crate) fn target(&self, object: u32, index: u32) -> Result<Target, LinkError> {
        let object = &self.objects[object as usize];
        if (index as usize) < object.symbols.len() {
            Ok(self.targets[object.first_symbol as usize + index as usize])
        } else if index == 0 {
            Ok(Target::Absolute(0))
        } else {
            Err(object.malformed(format!("a relocation uses symbol {index}, which does not exist")))
        }
    }

    /// For messages: the name of symbol `index` of an object, or of the section that it stands for.
    pub(crate) fn describe(&self, object: u32, index: u32) -> String {
        let owner = &self.objects[object as usize];
        let Some(symbol) = owner.symbols.symbols().get(index as usize) else { return "nothing".into() };
        if symbol.st_type() == elf::STT_SECTION
            && let Ok(Target::Section { section, .. }) = self.target(object, index)
        {
            return text(self.sections[section as usize].name);
        }
        text(owner.symbol_name(symbol).unwrap_or(b"?"))
    }
}

/// Reads all inputs and resolves all names.
pub(crate) fn resolve<'a>(inputs: &[Input<'a>], layout: &Layout) -> Result<Program<'a>, LinkError> {
    let mut resolver = Resolver::new(layout);
    for input in inputs {
        match recognise(input)? {
            Format::Object => resolver.add_object(ObjectName { input: input.name, member: None }, input.bytes)?,
            Format::Archive(archive) => resolver.add_archive(archive)?,
        }
    }
    for name in layout.keep.iter().chain([&layout.entry]) {
        if let Some(&global) = resolver.index.get(name.as_bytes()) {
            resolver.reference(global);
        }
    }
    resolver.fetch_members()?;
    resolver.finish()
}

struct Resolver<'a, 'l> {
    layout: &'l Layout,
    objects: Vec<Object<'a>>,
    sections: Vec<Section<'a>>,
    symbol_count: usize,
    /// By symbol number: the global of each that is not local.
    global_of: Vec<u32>,
    globals: Vec<Global<'a>>,
    index: NameMap<'a, u32>,
    comdats: NameMap<'a, ()>,
    archives: Vec<Archive<'a>>,
    wanted_members: VecDeque<(u32, u64)>,
    fetched_members: BTreeSet<(u32, u64)>,
    duplicates: Vec<DuplicateSymbol>,
}

const NOT_GLOBAL: u32 = u32::MAX;

impl<'a, 'l> Resolver<'a, 'l> {
    fn new(layout: &'l Layout) -> Resolver<'a, 'l> {
        Resolver {
            layout,
            objects: Vec::new(),
            sections: Vec::new(),
            symbol_count: 0,
            global_of: Vec::new(),
            globals: Vec::new(),
            index: NameMap::default(),
            comdats: NameMap::default(),
            archives: Vec::new(),
            wanted_members: VecDeque::new(),
            fetched_members: BTreeSet::new(),
            duplicates: Vec::new(),
        }
    }

    fn intern(&mut self, name: &'a [u8]) -> u32 {
        *self.index.entry(name).or_insert_with(|| {
            let definition = Definition::None;
            let visibility = elf::STV_DEFAULT;
            self.globals.push(Global { name, definition, visibility, is_referenced: false, target: Target::Undefined });
            (self.globals.len() - 1) as u32
        })
    }

    /// A strong reference: fetches the archive member that defines the name.
    fn reference(&mut self, global: u32) {
        let global = &mut self.globals[global as usize];
        global.is_referenced = true;
        if let Definition::Lazy { archive, member } = global.definition
            && self.fetched_members.insert((archive, member))
        {
            self.wanted_members.push_back((archive, member));
        }
    }

    fn add_archive(&mut self, archive: Archive<'a>) -> Result<(), LinkError> {
        let definitions = archive.definitions(self.layout.architecture)?;
        let number = self.archives.len() as u32;
        self.archives.push(archive);
        for (name, member) in definitions {
            let global = self.intern(name);
            let state = &mut self.globals[global as usize];
            if state.definition == Definition::None {
                state.definition = Definition::Lazy { archive: number, member };
                if state.is_referenced {
                    self.reference(global);
                }
            }
        }
        self.fetch_members()
    }

    fn fetch_members(&mut self) -> Result<(), LinkError> {
        while let Some((archive, member)) = self.wanted_members.pop_front() {
            let (name, bytes) = self.archives[archive as usize].member(member)?;
            self.take_part(name, bytes)?;
        }
        Ok(())
    }

    fn add_object(&mut self, name: ObjectName<'a>, bytes: &'a [u8]) -> Result<(), LinkError> {
        self.take_part(name, bytes)?;
        self.fetch_members()
    }

    fn take_part(&mut self, name: ObjectName<'a>, bytes: &'a [u8]) -> Result<(), LinkError> {
        let mut parsed = parse_object(name, bytes, self.layout.architecture)?;
        for group in &parsed.groups {
            if group.is_comdat && self.comdats.insert(group.signature, ()).is_some() {
                for &member in &group.members {
                    parsed.sections[member as usize].discarded = true;
                }
            }
        }
        let number = self.objects.len() as u32;
        let first_section = self.sections.len();
        let first_symbol = self.symbol_count;
        let too_large =
            || LinkError::Unsupported { input: name.to_string(), what: "too many sections or symbols".into() };
        if u32::try_from(first_section + parsed.sections.len()).is_err()
            || u32::try_from(first_symbol + parsed.symbols.len()).is_err()
        {
            return Err(too_large());
        }
        let section_count = parsed.sections.len() as u32;
        for section in &mut parsed.sections {
            section.object = number;
            if !section.is_zeros() && section.role != Role::Ignored {
                section.size = section.data.len() as u64;
            }
            // Numbers of the object become numbers of the program.
            let renumber = |index: u32| first_section as u32 + index;
            section.next_in_group = section.next_in_group.map(renumber);
            section.linked_to = section.linked_to.filter(|&index| index != 0 && index < section_count).map(renumber);
        }
        self.sections.append(&mut parsed.sections);
        self.symbol_count += parsed.symbols.len();
        self.global_of.resize(self.symbol_count, NOT_GLOBAL);
        self.objects.push(Object {
            name,
            symbols: parsed.symbols,
            first_section: first_section as u32,
            section_count,
            first_symbol: first_symbol as u32,
        });
        for index in 1..parsed.symbols.len() {
            self.add_symbol(number, index)?;
        }
        Ok(())
    }

    fn add_symbol(&mut self, number: u32, index: usize) -> Result<(), LinkError> {
        let object = &self.objects[number as usize];
        let symbol = &object.symbols.symbols()[index];
        if symbol.is_local() {
            return Ok(());
        }
        let name = object.symbol_name(symbol)?;
        let stated = object.stated(index, symbol)?;
        let first_symbol = object.first_symbol as usize;
        let first_section = object.first_section;
        let is_weak = symbol.st_bind() != elf::STB_GLOBAL;

        let global = self.intern(name);
        self.global_of[first_symbol + index] = global;
        let state = &mut self.globals[global as usize];
        state.visibility = stricter(state.visibility, symbol.st_visibility());

        let symbol_number = index as u32;
        let new = match stated {
            Stated::Section(section) if self.sections[(first_section + section) as usize].discarded => {
                // The chosen copy of the group defines it.
                self.reference(global);
                return Ok(());
            }
            Stated::Undefined => {
                if !is_weak {
                    self.reference(global);
                }
                return Ok(());
            }
            Stated::Common => Definition::Common {
                object: number,
                symbol: symbol_number,
                size: symbol.st_size(LE),
                alignment: symbol.st_value(LE).max(1),
            },
            Stated::Section(_) | Stated::Absolute if is_weak => {
                Definition::Weak { object: number, symbol: symbol_number }
            }
            Stated::Section(_) | Stated::Absolute => Definition::Strong { object: number, symbol: symbol_number },
        };
        let duplicate = match (state.definition, new) {
            (Definition::Strong { object, .. }, Definition::Strong { .. }) => Some(object),
            (
                Definition::Common { size, alignment, .. },
                Definition::Common { object, symbol, size: s, alignment: a },
            ) => {
                let (size, alignment) = (size.max(s), alignment.max(a));
                state.definition = Definition::Common { object, symbol, size, alignment };
                None
            }
            (old, new) => {
                if strength(new) > strength(old) {
                    state.definition = new;
                }
                None
            }
        };
        if let Some(first) = duplicate {
            self.duplicates.push(DuplicateSymbol {
                name: text(name),
                first: self.objects[first as usize].name.to_string(),
                second: self.objects[number as usize].name.to_string(),
            });
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Program<'a>, LinkError> {
        if !self.duplicates.is_empty() {
            return Err(LinkError::DuplicateSymbols(self.duplicates));
        }
        let mut linker_symbols = Vec::new();
        let ranges = identifier_sections(&self.sections);
        for global in &mut self.globals {
            global.target = match global.definition {
                Definition::Strong { object, symbol } | Definition::Weak { object, symbol } => {
                    let owner = &self.objects[object as usize];
                    own_target(owner, symbol as usize, &owner.symbols.symbols()[symbol as usize], &self.sections)?
                }
                Definition::Common { object, size, alignment, .. } => {
                    let section = self.sections.len() as u32;
                    let common = common_section(object, size, alignment)
                        .ok_or_else(|| self.objects[object as usize].malformed("alignment of a common symbol"))?;
                    self.sections.push(common);
                    Target::Section { section, offset: 0 }
                }
                Definition::None | Definition::Lazy { .. } => match LinkerSymbol::named(global.name, self.layout) {
                    Some(symbol) if symbol.section().is_none_or(|name| ranges.contains_key(name)) => {
                        linker_symbols.push(symbol);
                        Target::Linker((linker_symbols.len() - 1) as u32)
                    }
                    _ if global.is_referenced => Target::Undefined,
                    _ => Target::UndefinedWeak,
                },
            };
        }
        let mut targets = Vec::with_capacity(self.symbol_count);
        for object in &self.objects {
            for (index, symbol) in object.symbols.iter().enumerate() {
                targets.push(match self.global_of[object.first_symbol as usize + index] {
                    _ if index == 0 => Target::Absolute(0),
                    NOT_GLOBAL => own_target(object, index, symbol, &self.sections)?,
                    global => self.globals[global as usize].target,
                });
            }
        }
        let entry = match self.index.get(self.layout.entry.as_bytes()) {
            Some(&global) => self.globals[global as usize].target,
            None => Target::Undefined,
        };
        if !matches!(entry, Target::Section { .. } | Target::Absolute(_)) {
            return Err(LinkError::NoEntry { symbol: self.layout.entry.clone() });
        }
        Ok(Program {
            architecture: self.layout.architecture,
            objects: self.objects,
            sections: self.sections,
            targets,
            globals: self.globals,
            index: self.index,
            linker_symbols,
            entry,
        })
    }
}

/// Hidden beats protected beats default; internal is as good as hidden.
fn stricter(one: u8, other: u8) -> u8 {
    match (one, other) {
        (elf::STV_DEFAULT, visibility) | (visibility, elf::STV_DEFAULT) => visibility,
        _ => one.min(other),
    }
}

fn strength(definition: Definition) -> u8 {
    match definition {
        Definition::None => 0,
        Definition::Lazy { .. } => 1,
        Definition::Weak { .. } => 2,
        Definition::Common { .. } => 3,
        Definition::Strong { .. } => 4,
    }
}

/// What a symbol stands for by its own object's word alone.
fn own_target(
    object: &Object<'_>,
    index: usize,
    symbol: &RawSymbol,
    sections: &[Section<'_>],
) -> Result<Target, LinkError> {
    if symbol.st_type() == elf::STT_GNU_IFUNC {
        let what = format!("`{}` is an indirect function", text(object.symbol_name(symbol)?));
        return Err(LinkError::Unsupported { input: object.name.to_string(), what });
    }
    Ok(match object.stated(index, symbol)? {
        Stated::Undefined => Target::Undefined,
        Stated::Absolute => Target::Absolute(symbol.st_value(LE)),
        Stated::Common => return Err(object.malformed(format!("local symbol {index} is common"))),
        Stated::Section(section) => {
            let section = object.first_section + section;
            if sections[section as usize].discarded {
                Target::Discarded
            } else {
                Target::Section { section, offset: symbol.st_value(LE) }
            }
        }
    })
}

/// The names of sections in memory that are C identifiers: those that `__start_…` and `__stop_…` can speak of.
fn identifier_sections<'a>(sections: &[Section<'a>]) -> NameMap<'a, ()> {
    let is_range = |section: &&Section<'a>| section.role == Role::Memory && is_identifier(section.name);
    sections.iter().filter(is_range).map(|section| (section.name, ())).collect()
}

/// Common symbols get a section of zeros each, so that later phases need not know of them.
fn common_section<'a>(object: u32, size: u64, alignment: u64) -> Option<Section<'a>> {
    if !alignment.is_power_of_two() || alignment > LARGEST_ALIGNMENT {
        return None;
    }
    Some(Section {
        object,
        role: Role::Memory,
        name: b"COMMON",
        kind: elf::SHT_NOBITS,
        flags: u64::from(elf::SHF_ALLOC | elf::SHF_WRITE),
        entry_size: 0,
        alignment,
        size,
        data: &[],
        relocations: &[],
        linked_to: None,
        discarded: false,
        next_in_group: None,
    })
}
