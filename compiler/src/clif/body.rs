//! A function body, operator by operator.

use super::control_checks;
use super::known_body;
use super::local;
use super::native;
use super::op;
use super::sites;
use super::threading;
use super::translator::FuncTranslator;
use crate::error::{Error, Result};
use crate::index::DefinedFuncIndex;
use crate::options::Model;
use cranelift_codegen::ir::SourceLoc;
use wasmparser::{BinaryReader, FunctionBody, OperatorsReader};

/// Translates a body into the builder, whose first block has the function's parameters.
pub(crate) fn translate<'a>(f: &mut FuncTranslator<'a, '_>, body: DefinedFuncIndex) -> Result<()> {
    let module = f.env.module;
    let function = module.function_type(module.function_of(body));
    let entry = f.builder.current_block().expect("the caller has entered the first block");
    let mut parameters = f.builder.block_params(entry).to_vec();
    if f.env.options.model == Model::Library {
        f.context_parameter = Some(parameters.remove(0));
    }
    let mut values: Vec<_> = function.params.iter().copied().zip(parameters).collect();
    let start = module.bodies[body].range.start;
    let reader = BinaryReader::new(module.body_bytes(body), start as u64);
    let wasm_body = FunctionBody::new(reader);
    let mut locals = wasm_body.get_locals_reader()?;
    for _ in 0..locals.get_count() {
        let (count, ty) = locals.read()?;
        let ty = op::simple_type(ty);
        let zero = native::zero(f, ty);
        values.extend(std::iter::repeat_n((ty, zero), count as usize));
    }
    local::declare(f, &values, module.bodies[body].operators);
    op::open_function(f, &function.results);
    sites::begin(f, body);
    let operators = OperatorsReader::new(locals.get_binary_reader());
    if let Some(known) = f.env.facts.known_bodies[module.function_of(body)] {
        let parameters: Vec<_> = values[..function.params.len()].iter().map(|&(_, value)| value).collect();
        known_body::translate(f, known, &parameters, operators)?;
        return op::close_function(f);
    }
    control_checks::prepare(f, &operators)?;
    visit_all(f, operators)?;
    op::close_function(f)
}

/// Translates the operators of a constant expression, whose value is left on the stack.
pub(crate) fn operators<'a>(f: &mut FuncTranslator<'a, '_>, bytes: &'a [u8], start: usize) -> Result<()> {
    // The final `end` would close a construct that was never opened.
    let (_end, rest) = bytes.split_last().ok_or_else(|| Error::unsupported("empty constant expression"))?;
    visit_all(f, OperatorsReader::new(BinaryReader::new(rest, start as u64)))
}

fn visit_all<'a>(f: &mut FuncTranslator<'a, '_>, mut operators: OperatorsReader<'a>) -> Result<()> {
    while !operators.eof() {
        f.offset = u32::try_from(operators.original_position()).unwrap_or(u32::MAX);
        f.builder.set_srcloc(SourceLoc::new(f.offset));
        control_checks::before_operator(f, f.offset);
        f.next_dispatch = threading::find(f, &operators);
        operators.visit_operator(f)??;
    }
    control_checks::before_operator(f, u32::MAX);
    Ok(())
}
