//! Tables: create, grow, fill, copy, init.
//!
//! # Safety
//!
//! Every function takes a `Table` that [`create`] filled in and that lives as long as its instance. Compiled code reads
//! `elements` and `length` and reloads them after anything that may grow the table. Tables are not shared.
#![allow(unsafe_code, reason = "tables are raw memory that compiled code reads")]

use crate::trap::report::broken;
use alloc::alloc::{alloc_zeroed, dealloc, realloc};
use aot_abi::TABLE_ELEMENTS_MAX;
use aot_abi::context::Table;
use aot_abi::image::TableDescriptor;
use aot_abi::trap::Trap;
use core::alloc::Layout;

/// Why a table could not be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableError {
    /// More elements than are allowed.
    TooLarge {
        /// Elements asked for.
        elements: u64,
    },
    /// More than the instance may have.
    Limit {
        /// Elements asked for.
        elements: u64,
    },
    /// No memory for that many.
    OutOfMemory {
        /// Elements asked for.
        elements: u64,
    },
}

/// Creates a table of nulls.
pub fn create(descriptor: &TableDescriptor) -> Result<Table, TableError> {
    let elements = descriptor.minimum;
    if elements > TABLE_ELEMENTS_MAX {
        return Err(TableError::TooLarge { elements });
    }
    let mut table = Table {
        elements: core::ptr::dangling_mut(),
        length: elements,
        capacity: 0,
        maximum: descriptor.maximum.min(TABLE_ELEMENTS_MAX),
        declared_maximum: descriptor.maximum,
        flags: descriptor.flags,
        element_type: descriptor.element_type,
    };
    if elements > 0 {
        // SAFETY: the size is not zero.
        let memory = unsafe { alloc_zeroed(layout(elements)) };
        if memory.is_null() {
            return Err(TableError::OutOfMemory { elements });
        }
        table.elements = memory.cast();
        table.capacity = elements;
    }
    Ok(table)
}

/// Frees the elements.
///
/// # Safety
/// No instance that uses the table runs again.
pub unsafe fn destroy(table: &mut Table) {
    if table.capacity > 0 {
        // SAFETY: allocated with this very layout by `create` or `grow`.
        unsafe { dealloc(table.elements.cast(), layout(table.capacity)) };
    }
    table.elements = core::ptr::dangling_mut();
    table.length = 0;
    table.capacity = 0;
}

/// `table.grow`: the old length, or -1.
///
/// # Safety
/// See the module documentation.
pub unsafe fn grow(table: &mut Table, value: u64, delta: u64) -> i64 {
    let old = table.length;
    let Some(new) = old.checked_add(delta).filter(|new| *new <= table.maximum) else { return -1 };
    if new > table.capacity {
        // Half again, so that growing one by one costs little in the end.
        let capacity = new.max(table.capacity + table.capacity / 2).max(16).min(table.maximum.max(new));
        let bytes = layout(capacity).size();
        // SAFETY: the old elements were allocated with the layout of the old capacity; sizes are not zero and bounded.
        let memory = unsafe {
            if table.capacity == 0 {
                alloc_zeroed(layout(capacity))
            } else {
                realloc(table.elements.cast(), layout(table.capacity), bytes)
            }
        };
        if memory.is_null() {
            return -1;
        }
        table.elements = memory.cast();
        table.capacity = capacity;
    }
    table.length = new;
    // SAFETY: `new` elements fit, and the table is ours while we run.
    let elements = unsafe { elements(table) };
    elements[old as usize..].fill(value);
    old as i64
}

/// The elements.
///
/// # Safety
/// See the module documentation; nobody else reads or writes the table while the slice lives.
pub unsafe fn elements(table: &mut Table) -> &mut [u64] {
    // SAFETY: `length` elements are always allocated and initialized.
    unsafe { core::slice::from_raw_parts_mut(table.elements, table.length as usize) }
}

/// `table.fill`.
///
/// # Safety
/// See the module documentation.
pub unsafe fn fill(table: &mut Table, start: u64, value: u64, length: u64) -> Result<(), Trap> {
    check(table.length, start, length)?;
    // SAFETY: the caller's promise.
    let elements = unsafe { elements(table) };
    elements[start as usize..(start + length) as usize].fill(value);
    Ok(())
}

