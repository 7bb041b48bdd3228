//! Drives wasmparser's Parser and Validator: one function per section, each leaving typed tables behind.
//!
//! Sections are validated before they are read, so the readers trust what they see. Errors come out in a fixed order:
//! what is invalid, at the lowest offset; then, for valid modules, the first thing that is not compiled yet.

use super::bodies::{self, Pending};
use super::canonical::{Canonicalizer, NewType};
use super::names::{NameSection, Names};
use super::types::{RefType, Types};
use super::{
    Body, ConstExpr, ConstValue, DataSegment, ElementItems, ElementSegment, Entity, Export, Function, Global, Import,
    Memory, Module, SegmentMode, Table, Tag, const_expr, convert, input, limits,
};
use crate::error::{Error, Result};
use crate::index::{DefinedFuncIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex, TypeIndex};
use crate::options::Options;
use cranelift_codegen::entity::PrimaryMap;
use wasmparser::{
    BinaryReader, BranchHintSectionReader, CustomSectionReader, DataKind, DataSectionReader, ElementKind,
    ElementSectionReader, ExportSectionReader, ExternalKind, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, MemorySectionReader, Parser, Payload, SectionLimited, TableInit, TableSectionReader,
    TagSectionReader, TypeRef, TypeSectionReader, Validator,
};

/// Reads and validates a module.
pub(crate) fn read<'a>(wasm: &'a [u8], options: &Options) -> Result<Module<'a>> {
    input::check(wasm)?;
    let mut reader = Reader::new(wasm, options);
    let sections = reader.sections();
    let pending = std::mem::take(&mut reader.pending);
    let mut module = reader.finish();
    // Bodies come before most of what can be wrong after them, so their errors come first.
    let name = |function| module.names.display_name(function).map(str::to_owned);
    let validated = bodies::validate(pending, options.threads, name);
    let validated = match (sections, validated) {
        (Ok(unsupported), Ok(validated)) => match unsupported {
            Some(error) => return Err(error),
            None => validated,
        },
        (Err(error), Ok(_)) => return Err(error),
        // A section before the bodies can only have failed if there are none.
        (_, Err(error)) => return Err(error),
    };
    for (body, validated) in module.bodies.values_mut().zip(validated) {
        if let Some(error) = validated.unsupported {
            return Err(error);
        }
        body.operators = validated.operators;
    }
    Ok(module)
}

/// The module so far.
struct Reader<'a> {
    module: Module<'a>,
    parser: Parser,
    validator: Validator,
    canonicalizer: Canonicalizer,
    pending: Vec<Pending<'a>>,
    names: NameSection,
    /// The first thing outside of bodies that is valid but not compiled yet.
    unsupported: Option<Error>,
}

impl<'a> Reader<'a> {
    fn new(wasm: &'a [u8], options: &Options) -> Self {
        let features = options.features.to_wasmparser();
        let mut parser = Parser::new(0);
        parser.set_features(features);
        Reader {
            module: Module::empty(wasm),
            parser,
            validator: Validator::new_with_features(features),
            canonicalizer: Canonicalizer::default(),
            pending: Vec::new(),
            names: NameSection::default(),
            unsupported: None,
        }
    }

