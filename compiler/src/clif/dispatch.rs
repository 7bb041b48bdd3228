//! Each operator → the function of the same name in `op`. wasmparser names the proposal of each operator; this file
//! routes on it. An operator without a function is a compile error that names it.

use super::op;
use super::translator::FuncTranslator;
use crate::error::Result;
use wasmparser::{VisitOperator, VisitSimdOperator};

macro_rules! route {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*) )*) => {
        $( route!(one @$proposal $visit ( $($($arg: $ty),*)? )); )*
    };

    // Structure is tracked even in dead code; every other operator is skipped there, here and nowhere else.
    (one @mvp visit_block $args:tt) => { route!(always visit_block $args); };
    (one @mvp visit_loop $args:tt) => { route!(always visit_loop $args); };
    (one @mvp visit_if $args:tt) => { route!(always visit_if $args); };
    (one @mvp visit_else $args:tt) => { route!(always visit_else $args); };
    (one @mvp visit_end $args:tt) => { route!(always visit_end $args); };
    (one @exceptions visit_try_table $args:tt) => { route!(always visit_try_table $args); };

    (one @mvp $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @sign_extension $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @saturating_float_to_int $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @bulk_memory $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @reference_types $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @tail_call $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @function_references $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @threads $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @wide_arithmetic $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @exceptions $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @gc $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @simd $visit:ident $args:tt) => { route!(live $visit $args); };
    (one @relaxed_simd $visit:ident $args:tt) => { route!(live $visit $args); };

    // Proposals that validation refuses: `features` never turns them on.
    (one @custom_descriptors $visit:ident $args:tt) => { route!(disabled $visit $args); };
    (one @memory_control $visit:ident $args:tt) => { route!(disabled $visit $args); };
    (one @legacy_exceptions $visit:ident $args:tt) => { route!(disabled $visit $args); };
    (one @shared_everything_threads $visit:ident $args:tt) => { route!(disabled $visit $args); };
    (one @stack_switching $visit:ident $args:tt) => { route!(disabled $visit $args); };
    (one @acquire_release_atomics $visit:ident $args:tt) => { route!(disabled $visit $args); };

    (always $visit:ident ( $($arg:ident: $ty:ty),* )) => {
        fn $visit(&mut self $(, $arg: $ty)*) -> Result<()> { op::$visit(self $(, $arg)*) }
    };
    (live $visit:ident ( $($arg:ident: $ty:ty),* )) => {
        fn $visit(&mut self $(, $arg: $ty)*) -> Result<()> {
            if self.is_reachable() { op::$visit(self $(, $arg)*) } else { Ok(()) }
        }
    };
    (disabled $visit:ident ( $($arg:ident: $ty:ty),* )) => {
        fn $visit(&mut self $(, _: $ty)*) -> Result<()> {
            self.unsupported(concat!("`", stringify!($visit), "` belongs to a proposal that is not supported"))
        }
    };
}

impl<'a> VisitOperator<'a> for FuncTranslator<'a, '_> {
    type Output = Result<()>;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(route);
}

impl<'a> VisitSimdOperator<'a> for FuncTranslator<'a, '_> {
    wasmparser::for_each_visit_simd_operator!(route);
}