/// `table.copy`; both may be the same table, and the ranges may overlap.
///
/// # Safety
/// See the module documentation.
pub unsafe fn copy(to_table: *mut Table, from_table: *mut Table, to: u64, from: u64, length: u64) -> Result<(), Trap> {
    // SAFETY: both tables live; `copy` allows overlap, and both ranges were checked.
    unsafe {
        check((*from_table).length, from, length)?;
        check((*to_table).length, to, length)?;
        let source = (*from_table).elements.add(from as usize);
        core::ptr::copy(source, (*to_table).elements.add(to as usize), length as usize);
    }
    Ok(())
}

/// `table.init`: `item` gives element `i` of the segment, of which `available` are left.
///
/// # Safety
/// See the module documentation.
pub unsafe fn initialize(
    table: &mut Table,
    available: u64,
    to: u64,
    from: u64,
    length: u64,
    item: impl Fn(u64) -> u64,
) -> Result<(), Trap> {
    check(available, from, length)?;
    check(table.length, to, length)?;
    // SAFETY: the caller's promise.
    let elements = unsafe { elements(table) };
    for (element, position) in elements[to as usize..(to + length) as usize].iter_mut().zip(from..) {
        *element = item(position);
    }
    Ok(())
}

fn check(available: u64, start: u64, length: u64) -> Result<(), Trap> {
    match start.checked_add(length) {
        Some(end) if end <= available => Ok(()),
        _ => Err(Trap::TableOutOfBounds),
    }
}

fn layout(elements: u64) -> Layout {
    Layout::array::<u64>(elements as usize)
        .unwrap_or_else(|_| broken("the number of elements is bounded by TABLE_ELEMENTS_MAX"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_abi::image::Slice;
    use aot_abi::types::{HeapKind, ValueKind, ValueType};

    fn table(minimum: u64, maximum: u64) -> Result<Table, TableError> {
        create(&TableDescriptor {
            minimum,
            maximum,
            flags: 0,
            element_type: ValueType {
                kind: ValueKind::Reference,
                nullable: 1,
                heap: HeapKind::Func,
                reserved: [0; 5],
                concrete: core::ptr::null(),
            },
            contents: Slice { data: core::ptr::null(), length: 0 },
        })
    }

    #[test]
    fn growth_keeps_elements_and_stops_at_the_maximum() {
        let mut table = table(2, 5).expect("small");
        // SAFETY: the table is ours alone.
        unsafe {
            assert_eq!(grow(&mut table, 7, 2), 2);
            assert_eq!(grow(&mut table, 9, 2), -1);
            assert_eq!(grow(&mut table, 9, 1), 4);
            assert_eq!(grow(&mut table, 9, u64::MAX), -1);
            assert_eq!(elements(&mut table), [0, 0, 7, 7, 9]);
            destroy(&mut table);
        }
    }

    #[test]
    fn bulk_operations_check_before_they_write() {
        let mut table = table(4, u64::MAX).expect("small");
        // SAFETY: the table is ours alone.
        unsafe {
            assert_eq!(fill(&mut table, 3, 1, 2), Err(Trap::TableOutOfBounds));
            assert_eq!(fill(&mut table, 4, 1, 0), Ok(()));
            assert_eq!(fill(&mut table, 5, 1, 0), Err(Trap::TableOutOfBounds));
            assert_eq!(initialize(&mut table, 3, 1, 0, 3, |position| position + 10), Ok(()));
            let same = &raw mut table;
            assert_eq!(copy(same, same, 0, 1, 3), Ok(()));
            assert_eq!(elements(&mut table), [10, 11, 12, 12]);
            assert_eq!(copy(same, same, 2, 0, 3), Err(Trap::TableOutOfBounds));
            assert_eq!(elements(&mut table), [10, 11, 12, 12]);
            destroy(&mut table);
        }
    }

    #[test]
    fn too_many_elements_are_refused() {
        assert!(matches!(table(TABLE_ELEMENTS_MAX + 1, u64::MAX), Err(TableError::TooLarge { .. })));
    }
}
