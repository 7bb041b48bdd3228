//! What the loops of a function may change in memory.

use super::form::Form;
use super::places::{Place, Places};
use super::state::State;
use super::{Effect, effect};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, Function};
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};

/// More stores than this are thought to change everything.
const STORES_MAX: usize = 64;

/// What one loop may change.
#[derive(Clone, Default)]
enum Changes {
    #[default]
    Nothing,
    Stores(Vec<(Place, u8)>),
    Everything,
}

/// The loops of one function.
pub(super) struct Loops<'a> {
    analysis: &'a LoopAnalysis,
    changes: SecondaryMap<Loop, Changes>,
}

impl<'a> Loops<'a> {
    pub(super) fn new(function: &Function, analysis: &'a LoopAnalysis, places: &mut Places<'_>) -> Self {
        let mut loops = Loops { analysis, changes: SecondaryMap::new() };
        for block in function.layout.blocks() {
            let Some(innermost) = loops.analysis.innermost_loop(block) else { continue };
            for inst in function.layout.block_insts(block) {
                match effect(function, inst) {
                    Effect::Store => {
                        if let Some(place) = places.of_access(function, inst) {
                            let bytes = Form::of_store(function, inst).map(|(_, form)| form.bytes);
                            loops.change(innermost, bytes.map(|bytes| (place, bytes)));
                        }
                    }
                    Effect::Unknown => loops.change(innermost, None),
                    Effect::Load | Effect::None => {}
                }
            }
        }
        // What was found out about addresses is the state before loads are replaced.
        places.look_again();
        loops
    }

    /// Adds a store, or everything, to a loop and those around it.
    fn change(&mut self, innermost: Loop, store: Option<(Place, u8)>) {
        let mut next = Some(innermost);
        while let Some(this) = next {
            next = self.analysis.loop_parent(this);
            let changes = &mut self.changes[this];
            match (store, &mut *changes) {
                // Then so do those around it.
                (_, Changes::Everything) => return,
                (Some(store), Changes::Nothing) => *changes = Changes::Stores(vec![store]),
                (Some(store), Changes::Stores(stores)) if stores.len() < STORES_MAX => stores.push(store),
                _ => *changes = Changes::Everything,
            }
        }
    }

    /// The loop that a block is the header of.
    pub(super) fn of_header(&self, block: Block) -> Option<Loop> {
        self.analysis.is_loop_header(block)
    }

    pub(super) fn contains(&self, this: Loop, block: Block) -> bool {
        self.analysis.is_in_loop(block, this)
    }

    /// Forgets what rounds of a loop may change.
    pub(super) fn forget_changes(&self, this: Loop, state: &mut State) {
        match &self.changes[this] {
            Changes::Nothing => {}
            Changes::Stores(stores) => stores.iter().for_each(|(place, bytes)| state.forget(place, *bytes)),
            Changes::Everything => state.forget_all(),
        }
    }
}
