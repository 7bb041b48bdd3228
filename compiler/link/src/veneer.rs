//! Veneers: stepping stones for aarch64 branches whose target is more than 128 MiB away.
//!
//! A `bl` holds 26 bits of distance. Where that does not reach, the branch goes to a veneer nearby, which goes on to any
//! address through `x16`, a register that the procedure call standard sets aside for this. Veneers stand in pools
//! between input sections, and all branches from the sections before a pool share those in it.

use std::collections::HashMap;

use object::elf;

use crate::error::LinkError;
use crate::input::LE;
use crate::layout::Placement;
use crate::output::{Content, Piece, PieceKind};
use crate::relocate::aarch64;
use crate::relocate::field::Values;
use crate::request::{Architecture, Layout};
use crate::symbols::{Program, Target};

/// How much code shares a pool. The rest of a branch's reach is left for the pool itself.
const POOL_REACH: u64 = 96 << 20;
pub(crate) const VENEER_SIZE: u64 = 16;

#[derive(Default)]
pub(crate) struct Veneers {
    pools: Vec<Pool>,
    /// By section of the program, once there are pools.
    pool_of: Vec<Option<u32>>,
}

#[derive(Default)]
struct Pool {
    address: u64,
    /// Where the veneers lead: a target and an addend.
    entries: Vec<(Target, i64)>,
    index: HashMap<(Target, i64), u32>,
}

/// Is this relocation a branch that may go through a veneer?
fn is_branch(number: u32) -> bool {
    matches!(number, elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26)
}

impl Veneers {
    pub(crate) fn pool_size(&self, pool: u32) -> u64 {
        self.pools[pool as usize].entries.len() as u64 * VENEER_SIZE
    }

    pub(crate) fn set_pool_address(&mut self, pool: u32, address: u64) {
        self.pools[pool as usize].address = address;
    }

    /// The veneer that a branch from `section` takes to a target, if it has one.
    pub(crate) fn address(&self, section: u32, target: Target, addend: i64) -> Option<u64> {
        let pool = &self.pools[(*self.pool_of.get(section as usize)?)? as usize];
        let index = *pool.index.get(&(target, addend))?;
        Some(pool.address + u64::from(index) * VENEER_SIZE)
    }

    /// All veneers: address and target.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, Target)> {
        self.pools.iter().flat_map(|pool| {
            let addresses = (0..).map(|index: u64| pool.address + index * VENEER_SIZE);
            addresses.zip(pool.entries.iter().map(|&(target, _)| target))
        })
    }

    /// Adds a veneer for every branch that does not reach, given the placement so far. Says whether there was any.
    pub(crate) fn extend(
        placement: &mut Placement<'_>,
        program: &Program<'_>,
        layout: &Layout,
    ) -> Result<bool, LinkError> {
        if layout.architecture != Architecture::Aarch64 {
            return Ok(false);
        }
        let far = far_branches(placement, program)?;
        if far.is_empty() {
            return Ok(false);
        }
        if placement.veneers.pools.is_empty() {
            make_pools(placement, program);
        }
        let mut has_grown = false;
        for (section, target, addend) in far {
            let Some(pool) = placement.veneers.pool_of[section as usize] else { continue };
            let pool = &mut placement.veneers.pools[pool as usize];
            let next = pool.entries.len() as u32;
            pool.index.entry((target, addend)).or_insert_with(|| {
                has_grown = true;
                pool.entries.push((target, addend));
                next
            });
        }
        Ok(has_grown)
    }

    /// The code of a pool.
    pub(crate) fn write(
        &self,
        pool: u32,
        bytes: &mut [u8],
        placement: &Placement<'_>,
        layout: &Layout,
    ) -> Result<(), LinkError> {
        let pool = &self.pools[pool as usize];
        let places = (0..).map(|index: u64| pool.address + index * VENEER_SIZE);
        for ((veneer, &(target, addend)), place) in
            bytes.chunks_exact_mut(VENEER_SIZE as usize).zip(&pool.entries).zip(places)
        {
            let address = placement.address(target).wrapping_add_signed(addend);
            if !write_near(veneer, place, address) {
                if layout.is_independent() {
                    return Err(LinkError::Layout("code is more than 4 GiB away from code that it calls".into()));
                }
                write_far(veneer, address);
            }
        }
        Ok(())
    }
}

/// (section, target, addend) of each branch that does not reach.
fn far_branches(placement: &Placement<'_>, program: &Program<'_>) -> Result<Vec<(u32, Target, i64)>, LinkError> {
    let mut far = Vec::new();
    for output in placement.outputs.iter().filter(|output| output.is_executable()) {
        for piece in output.pieces() {
            let PieceKind::Section(number) = piece.kind else { continue };
            let section = &program.sections[number as usize];
            let start = placement.section_addresses[number as usize];
            for relocation in section.relocations.iter().filter(|relocation| is_branch(relocation.r_type(LE, false))) {
                let target = program.target(section.object, relocation.r_sym(LE, false))?;
                let addend = relocation.r_addend.get(LE);
                let place = start.wrapping_add(relocation.r_offset.get(LE));
                let address = placement.address(target).wrapping_add_signed(addend);
                if target != Target::UndefinedWeak && !aarch64::branch_reaches(address.wrapping_sub(place)) {
                    far.push((number, target, addend));
                }
            }
        }
    }
    Ok(far)
}

/// Divides all code among pools, which are still empty.
fn make_pools(placement: &mut Placement<'_>, program: &Program<'_>) {
    let veneers = &mut placement.veneers;
    veneers.pool_of = vec![None; program.sections.len()];
    for output in placement.outputs.iter_mut().filter(|output| output.is_executable()) {
        let Content::Pieces(pieces) = &mut output.content else { continue };
        let mut with_pools: Vec<Piece> = Vec::with_capacity(pieces.len() + 1);
        let mut start = 0;
        for piece in pieces.iter() {
            let PieceKind::Section(number) = piece.kind else { continue };
            let section = &program.sections[number as usize];
            if piece.offset + section.size - start > POOL_REACH && piece.offset > start {
                with_pools.push(veneers.new_pool());
                start = piece.offset;
            }
            veneers.pool_of[number as usize] = Some(veneers.pools.len() as u32);
            with_pools.push(*piece);
        }
        with_pools.push(veneers.new_pool());
        *pieces = with_pools;
    }
}

impl Veneers {
    fn new_pool(&mut self) -> Piece {
        self.pools.push(Pool::default());
        Piece { kind: PieceKind::Veneers(self.pools.len() as u32 - 1), offset: 0 }
    }
}

/// `adrp x16, target; add x16, x16, low bits; br x16; nop`. Says whether the target is within 4 GiB.
fn write_near(veneer: &mut [u8], place: u64, address: u64) -> bool {
    put_words(veneer, [0x9000_0010, 0x9100_0210, 0xd61f_0200, 0xd503_201f]);
    let values = Values { symbol: address, place, ..Values::default() };
    aarch64::apply(elf::R_AARCH64_ADR_PREL_PG_HI21, veneer, 0, &values).is_ok()
        && aarch64::apply(elf::R_AARCH64_ADD_ABS_LO12_NC, veneer, 4, &values).is_ok()
}

/// `ldr x16, literal; br x16; literal`.
fn write_far(veneer: &mut [u8], address: u64) {
    put_words(veneer, [0x5800_0050, 0xd61f_0200, address as u32, (address >> 32) as u32]);
}

fn put_words(veneer: &mut [u8], words: [u32; 4]) {
    for (field, word) in veneer.chunks_exact_mut(4).zip(words) {
        field.copy_from_slice(&word.to_le_bytes());
    }
}
