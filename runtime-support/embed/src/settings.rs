//! What an instance is made with besides functions: limits, and what it imports that is not a function.

use crate::control::Epoch;
use crate::instance::CreateError;
use crate::module::{Known, OtherImport};
use crate::reference::Identity;
use crate::types::Type;
use crate::value::Value;
use crate::wasi::{GiveWasi, WasiConfig};
use aot_runtime::abi::context::GlobalCell;
use aot_runtime::abi::image::ExternKind;
use aot_runtime::embed::{Limits, Provided};
use std::collections::HashMap;
use std::sync::Arc;

/// What instances are made with. Each gets memories, tables and globals of its own, so they stay independent.
///
/// ```
/// let settings = aot_embed::Settings::new().memory_bytes(16 << 20).table_elements(10_000).stack_bytes(256 << 10);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Settings {
    limits: Limits,
    pub(crate) epoch: Option<(Arc<Epoch>, u64)>,
    pub(crate) wasi: Option<(WasiConfig, GiveWasi)>,
    given: HashMap<(String, String), Given>,
}

#[derive(Debug, Clone, Copy)]
enum Given {
    Memory { minimum: u64, maximum: Option<u64> },
    Table { minimum: u64, maximum: Option<u64> },
    Global(Value),
}

impl Settings {
    /// No limits but those that modules declare, and nothing for imports.
    #[must_use]
    pub fn new() -> Settings {
        Settings::default()
    }

    /// Bytes that all memories of an instance can have together. Growth beyond fails in the guest, by -1.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: u64) -> Settings {
        self.limits.memory_bytes = Some(bytes);
        self
    }

    /// Elements that each table of an instance can have. Growth beyond fails in the guest, by -1.
    #[must_use]
    pub fn table_elements(mut self, elements: u64) -> Settings {
        self.limits.table_elements = Some(elements);
        self
    }

    /// Bytes of stack for each call into an instance, host functions that it calls included. Otherwise it is 1 MiB.
    #[must_use]
    pub fn stack_bytes(mut self, bytes: usize) -> Settings {
        self.limits.stack_bytes = Some(bytes);
        self
    }

    /// Fuel to begin with, which a start function uses as well, for modules that were compiled with fuel: see
    /// [`Instance::set_fuel`](crate::Instance).
    #[must_use]
    pub fn fuel(mut self, units: u64) -> Settings {
        self.limits.fuel = Some(i64::try_from(units).unwrap_or(i64::MAX));
        self
    }

    /// The guest stops after so many increments of this epoch, from its creation on, for modules that were compiled to be
    /// interruptible: see [`Instance::set_epoch`](crate::Instance::set_epoch).
    #[must_use]
    pub fn epoch(mut self, epoch: &Arc<Epoch>, ticks: u64) -> Settings {
        self.epoch = Some((Arc::clone(epoch), ticks));
        self
    }

    /// What instances get of WASI, for modules that were compiled with it.
    #[must_use]
    pub fn wasi(mut self, config: WasiConfig) -> Settings {
        self.wasi = Some((config, WasiConfig::give));
        self
    }

    /// An imported memory has so many pages, and can grow to so many. Otherwise it is as the module declares.
    #[must_use]
    pub fn memory(self, module: &str, field: &str, minimum: u64, maximum: Option<u64>) -> Settings {
        self.give(module, field, Given::Memory { minimum, maximum })
    }

    /// An imported table has so many elements, all null, and can grow to so many. Otherwise it is as the module declares.
    #[must_use]
    pub fn table(self, module: &str, field: &str, minimum: u64, maximum: Option<u64>) -> Settings {
        self.give(module, field, Given::Table { minimum, maximum })
    }

    /// An imported global has this value. It has to be given. A function can only be null: there are none yet.
    #[must_use]
    pub fn global(self, module: &str, field: &str, value: Value) -> Settings {
        self.give(module, field, Given::Global(value))
    }

    fn give(mut self, module: &str, field: &str, given: Given) -> Settings {
        self.given.insert((module.to_owned(), field.to_owned()), given);
        self
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// What the runtime has to know of each import that is not a function, for an instance of this identity.
    pub(crate) fn provided(&self, known: &'static Known, identity: Identity) -> Result<Vec<Provided>, CreateError> {
        known.others.iter().map(|import| self.provide(import, identity)).collect()
    }

    fn provide(&self, import: &OtherImport, identity: Identity) -> Result<Provided, CreateError> {
        let names = (import.module.to_owned(), import.field.to_owned());
        match (import.kind, self.given.get(&names).copied()) {
            (ExternKind::Memory, Some(Given::Memory { minimum, maximum })) => {
                Ok(Provided::Memory { minimum: Some(minimum), maximum })
            }
            (ExternKind::Memory, None) => Ok(Provided::Memory { minimum: None, maximum: None }),
            (ExternKind::Table, Some(Given::Table { minimum, maximum })) => {
                Ok(Provided::Table { minimum: Some(minimum), maximum })
            }
            (ExternKind::Table, None) => Ok(Provided::Table { minimum: None, maximum: None }),
            (ExternKind::Global, Some(Given::Global(value))) if Some(value.ty()) == import.ty => {
                match value.store(identity) {
                    Ok(bytes) => Ok(Provided::Global(GlobalCell { bytes })),
                    Err(foreign) => Err(CreateError::Other(names.0, names.1, foreign.to_string())),
                }
            }
            (ExternKind::Tag, None) => Ok(Provided::Tag),
            (ExternKind::Global, None) => {
                let why = format!("a global of type {}, whose value nothing gives", type_name(import.ty));
                Err(CreateError::Other(names.0, names.1, why))
            }
            (kind, Some(_)) => {
                let what = match kind {
                    ExternKind::Memory => "a memory".to_owned(),
                    ExternKind::Table => "a table".to_owned(),
                    ExternKind::Global => format!("a global of type {}", type_name(import.ty)),
                    ExternKind::Tag | ExternKind::Function => "nothing that settings give".to_owned(),
                };
                Err(CreateError::Other(names.0, names.1, format!("{what}, and something else was given")))
            }
            (ExternKind::Function, None) => Err(CreateError::Other(names.0, names.1, "a function".to_owned())),
        }
    }
}

fn type_name(ty: Option<Type>) -> String {
    ty.map_or_else(|| "that hosts have no values of".to_owned(), |ty| ty.to_string())
}
