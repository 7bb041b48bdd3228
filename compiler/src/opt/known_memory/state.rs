//! What is known of memory at one point of a function.

use super::form::Form;
use super::merges::{Content, Merges};
use super::places::{Index, Place, Places};
use cranelift_codegen::ir::{Block, Value};

/// What is at one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) place: Place,
    pub(super) form: Form,
    pub(super) content: Content,
    /// The state's clock when it became known, or was last wanted.
    pub(super) touched: u32,
}

impl Known {
    pub(super) fn new(place: Place, form: Form, value: Value) -> Self {
        Known { place, form, content: Content::Value(value), touched: 0 }
    }
}

/// More places than this are not remembered, the oldest being forgotten. It bounds the time that each access takes.
const PLACES_MAX: usize = 64;
/// The same for indices.
const INDICES_MAX: usize = 16;
/// Where more ways meet than this, nothing is known behind.
const WAYS_MAX: usize = 16;

/// What is known at one point.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// How many instructions there were, roughly.
    pub(super) clock: u32,
    known: Vec<Known>,
    /// Indices that accesses were made with, and how far behind them they ended. Stores do not change that.
    reached: Vec<(Index, u64)>,
}

impl State {
    /// What is known of the bytes that an access of this form at this place reads, and how far ahead in it they are.
    pub(super) fn find(&self, places: &Places<'_>, place: &Place, form: Form, checked: bool) -> Option<(Known, u8)> {
        self.known.iter().rev().find_map(|known| {
            let reached =
                |index: &Index| self.reached.iter().find(|(known, _)| known == index).map(|(_, reach)| *reach);
            let ahead = places.covers((&known.place, known.form.bytes), (place, form.bytes), checked, reached)?;
            form.can_read(known.form, ahead).then_some((*known, ahead))
        })
    }

    /// Remembers what an access has shown.
    pub(super) fn add(&mut self, places: &Places<'_>, known: Known) {
        let known = Known { touched: self.clock, ..known };
        self.known.retain(|before| before.place != known.place || before.form != known.form);
        if self.known.len() == PLACES_MAX {
            self.known.remove(0);
        }
        self.known.push(known);
        let Some((index, reach)) = places.reach(&known.place, known.form.bytes) else { return };
        match self.reached.iter_mut().find(|(before, _)| *before == index) {
            Some((_, before)) => *before = reach.max(*before),
            None => {
                if self.reached.len() == INDICES_MAX {
                    self.reached.remove(0);
                }
                self.reached.push((index, reach));
            }
        }
    }

    /// What is known was wanted just now.
    pub(super) fn touch(&mut self, place: &Place, form: Form) {
        for known in self.known.iter_mut().filter(|known| known.place == *place && known.form == form) {
            known.touched = self.clock;
        }
    }

    /// Forgets what a store of these bytes may change.
    pub(super) fn forget(&mut self, place: &Place, bytes: u8) {
        self.known.retain(|known| !known.place.may_overlap(known.form.bytes, place, bytes));
    }

    /// Forgets what code that is not known may change: everything.
    pub(super) fn forget_all(&mut self) {
        self.known.clear();
    }

    /// What is known when several ways end in a block. With `merges`, values may differ.
    pub(super) fn meet(ways: &[&State], block: Block, mut merges: Option<&mut Merges>) -> State {
        let [first, others @ ..] = ways else { return State::default() };
        if ways.len() > WAYS_MAX {
            return State::default();
        }
        let mut result = State { clock: ways.iter().map(|way| way.clock).max().unwrap_or(0), ..State::default() };
        let mut positions = vec![0; others.len()];
        let mut contents = Vec::with_capacity(ways.len());
        for known in &first.known {
            contents.clear();
            contents.push(known.content);
            let mut form = Some(known.form);
            for (other, position) in others.iter().zip(&mut positions) {
                let same = other.position(known, *position);
                let Some(found) = same else {
                    form = None;
                    break;
                };
                *position = found + 1;
                form = form.and_then(|form| form.common(other.known[found].form));
                contents.push(other.known[found].content);
            }
            let Some(form) = form else { continue };
            let content = if contents.iter().all(|&content| content == contents[0]) {
                contents[0]
            } else {
                match &mut merges {
                    Some(merges) => Content::Merge(merges.add(block, form, contents.iter().copied())),
                    None => continue,
                }
            };
            result.known.push(Known { form, content, ..*known });
        }
        for &(index, reach) in &first.reached {
            let other = |other: &&State| other.reached.iter().find(|(same, _)| *same == index).map(|(_, reach)| *reach);
            let everywhere =
                others.iter().map(other).try_fold(reach, |least, other| other.map(|other| least.min(other)));
            result.reached.extend(everywhere.map(|reach| (index, reach)));
        }
        result
    }

    /// Where the same place is, in a form that agrees; states that come from one have it in the same order.
    fn position(&self, known: &Known, start: usize) -> Option<usize> {
        let start = start.min(self.known.len());
        let same = |candidate: &Known| candidate.place == known.place && candidate.form.common(known.form).is_some();
        let behind = self.known[start..].iter().position(same).map(|found| start + found);
        behind.or_else(|| self.known[..start].iter().position(same))
    }
}
