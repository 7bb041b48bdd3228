//! Where control flows in a function: computed once, for all passes that leave it as it is.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::Function;
use cranelift_codegen::loop_analysis::LoopAnalysis;

/// The blocks of one function, all of which can be reached. Whoever adds or removes one, or a way between two, calls
/// [`Flow::look_again`].
pub(super) struct Flow {
    pub(super) graph: ControlFlowGraph,
    pub(super) tree: DominatorTree,
    pub(super) loops: LoopAnalysis,
    /// A pass has added blocks, some of whose parameters may be the same on every way: the next one should find neither.
    pub(super) is_untidy: bool,
}

impl Flow {
    pub(super) fn look_again(&mut self, function: &Function) {
        self.graph.compute(function);
        self.tree.compute(function, &self.graph);
        self.loops.compute(function, &self.graph, &self.tree);
    }
}
