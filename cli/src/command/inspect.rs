//! `aot inspect`: what was baked into an executable, read from its notes.

use crate::args::InspectArgs;
use crate::console::{Console, describe};
use crate::diagnostic::{Failure, Message};
use crate::output::config::NOTE_TYPE;
use aot_abi::config::{DEFAULT_STACK_BYTES, INHERIT_ENVIRONMENT, ProgramConfig, RUNTIME_GRANTS, Record};
use aot_abi::symbol::{NOTE_OWNER, NOTE_SECTION};
use object::read::elf::{ElfFile64, FileHeader, NoteIterator};
use object::{Endianness, Object, ObjectSection};
use std::fmt::Write as _;
use std::fs;

/// Type of the note that the compiler writes: ABI version, hash of the module, version of the compiler.
const COMPILER_NOTE_TYPE: u32 = 1;

pub(crate) fn run(args: &InspectArgs, console: &mut Console<'_>) -> Result<(), Failure> {
    let label = args.file.display().to_string();
    let bytes = fs::read(&args.file)
        .map_err(|error| Message::machine(format!("cannot read: {}", describe(&error))).about(&label))?;
    let text = inspect(&bytes)
        .ok_or_else(|| Message::input("not an executable that `aot` made: it has no such note").about(&label))?;
    console.print(text.as_bytes())
}

/// What the notes say; `None` without ours.
fn inspect(bytes: &[u8]) -> Option<String> {
    let file = ElfFile64::<Endianness>::parse(bytes).ok()?;
    let endian = file.endian();
    let mut text = format!("architecture  {}\n", architecture(file.elf_header().e_machine(endian)));
    let mut found = false;
    let section = file.section_by_name(NOTE_SECTION)?;
    let mut notes = NoteIterator::<object::elf::FileHeader64<Endianness>>::new(endian, 4, section.data().ok()?).ok()?;
    while let Ok(Some(note)) = notes.next() {
        if note.name() != NOTE_OWNER.as_bytes() {
            continue;
        }
        match note.n_type(endian) {
            COMPILER_NOTE_TYPE => {
                compiler(note.desc(), &mut text)?;
                found = true;
            }
            NOTE_TYPE => configuration(&ProgramConfig::read(note.desc())?, &mut text),
            _ => {}
        }
    }
    found.then_some(text)
}

fn architecture(machine: u16) -> &'static str {
    match machine {
        object::elf::EM_X86_64 => "x86_64",
        object::elf::EM_AARCH64 => "aarch64",
        _ => "unknown",
    }
}

fn compiler(note: &[u8], text: &mut String) -> Option<()> {
    let (abi, rest) = note.split_first_chunk::<4>()?;
    let (hash, version) = rest.split_first_chunk::<32>()?;
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let version = String::from_utf8_lossy(version);
    let _ = writeln!(text, "compiler      aot {version}, ABI {}", u32::from_le_bytes(*abi));
    let _ = writeln!(text, "module        sha256 {hash}");
    Some(())
}

fn configuration(config: &ProgramConfig<'_>, text: &mut String) {
    let say = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let _ = writeln!(text, "entry         {}", say(config.entry()));
    let stack = if config.stack_bytes == 0 { DEFAULT_STACK_BYTES } else { config.stack_bytes };
    let _ = writeln!(text, "stack         {stack} bytes");
    text.push_str("granted       arguments, standard streams, clocks, random numbers\n");
    for record in &config.records {
        let _ = match *record {
            Record::Entry(_) => Ok(()),
            Record::Argument(argument) => writeln!(text, "argument      {}", say(argument)),
            Record::Environment(variable) if variable.contains(&b'=') => {
                writeln!(text, "variable      {}", say(variable))
            }
            Record::Environment(name) => writeln!(text, "variable      {}, as it is when the program runs", say(name)),
            Record::Directory { host, guest, read_only } => {
                let how = if read_only { ", read only" } else { "" };
                writeln!(text, "directory     {} as {}{how}", say(host), say(guest))
            }
            Record::Profile(path) => writeln!(text, "profile       counts what runs, into {}", say(path)),
            Record::Listener(address) => writeln!(text, "listens on    {}", say(address)),
        };
    }
    if config.flags & INHERIT_ENVIRONMENT != 0 {
        text.push_str("variables     all, as they are when the program runs\n");
    }
    if config.flags & RUNTIME_GRANTS != 0 {
        let _ =
            writeln!(text, "more          whatever {} grants when the program runs", aot_abi::config::GRANTS_VARIABLE);
    }
}
