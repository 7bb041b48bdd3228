//! Operand stack and control frames.

use super::threading::Dispatch;
use cranelift_codegen::ir::{Block, Value};

/// The operand stack, the enclosing constructs, and whether code here can be reached.
pub(crate) struct Stack {
    pub(crate) values: Vec<Value>,
    pub(crate) control: Vec<ControlFrame>,
    pub(crate) reachable: bool,
}

impl Default for Stack {
    fn default() -> Self {
        Stack { values: Vec::new(), control: Vec::new(), reachable: true }
    }
}

/// A construct that branches can leave.
#[derive(Debug)]
pub(crate) struct ControlFrame {
    pub(crate) kind: FrameKind,
    /// Where a branch to this frame goes: the header of a loop, what follows of all others.
    pub(crate) branch_target: Block,
    /// What follows the construct.
    pub(crate) following: Block,
    /// Parameters of `branch_target`.
    pub(crate) branch_arity: usize,
    /// Results of the construct.
    pub(crate) result_count: usize,
    /// Height of the operand stack below the construct's parameters.
    pub(crate) height: usize,
    /// Whether the construct itself was reachable; if not, its blocks do not exist.
    pub(crate) entered: bool,
    /// Whether anything jumps to `following`.
    pub(crate) following_used: bool,
    /// What the head of a loop does, if that is nothing but to dispatch.
    pub(crate) dispatch: Option<Dispatch>,
    /// The frame, counted from the outermost, at whose end no more jumps to `following` can come, where that is not this one.
    pub(crate) sealed_by: Option<usize>,
}

/// Which construct.
#[derive(Debug)]
pub(crate) enum FrameKind {
    /// `block`, and the function itself.
    Block,
    Loop,
    If {
        /// Where the condition jumps when false, until `else` takes it.
        else_block: Option<Block>,
        /// The operands at the `if`, for the `else` side.
        parameters: Vec<Value>,
    },
}
