//! Code tables: what `call_indirect` looks at instead of the table, where nobody writes the table.

use super::data::{Data, Place, field};
use super::{Emitter, container_error};
use crate::code_name::CodeName;
use crate::error::Result;
use crate::index::TableIndex;
use crate::plan::{CodeTableRow, code_table_type};
use object::SectionKind;

// Code finds a row by a shift.
const _: () = assert!(size_of::<CodeTableRow>() == 16);

impl Emitter<'_> {
    /// Emits every code table that code refers to.
    pub(super) fn emit_code_tables(&mut self) -> Result<()> {
        for table in std::mem::take(&mut self.wanted_tables) {
            self.emit_code_table(table)?;
        }
        Ok(())
    }

    fn emit_code_table(&mut self, table: TableIndex) -> Result<()> {
        let (module, plan) = (self.env.module, self.env.plan);
        let planned = plan.code_tables[table].as_ref().expect("code refers to code tables of the plan only");
        let name = format!(".data.rel.ro.table{}", table.as_u32());
        let section = self.object.add_section(Vec::new(), name.into_bytes(), SectionKind::ReadOnlyDataWithRel);
        let mut data = Data::new(&mut self.object, section);
        let start = data.reserve::<CodeTableRow>(planned.functions.len());
        let size = planned.functions.len() * size_of::<CodeTableRow>();
        for (index, &function) in planned.functions.iter().enumerate() {
            let Some(function) = function else { continue };
            let row = start + (index * size_of::<CodeTableRow>()) as u64;
            let code = match module.defined(function) {
                Some(_) => CodeName::Wasm(function),
                None => CodeName::ImportWrapper(function),
            };
            let code = Place { symbol: self.symbol(code)?, offset: 0 };
            let ty = module.types.defined[module.functions[function].ty].canonical;
            data.pointer(row + field!(CodeTableRow, code: *const u8), code);
            data.u32(row + field!(CodeTableRow, ty: u32), code_table_type(ty));
        }
        let symbol = self.symbol(CodeName::CodeTable(table))?;
        self.define_data(symbol, section, start, size);
        data.finish(&mut self.object).map_err(container_error)
    }
}