    /// Reads all sections. Returns what is not compiled yet, if anything.
    fn sections(&mut self) -> Result<Option<Error>> {
        let mut first_error = None;
        for payload in self.parser.clone().parse_all(self.module.wasm) {
            let result = match (payload, &first_error) {
                (Ok(payload), None) => self.section(payload),
                // The names come last, and the error is better with them.
                (Ok(Payload::CustomSection(section)), Some(_)) => {
                    self.custom(&section);
                    Ok(())
                }
                (Ok(_), Some(_)) => Ok(()),
                (Err(error), _) => Err(bodies::invalid(error)),
            };
            if let Err(error) = result {
                first_error.get_or_insert(error);
            }
        }
        match first_error {
            Some(error) => Err(error),
            None => Ok(self.unsupported.take()),
        }
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<()> {
        let validator = &mut self.validator;
        match payload {
            Payload::Version { num, encoding, range } => validator.version(num, encoding, &range),
            Payload::TypeSection(section) => return self.types(&section),
            Payload::ImportSection(section) => return self.imports(section),
            Payload::FunctionSection(section) => return self.functions(section),
            Payload::TableSection(section) => return self.tables(section),
            Payload::MemorySection(section) => return self.memories(section),
            Payload::TagSection(section) => return self.tags(section),
            Payload::GlobalSection(section) => return self.globals(section),
            Payload::ExportSection(section) => return self.exports(section),
            Payload::StartSection { func, range } => {
                // Only after validation is it an index: newtypes refuse the largest number.
                let valid = validator.start_section(func, &range);
                self.module.start = valid.is_ok().then(|| FuncIndex::from_u32(func));
                valid
            }
            Payload::ElementSection(section) => return self.elements(section),
            Payload::DataCountSection { count, range } => validator.data_count_section(count, &range),
            Payload::DataSection(section) => return self.data(section),
            Payload::CodeSectionStart { unchecked_range, .. } => validator.code_section_start(&unchecked_range),
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                self.module.bodies.push(Body { range: range.start as usize..range.end as usize, operators: 0 });
                validator.code_section_entry(&body).map(|to_validate| self.pending.push(Pending { to_validate, body }))
            }
            Payload::CustomSection(section) => {
                self.custom(&section);
                Ok(())
            }
            Payload::End(offset) => validator.end(offset).map(|_| ()),
            Payload::UnknownSection { id, range, .. } => validator.unknown_section(id, &range),
            other => validator.payload(&other).map(|_| ()),
        }
        .map_err(bodies::invalid)
    }

    fn types(&mut self, section: &TypeSectionReader<'a>) -> Result<()> {
        self.validator.type_section(section).map_err(bodies::invalid)?;
        for group in section.clone() {
            let group = group.map_err(bodies::invalid)?;
            let length = group.types().len() as u32;
            limits::check_index_space("types", self.module.types.defined.len(), length, offset(section))?;
            let types = group.types().map(|ty| NewType {
                composite: (&ty.composite_type).into(),
                supertype: ty.supertype_idxs.first().map(|index| convert::module_index(index.unpack())),
                is_final: ty.is_final,
            });
            self.canonicalizer.add_group(&mut self.module.types, types.collect());
        }
        Ok(())
    }

