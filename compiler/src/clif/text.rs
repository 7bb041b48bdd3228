//! CLIF with the Wasm operator before each group of instructions that came from it.
//!
//! ```text
//! function u0:1(i64, i32) -> i32 tail {
//!     fn0 = colocated u0:0 sig0  ; helper
//!
//! block0(v0: i64, v1: i32):
//!     ; @0x2b  i32.load offset=4
//!     v2 = uextend.i64 v1
//! ```
//!
//! After optimisation, groups are no longer in the order of the body: an operator can show up several times.

use super::Env;
use crate::code_name::CodeName;
use crate::module::operator;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::entities::AnyEntity;
use cranelift_codegen::ir::{self, Block, Function, Inst, SourceLoc, Value};
use cranelift_codegen::write::{FuncWriter, PlainWriter, decorate_function};
use std::collections::HashMap;
use std::fmt::{self, Write};
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// The function as text. `symbol` is the name of what it refers to.
pub(crate) fn text(env: Env<'_>, name: CodeName, function: &Function, symbol: &dyn Fn(CodeName) -> String) -> String {
    let mut writer = Writer { operators: operators(env, name), symbol, last: None };
    let mut text = format!("; {}\n", symbol(name));
    decorate_function(&mut writer, &mut text, function).expect("a string can always grow");
    text
}

struct Writer<'a> {
    /// Text of the operators by their offset in the module.
    operators: HashMap<u32, String>,
    symbol: &'a dyn Fn(CodeName) -> String,
    /// Location of the last instruction of this block.
    last: Option<SourceLoc>,
}

impl FuncWriter for Writer<'_> {
    fn write_block_header(&mut self, w: &mut dyn Write, func: &Function, block: Block, _indent: usize) -> fmt::Result {
        self.last = None;
        PlainWriter.write_block_header(w, func, block, 4)
    }

    fn write_instruction(
        &mut self,
        w: &mut dyn Write,
        func: &Function,
        aliases: &SecondaryMap<Value, Vec<Value>>,
        inst: Inst,
        _indent: usize,
    ) -> fmt::Result {
        let location = func.srcloc(inst);
        if self.last != Some(location) && !location.is_default() {
            match self.operators.get(&location.bits()) {
                Some(operator) => writeln!(w, "    ; @{:#x}  {operator}", location.bits())?,
                None => writeln!(w, "    ; @{:#x}", location.bits())?,
            }
        }
        self.last = Some(location);
        let mut line = String::new();
        PlainWriter.write_instruction(&mut line, func, aliases, inst, 4)?;
        // Cranelift puts the location before the instruction; ours stands above it.
        w.write_str(&line.replacen(&format!("@{:04x} ", location.bits()), "    ", 1))
    }

    fn write_entity_definition(
        &mut self,
        w: &mut dyn Write,
        func: &Function,
        entity: AnyEntity,
        value: &dyn fmt::Display,
    ) -> fmt::Result {
        let name = match entity {
            AnyEntity::FuncRef(callee) => Some(&func.dfg.ext_funcs[callee].name),
            AnyEntity::GlobalValue(datum) => match &func.global_values[datum] {
                ir::GlobalValueData::Symbol { name, .. } => Some(name),
                _ => None,
            },
            _ => None,
        };
        match name {
            Some(ir::ExternalName::User(user)) => {
                let name = CodeName::from_user(&func.params.user_named_funcs()[*user]);
                writeln!(w, "    {entity} = {value}  ; {}", (self.symbol)(name))
            }
            _ => writeln!(w, "    {entity} = {value}"),
        }
    }
}

fn operators(env: Env<'_>, name: CodeName) -> HashMap<u32, String> {
    let CodeName::Wasm(function) = name else { return HashMap::new() };
    let Some(body) = env.module.defined(function) else { return HashMap::new() };
    let start = env.module.bodies[body].range.start;
    let reader = FunctionBody::new(BinaryReader::new(env.module.body_bytes(body), start as u64));
    let Ok(operators) = reader.get_operators_reader() else { return HashMap::new() };
    operators
        .into_iter_with_offsets()
        .map_while(Result::ok)
        .map(|(operator, offset)| (offset as u32, operator_text(&operator)))
        .collect()
}

/// Name and immediates, near to the text format.
fn operator_text(operator: &Operator<'_>) -> String {
    let mut text = operator::name(operator);
    macro_rules! immediates {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            match operator {
                $( Operator::$op $({ $($arg),* })? => { $($( immediates!(one $arg $arg); )*)? } )*
                _ => {}
            }
        };
        (one memarg $memarg:ident) => {
            if $memarg.offset != 0 {
                write!(text, " offset={}", $memarg.offset).expect("a string can always grow");
            }
            if let wasmparser::MemArgTarget::Memory(index @ 1..) = $memarg.target {
                write!(text, " memory={index}").expect("a string can always grow");
            }
        };
        (one blockty $blockty:ident) => {
            if !matches!($blockty, wasmparser::BlockType::Empty) {
                write!(text, " {:?}", $blockty).expect("a string can always grow");
            }
        };
        (one targets $targets:ident) => {
            for target in $targets.targets().flatten().chain([$targets.default()]) {
                write!(text, " {target}").expect("a string can always grow");
            }
        };
        (one $name:ident $arg:ident) => { write!(text, " {:?}", $arg).expect("a string can always grow"); };
    }
    wasmparser::for_each_operator!(immediates);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_look_like_the_text_format() {
        let memarg =
            wasmparser::MemArg { align: 2, max_align: 2, offset: 4, target: Default::default(), ordering: None };
        assert_eq!(operator_text(&Operator::I32Load { memarg }), "i32.load offset=4");
        assert_eq!(operator_text(&Operator::I32Const { value: -7 }), "i32.const -7");
        assert_eq!(operator_text(&Operator::Block { blockty: wasmparser::BlockType::Empty }), "block");
        assert_eq!(operator_text(&Operator::LocalGet { local_index: 3 }), "local.get 3");
    }
}
