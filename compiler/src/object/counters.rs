//! The counters of a program that counts: zeroed words for each function, and the list of them for the runtime.

use super::data::{Place, field};
use super::{Emitter, Sections};
use crate::code_name::CodeName;
use crate::error::Result;
use crate::index::FuncIndex;
use crate::module::Module;
use crate::profile::{Profile, body_hash};
use aot_abi::profile::{BRANCH_WORDS, FunctionCounters, INDIRECT_WORDS};
use object::write::StandardSection;
use wasmparser::{BinaryReader, FunctionBody, Operator};

const WORD_BYTES: u64 = 8;

impl Emitter<'_> {
    /// Defines the counters that code refers to; `at` is the slice that lists them.
    pub(super) fn counters(&mut self, sections: &mut Sections, at: u64) -> Result<()> {
        if !matches!(self.env.options.profile, Profile::Generate) {
            return Ok(());
        }
        let (module, compiled) = (self.env.module, &self.env.plan.compiled);
        let rows = sections.array::<FunctionCounters>(at, compiled.len());
        let section = self.object.section_id(StandardSection::UninitializedData);
        for (&function, row) in compiled.iter().zip(rows) {
            let length = words(module, function);
            let value = self.object.append_section_bss(section, length * WORD_BYTES, WORD_BYTES);
            let symbol = self.symbol(CodeName::Counters(function))?;
            self.define_data(symbol, section, value, (length * WORD_BYTES) as usize);
            let body = module.defined(function).expect("what is compiled has a body");
            let records = &mut sections.records;
            records.u64(row + field!(FunctionCounters, body_hash: u64), body_hash(module.body_bytes(body)));
            records.pointer(row + field!(FunctionCounters, words: *const u64), Place { symbol, offset: 0 });
            records.u64(row + field!(FunctionCounters, length: u64), length);
        }
        Ok(())
    }
}

/// Words that the sites of a function can need: those of operators that cannot be reached stay zero.
fn words(module: &Module<'_>, function: FuncIndex) -> u64 {
    const VALID: &str = "bodies are validated";
    let body = module.defined(function).expect("what is compiled has a body");
    let body = FunctionBody::new(BinaryReader::new(module.body_bytes(body), 0));
    let mut operators = body.get_operators_reader().expect(VALID);
    let mut words = 1;
    while !operators.eof() {
        words += u64::from(match operators.read().expect(VALID) {
            Operator::If { .. } | Operator::BrIf { .. } | Operator::BrOnNull { .. } | Operator::BrOnNonNull { .. } => {
                BRANCH_WORDS
            }
            Operator::CallIndirect { .. } => INDIRECT_WORDS,
            _ => 0,
        });
    }
    words
}