    fn imports(&mut self, section: ImportSectionReader<'a>) -> Result<()> {
        self.validator.import_section(&section).map_err(bodies::invalid)?;
        let module = &mut self.module;
        for import in section.into_imports() {
            let import = import.map_err(bodies::invalid)?;
            let entity = match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                    module.imported_functions += 1;
                    Entity::Function(module.functions.push(Function { ty: TypeIndex::from_u32(ty) }))
                }
                TypeRef::Table(ty) => {
                    module.imported_tables += 1;
                    Entity::Table(module.tables.push(table(&ty, None)))
                }
                TypeRef::Memory(ty) => {
                    module.imported_memories += 1;
                    Entity::Memory(module.memories.push(memory(&ty)))
                }
                TypeRef::Global(ty) => {
                    module.imported_globals += 1;
                    let global = Global { ty: ty.content_type.into(), mutable: ty.mutable, init: None };
                    Entity::Global(module.globals.push(global))
                }
                TypeRef::Tag(ty) => {
                    module.imported_tags += 1;
                    Entity::Tag(module.tags.push(Tag { ty: TypeIndex::from_u32(ty.func_type_idx) }))
                }
            };
            module.imports.push(Import { module: import.module.to_owned(), field: import.name.to_owned(), entity });
        }
        Ok(())
    }

    fn functions(&mut self, section: FunctionSectionReader<'a>) -> Result<()> {
        limits::check_index_space("functions", self.module.functions.len(), section.count(), offset(&section))?;
        self.validator.function_section(&section).map_err(bodies::invalid)?;
        for ty in section {
            let ty = TypeIndex::from_u32(ty.map_err(bodies::invalid)?);
            self.module.functions.push(Function { ty });
        }
        Ok(())
    }

    fn tables(&mut self, section: TableSectionReader<'a>) -> Result<()> {
        limits::check_index_space("tables", self.module.tables.len(), section.count(), offset(&section))?;
        self.validator.table_section(&section).map_err(bodies::invalid)?;
        for parsed in section {
            let parsed = parsed.map_err(bodies::invalid)?;
            let init = match &parsed.init {
                TableInit::RefNull => None,
                TableInit::Expr(expr) => Some(self.const_expr(expr)?),
            };
            // Every table starts with nulls, so an initializer of null says nothing.
            let init = init.filter(|init| init.value() != Some(ConstValue::RefNull));
            self.module.tables.push(table(&parsed.ty, init));
        }
        Ok(())
    }

    fn memories(&mut self, section: MemorySectionReader<'a>) -> Result<()> {
        limits::check_index_space("memories", self.module.memories.len(), section.count(), offset(&section))?;
        self.validator.memory_section(&section).map_err(bodies::invalid)?;
        for ty in section {
            self.module.memories.push(memory(&ty.map_err(bodies::invalid)?));
        }
        Ok(())
    }

    fn tags(&mut self, section: TagSectionReader<'a>) -> Result<()> {
        limits::check_index_space("tags", self.module.tags.len(), section.count(), offset(&section))?;
        self.validator.tag_section(&section).map_err(bodies::invalid)?;
        for ty in section {
            let ty = TypeIndex::from_u32(ty.map_err(bodies::invalid)?.func_type_idx);
            self.module.tags.push(Tag { ty });
        }
        Ok(())
    }

    fn globals(&mut self, section: GlobalSectionReader<'a>) -> Result<()> {
        limits::check_index_space("globals", self.module.globals.len(), section.count(), offset(&section))?;
        self.validator.global_section(&section).map_err(bodies::invalid)?;
        for global in section {
            let global = global.map_err(bodies::invalid)?;
            let init = Some(self.const_expr(&global.init_expr)?);
            let (ty, mutable) = (global.ty.content_type.into(), global.ty.mutable);
            self.module.globals.push(Global { ty, mutable, init });
        }
        Ok(())
    }

    fn exports(&mut self, section: ExportSectionReader<'a>) -> Result<()> {
        self.validator.export_section(&section).map_err(bodies::invalid)?;
        for export in section {
            let export = export.map_err(bodies::invalid)?;
            let index = export.index;
            let entity = match export.kind {
                ExternalKind::Func | ExternalKind::FuncExact => {
                    self.module.referenced.insert(FuncIndex::from_u32(index));
                    Entity::Function(FuncIndex::from_u32(index))
                }
                ExternalKind::Table => Entity::Table(TableIndex::from_u32(index)),
                ExternalKind::Memory => Entity::Memory(MemoryIndex::from_u32(index)),
                ExternalKind::Global => Entity::Global(GlobalIndex::from_u32(index)),
                ExternalKind::Tag => Entity::Tag(TagIndex::from_u32(index)),
            };
            self.module.exports.push(Export { name: export.name.to_owned(), entity });
        }
        Ok(())
    }

    fn elements(&mut self, section: ElementSectionReader<'a>) -> Result<()> {
        limits::check_index_space("element segments", self.module.elements.len(), section.count(), offset(&section))?;
        self.validator.element_section(&section).map_err(bodies::invalid)?;
        for element in section {
            let element = element.map_err(bodies::invalid)?;
            let mode = match &element.kind {
                ElementKind::Passive => SegmentMode::Passive,
                ElementKind::Declared => SegmentMode::Declared,
                ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                    target: TableIndex::from_u32(table_index.unwrap_or(0)),
                    offset: self.const_expr(offset_expr)?,
                },
            };
            let (element, items) = self.element_items(element.items)?;
            self.module.elements.push(ElementSegment { mode, element, items });
        }
        Ok(())
    }

    fn element_items(&mut self, items: wasmparser::ElementItems<'a>) -> Result<(RefType, ElementItems)> {
        match items {
            wasmparser::ElementItems::Functions(functions) => {
                let mut items = Vec::with_capacity(functions.count() as usize);
                for function in functions {
                    let function = FuncIndex::from_u32(function.map_err(bodies::invalid)?);
                    self.module.referenced.insert(function);
                    items.push(Some(function));
                }
                Ok((wasmparser::RefType::FUNCREF.into(), ElementItems::Functions(items)))
            }
            wasmparser::ElementItems::Expressions(ty, exprs) => {
                let exprs = exprs.into_iter().map(|expr| self.const_expr(&expr.map_err(bodies::invalid)?));
                let exprs = exprs.collect::<Result<Vec<_>>>()?;
                let functions: Option<Vec<_>> = exprs
                    .iter()
                    .map(|expr| match expr.value()? {
                        ConstValue::RefFunc(function) => Some(Some(function)),
                        ConstValue::RefNull => Some(None),
                        _ => None,
                    })
                    .collect();
                let items = functions.map_or(ElementItems::Expressions(exprs), ElementItems::Functions);
                Ok((ty.into(), items))
            }
        }
    }

    fn data(&mut self, section: DataSectionReader<'a>) -> Result<()> {
        limits::check_index_space("data segments", self.module.data.len(), section.count(), offset(&section))?;
        self.validator.data_section(&section).map_err(bodies::invalid)?;
        for data in section {
            let data = data.map_err(bodies::invalid)?;
            let mode = match &data.kind {
                DataKind::Passive => SegmentMode::Passive,
                DataKind::Active { memory_index, offset_expr } => SegmentMode::Active {
                    target: MemoryIndex::from_u32(*memory_index),
                    offset: self.const_expr(offset_expr)?,
                },
            };
            self.module.data.push(DataSegment { mode, bytes: data.data });
        }
        Ok(())
    }

    /// A validated constant expression, folded if possible.
    fn const_expr(&mut self, expr: &wasmparser::ConstExpr<'a>) -> Result<ConstExpr> {
        let globals = &self.module.globals;
        let folded = const_expr::fold(expr, |index| {
            let global = globals.get(index).filter(|global| !global.mutable)?;
            global.init.as_ref()?.value()
        })?;
        self.module.referenced.extend(folded.references);
        if self.unsupported.is_none() {
            self.unsupported = folded.unsupported;
        }
        Ok(folded.expr)
    }

    /// Custom sections never make a module invalid: what is malformed in them is ignored.
    fn custom(&mut self, section: &CustomSectionReader<'a>) {
        let reader = BinaryReader::new(section.data(), section.data_offset());
        match section.name() {
            "name" => {
                self.names = NameSection::read(reader, self.module.functions.len());
                self.module.name = self.names.module.take();
            }
            "metadata.code.branch_hint" => self.branch_hints(reader).unwrap_or_default(),
            _ => {}
        }
    }

    fn branch_hints(&mut self, reader: BinaryReader<'a>) -> Result<(), wasmparser::BinaryReaderError> {
        let mut all = Vec::new();
        for function in BranchHintSectionReader::new(reader)? {
            let function = function?;
            let Some(body) = function.func.checked_sub(self.module.imported_functions) else { continue };
            for hint in function.hints {
                let hint = hint?;
                all.push(((DefinedFuncIndex::from_u32(body), hint.func_offset), hint.taken));
            }
        }
        self.module.branch_hints.extend(all);
        Ok(())
    }

    fn finish(self) -> Module<'a> {
        let mut module = self.module;
        module.names = Names::new(module.functions.len(), self.names, &module.imports, &module.exports);
        module
    }
}

