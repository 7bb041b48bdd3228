//! Views of an instance's tables.
#![allow(unsafe_code, reason = "reads and writes tables of a guest")]

use crate::reference::{ForeignFunction, Identity};
use crate::typed::WasmType;
use crate::typed::sealed::Value;
use aot_runtime::abi::context::Table as RawTable;
use aot_runtime::table;
use std::fmt;
use std::marker::PhantomData;

/// A table of an instance, to read. `T` is `Option<Function>` or `Option<ExternRef>`.
#[derive(Clone, Copy)]
pub struct Table<'a, T> {
    table: *mut RawTable,
    identity: Identity,
    instance: PhantomData<&'a T>,
}

/// A table of an instance, to read and write.
pub struct TableMut<'a, T> {
    table: *mut RawTable,
    identity: Identity,
    instance: PhantomData<&'a mut T>,
}

/// Why an element cannot be had or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableError {
    /// The table is not as long.
    OutOfBounds {
        /// Which element.
        index: u64,
        /// How many there are.
        length: u64,
    },
    /// The table may not become as long, or there is no memory for it.
    Full,
    /// A function of another instance.
    Foreign,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableError::OutOfBounds { index, length } => {
                write!(f, "element {index} is outside of a table of {length}")
            }
            TableError::Full => f.write_str("the table cannot grow as much"),
            TableError::Foreign => ForeignFunction.fmt(f),
        }
    }
}

impl std::error::Error for TableError {}

impl From<ForeignFunction> for TableError {
    fn from(_: ForeignFunction) -> TableError {
        TableError::Foreign
    }
}

impl<T: WasmType> Table<'_, T> {
    /// # Safety
    /// The table lives and is not changed as long as this view, its elements are of type `T`, and it belongs to the
    /// instance of this identity.
    pub(crate) unsafe fn new(table: *mut RawTable, identity: Identity) -> Self {
        Table { table, identity, instance: PhantomData }
    }

    /// How many elements there are.
    #[must_use]
    pub fn length(self) -> u64 {
        // SAFETY: the table lives.
        unsafe { (*self.table).length }
    }

    /// One element.
    pub fn get(self, index: u64) -> Result<T, TableError> {
        let length = self.length();
        if index >= length {
            return Err(TableError::OutOfBounds { index, length });
        }
        // SAFETY: as many elements as its length are always there, and nobody changes them while this view lives.
        let word = unsafe { *(*self.table).elements.add(index as usize) };
        Ok(<T as Value>::load(u128::from(word).to_le_bytes(), self.identity))
    }
}

impl<T: WasmType> TableMut<'_, T> {
    /// # Safety
    /// As [`Table::new`], and nobody else reads it meanwhile.
    pub(crate) unsafe fn new(table: *mut RawTable, identity: Identity) -> Self {
        TableMut { table, identity, instance: PhantomData }
    }

    /// To read only.
    #[must_use]
    pub fn as_ref(&self) -> Table<'_, T> {
        Table { table: self.table, identity: self.identity, instance: PhantomData }
    }

    /// How many elements there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.as_ref().length()
    }

    /// One element.
    pub fn get(&self, index: u64) -> Result<T, TableError> {
        self.as_ref().get(index)
    }

    /// Changes one element.
    pub fn set(&mut self, index: u64, value: T) -> Result<(), TableError> {
        let word = self.word(value)?;
        let length = self.length();
        // SAFETY: the table lives, and this view is the only one.
        let elements = unsafe { table::elements(&mut *self.table) };
        match usize::try_from(index).ok().and_then(|index| elements.get_mut(index)) {
            Some(element) => {
                *element = word;
                Ok(())
            }
            None => Err(TableError::OutOfBounds { index, length }),
        }
    }

    /// Adds so many elements with this value; the old number of elements.
    pub fn grow(&mut self, delta: u64, value: T) -> Result<u64, TableError> {
        let word = self.word(value)?;
        // SAFETY: the table lives, and this view is the only one.
        u64::try_from(unsafe { table::grow(&mut *self.table, word, delta) }).map_err(|_| TableError::Full)
    }

    fn word(&self, value: T) -> Result<u64, ForeignFunction> {
        Ok(u128::from_le_bytes(Value::store(value, self.identity)?) as u64)
    }
}

impl<T> fmt::Debug for Table<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for TableMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableMut").finish_non_exhaustive()
    }
}