impl<'a> Module<'a> {
    fn empty(wasm: &'a [u8]) -> Self {
        Module {
            wasm,
            name: None,
            types: Types::default(),
            functions: PrimaryMap::new(),
            bodies: PrimaryMap::new(),
            tables: PrimaryMap::new(),
            memories: PrimaryMap::new(),
            globals: PrimaryMap::new(),
            tags: PrimaryMap::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            start: None,
            data: PrimaryMap::new(),
            elements: PrimaryMap::new(),
            names: Names::default(),
            referenced: std::collections::BTreeSet::new(),
            branch_hints: std::collections::HashMap::new(),
            imported_functions: 0,
            imported_tables: 0,
            imported_memories: 0,
            imported_globals: 0,
            imported_tags: 0,
        }
    }
}

fn offset<T>(section: &SectionLimited<'_, T>) -> u64 {
    section.range().start
}

fn table(ty: &wasmparser::TableType, init: Option<ConstExpr>) -> Table {
    Table { element: ty.element_type.into(), is_64: ty.table64, minimum: ty.initial, maximum: ty.maximum, init }
}

fn memory(ty: &wasmparser::MemoryType) -> Memory {
    Memory {
        is_64: ty.memory64,
        shared: ty.shared,
        page_log2: ty.page_size_log2() as u8,
        minimum: ty.initial,
        maximum: ty.maximum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::module::test_support::{options, with_module};

    fn error(wat: &str) -> Error {
        error_with(wat, &options())
    }

    fn error_with(wat: &str, options: &Options) -> Error {
        let wasm = wat::parse_str(wat).expect("the test's module is well-formed");
        read(&wasm, options).expect_err("the module is refused")
    }

    const EVERYTHING: &str = r#"(module $m
        (rec (type $a (sub (func (param i32 (ref null $b)) (result f64)))) (type $b (struct (field (mut i8) f32))))
        (type $i (func (result i32)))
        (import "env" "f" (func $f (param i64)))
        (import "env" "t" (table 1 funcref))
        (import "env" "m" (memory 1 2))
        (import "env" "g" (global $g i32))
        (table $t64 i64 3 10 funcref (ref.func $one))
        (memory i64 1 4)
        (memory 1 4 shared)
        (memory 0 65537 (pagesize 1))
        (tag $tag (param i32))
        (global $h (mut i64) (i64.const 5))
        (global $v v128 (v128.const i64x2 1 2))
        (func $one (type $i) (local i32 i32 f64) (block (result i32) (i32.const 3)) (br_if 0 (i32.const 1)))
        (func $two (export "two") (param v128) (result v128)
            (return_call $three (i8x16.add (local.get 0) (global.get $v))))
        (func $three (param v128) (result v128) (local.get 0))
        (func $four (call $f (global.get $h)) (global.set $h (i64.const 1)))
        (export "tag" (tag $tag)) (export "t" (table $t64)) (export "h" (global $h)) (export "m" (memory 1))
        (start $four)
        (elem (table $t64) (i64.const 1) func $one $four)
        (elem funcref (ref.func $two) (ref.null func))
        (elem declare func $three)
        (data (memory 0) (offset (i32.add (global.get $g) (i32.const 1))) "hello")
        (data "passive"))"#;

    #[test]
    fn every_section_is_read() {
        with_module(EVERYTHING, |module| {
            assert_eq!(module.types.defined.len(), 7);
            assert_eq!((module.functions.len(), module.bodies.len(), module.imported_functions), (5, 4, 1));
            assert_eq!((module.tables.len(), module.memories.len(), module.globals.len()), (2, 4, 3));
            assert_eq!((module.tags.len(), module.imports.len(), module.exports.len()), (1, 4, 5));
            assert_eq!(module.start, Some(FuncIndex::from_u32(4)));
            assert_eq!(module.bodies.values().map(|body| body.operators).collect::<Vec<_>>(), [6, 5, 2, 5]);
            assert_eq!(module.referenced.iter().map(|f| f.as_u32()).collect::<Vec<_>>(), [1, 2, 3, 4]);
            let table = &module.tables[TableIndex::from_u32(1)];
            assert!(table.is_64 && table.maximum == Some(10));
            assert_eq!(table.init, Some(ConstExpr::Value(ConstValue::RefFunc(FuncIndex::from_u32(1)))));
            assert_eq!(module.memories[MemoryIndex::from_u32(3)].page_log2, 0);
            let items: Vec<_> = module.elements.values().map(|segment| &segment.items).collect();
            assert!(matches!(items[1], ElementItems::Functions(items) if items[1].is_none()));
            let body = module.body_bytes(DefinedFuncIndex::from_u32(2));
            assert_eq!(body, [0, 0x20, 0, 0x0b]);
        });
    }

    #[test]
    fn errors_name_function_and_offset() {
        let error = error(r#"(module (func) (func $bad (result i32) (i64.const 1)))"#);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.function().unwrap().name.as_deref(), Some("bad"));
        assert_eq!(error.function().unwrap().index, 1);
        assert!(error.offset().is_some());
        assert!(error.message().contains("type mismatch"), "{error}");
    }

    #[test]
    fn the_error_at_the_lowest_offset_comes_first_on_any_number_of_threads() {
        let padding = "(func (param i32) (drop (i32.add (local.get 0) (i32.const 123456))))".repeat(10_000);
        let wat = format!(
            "(module {padding} (func $first (drop (i32.add))) {padding} (func $second (drop (f64.add)))
               (data (memory 7) (i32.const 0) \"\"))"
        );
        for threads in [1, 2, 3] {
            let error = error_with(&wat, &Options { threads, ..options() });
            assert_eq!(error.function().unwrap().name.as_deref(), Some("first"), "{error}");
        }
    }

    #[test]
    fn planned_proposals_are_named_with_function_and_offset() {
        let error = error("(module (tag $e) (func $f (nop) (throw $e)))");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.message(), "`throw` needs the exceptions proposal, which is not supported yet");
        assert_eq!(error.function().unwrap().name.as_deref(), Some("f"));
        assert!(error.offset().is_some());
        let error = super::tests::error("(module (type $s (struct)) (global (ref $s) (struct.new $s)))");
        assert_eq!(error.message(), "`struct.new` needs the gc proposal, which is not supported yet");
        assert!(error.function().is_none() && error.offset().is_some());
        // What is invalid comes before what is only unsupported.
        let error = super::tests::error("(module (tag $e) (func (throw $e)) (func (drop)))");
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }

    #[test]
    fn features_that_are_off_are_named() {
        let options = Options { features: crate::features::Features::parse("-threads").unwrap(), ..options() };
        let wat = "(module (memory 1) (func $lock (drop (i32.atomic.load (i32.const 0)))))";
        let error = error_with(wat, &options);
        assert_eq!(error.message(), "`i32.atomic.load` needs the threads proposal, which is off");
        assert_eq!(error.help(), Some("pass `--features threads`"));
        let error = error_with("(module (memory 1 1 shared))", &options);
        assert_eq!((error.kind(), error.help()), (ErrorKind::Unsupported, Some("pass `--features threads`")));
    }

    #[test]
    fn branch_hints_are_read() {
        let wat = r#"(module (import "" "" (func)) (func) (func (param i32)
            (block (@metadata.code.branch_hint "\01") (br_if 0 (local.get 0)))))"#;
        with_module(wat, |module| {
            let hints: Vec<_> = module.branch_hints.iter().collect();
            assert_eq!(hints, [(&(DefinedFuncIndex::from_u32(1), 5), &true)]);
        });
    }

    /// A module of one function with this body, locals included.
    fn module_of_body(body: &[u8]) -> Vec<u8> {
        fn leb(mut value: usize, bytes: &mut Vec<u8>) {
            while value >= 0x80 {
                bytes.push(value as u8 | 0x80);
                value >>= 7;
            }
            bytes.push(value as u8);
        }
        let mut wasm = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a".to_vec();
        let mut code = vec![1];
        leb(body.len(), &mut code);
        code.extend_from_slice(body);
        leb(code.len(), &mut wasm);
        wasm.extend_from_slice(&code);
        wasm
    }

    #[test]
    fn hostile_sizes_are_refused_before_memory_is_spent() {
        // Four billion locals.
        let wasm = module_of_body(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b]);
        assert!(read(&wasm, &options()).unwrap_err().message().contains("too many locals"));
        // 100,000 nested blocks.
        let mut body = vec![0];
        body.extend([0x02, 0x40].repeat(100_000));
        body.extend([0x0b].repeat(100_001));
        let error = read(&module_of_body(&body), &options()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert!(error.message().contains("nested too deeply"));
        // Sections that promise more than they hold.
        for section in [1, 2, 3, 4, 5, 6, 7, 9, 11, 13] {
            let wasm = [b"\0asm\x01\0\0\0", &[section, 5, 0xff, 0xff, 0xff, 0xff, 0x0f][..]].concat();
            assert!(read(&wasm, &options()).is_err(), "section {section}");
        }
    }

    #[test]
    fn calls_cannot_ask_for_more_values_than_the_limit() {
        let results = "i32 ".repeat(1000);
        let calls = "call $f ".repeat(10_000);
        let error =
            error(&format!(r#"(module (import "" "" (func $f (result {results}))) (func {calls} unreachable))"#));
        assert_eq!(error.kind(), ErrorKind::Limit);
    }

    #[test]
    fn no_prefix_or_bit_flip_panics() {
        let mut modules = vec![wat::parse_str(EVERYTHING).unwrap()];
        modules.push(
            wat::parse_str(
                r#"(module (import "" "" (func)) (memory 1) (table 1 funcref) (func (param i32) (result i32)
                (block (@metadata.code.branch_hint "\01") (br_if 0 (local.get 0)))
                (block (block (br_table 0 1 (local.get 0))))
                (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
                (call_indirect (local.get 0))
                (if (result i32) (local.get 0) (then (i32.const 1)) (else (unreachable)))))"#,
            )
            .unwrap(),
        );
        for wasm in modules {
            read(&wasm, &options()).unwrap();
            for length in 0..wasm.len() {
                let _ = read(&wasm[..length], &options());
            }
            for bit in 0..wasm.len() * 8 {
                let mut flipped = wasm.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let _ = read(&flipped, &options());
            }
        }
    }
}
