//! What each import is bound to: `--import`, WASI, the host, `--unresolved`; and the list of those that nothing resolves.

use super::{ImportArg, ImportTarget, Unresolved};
use crate::diagnostic::{Failure, Message};
use crate::interface::{Import, Interface, Kind};
use aot_compiler::options::{ImportBinding, Imports, NamedImport, OtherImports};

/// Imports that are shown before "and … more".
const SHOWN: usize = 20;

/// The bindings of an executable's imports, and the `--import` flags that fit none.
pub(crate) fn bind<'a>(
    arguments: &'a [ImportArg],
    unresolved: Unresolved,
    interface: &Interface,
    label: &str,
) -> Result<(Imports, Vec<&'a ImportArg>), Failure> {
    let (named, unused) = named(arguments, interface);
    let open: Vec<&Import> = interface
        .imports
        .iter()
        .filter(|import| match import.kind {
            Kind::Function => {
                unresolved == Unresolved::Error
                    && aot_abi::wasi::find(&import.module, &import.field).is_none()
                    && !arguments.iter().any(|argument| argument.fits(import))
            }
            // Threads share a memory that belongs to none of them: the runtime makes it, from the import's own type.
            Kind::Memory => false,
            Kind::Table | Kind::Global | Kind::Tag => true,
        })
        .collect();
    if !open.is_empty() {
        return Err(list(&open, label));
    }
    let others = match unresolved {
        Unresolved::Trap => OtherImports::Trap,
        Unresolved::Error => OtherImports::Error,
    };
    Ok((Imports { wasi: true, named, others }, unused))
}

/// The same for a library, where the host provides what nothing else does.
pub(crate) fn bind_host<'a>(
    arguments: &'a [ImportArg],
    unresolved: Unresolved,
    wasi: bool,
    interface: &Interface,
) -> (Imports, Vec<&'a ImportArg>) {
    let (named, unused) = named(arguments, interface);
    let others = match unresolved {
        Unresolved::Trap => OtherImports::Trap,
        Unresolved::Error => OtherImports::Host,
    };
    (Imports { wasi, named, others }, unused)
}

/// What the flags bind, and the flags that fit no import.
fn named<'a>(arguments: &'a [ImportArg], interface: &Interface) -> (Vec<NamedImport>, Vec<&'a ImportArg>) {
    let mut named = Vec::new();
    let mut unused = Vec::new();
    for argument in arguments {
        let before = named.len();
        for import in interface.imports.iter().filter(|import| argument.fits(import)) {
            named.push(NamedImport {
                module: import.module.clone(),
                field: Some(import.field.clone()),
                binding: match &argument.target {
                    ImportTarget::Trap => ImportBinding::Trap,
                    ImportTarget::Zero => ImportBinding::Zero,
                    ImportTarget::Symbol(symbol) => ImportBinding::Symbol(symbol.clone()),
                },
            });
        }
        if named.len() == before {
            unused.push(argument);
        }
    }
    (named, unused)
}

/// All that is missing at once, each with the flag that would resolve it.
fn list(open: &[&Import], label: &str) -> Failure {
    let count = open.len();
    let noun = if count == 1 { "import is" } else { "imports are" };
    let mut message = Message::imports(format!("{count} {noun} not resolved")).about(label);
    for import in open.iter().take(SHOWN) {
        let name = format!("{}.{}", import.module, import.field);
        message = message.with_detail(match import.kind {
            Kind::Function => format!("`{name}`: `--import {name}=trap`, `=zero` or `=SYMBOL`"),
            other => format!("`{name}` is a {}: only another module can provide it", other.name()),
        });
    }
    if count > SHOWN {
        message = message.with_detail(format!("and {} more", count - SHOWN));
    }
    if open.iter().all(|import| import.kind != Kind::Function) {
        return message.with_help("`--emit obj` makes an object that can be instantiated with them").into();
    }
    message
        .with_help(
            "SYMBOL names a native function of a `--host-lib`; `--import MODULE.*=…` binds a whole module;\n\
             `--unresolved trap` makes every call of them trap",
        )
        .into()
}

impl ImportArg {
    /// Whether this argument means the import. Names may contain dots, so both sides are compared whole.
    fn fits(&self, import: &Import) -> bool {
        if import.kind != Kind::Function {
            return false;
        }
        match self.name.strip_suffix(".*") {
            Some(module) => module == import.module,
            None => {
                self.name.strip_prefix(&import.module).and_then(|rest| rest.strip_prefix('.'))
                    == Some(import.field.as_str())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Unresolved, bind};
    use crate::interface::{Import, Interface, Kind};
    use aot_compiler::options::{ImportBinding, OtherImports};

    fn interface(imports: &[(&str, &str)]) -> Interface {
        let import = |&(module, field): &(&str, &str)| Import {
            module: module.to_owned(),
            field: field.to_owned(),
            kind: Kind::Function,
        };
        let mut interface = Interface::default();
        interface.imports.extend(imports.iter().map(import));
        interface
    }

    #[test]
    fn wasi_needs_no_flags() {
        let interface = interface(&[("wasi_snapshot_preview1", "fd_write")]);
        let (imports, unused) = bind(&[], Unresolved::Error, &interface, "a").expect("all is resolved");
        assert!(imports.wasi && imports.named.is_empty() && unused.is_empty());
        assert_eq!(imports.others, OtherImports::Error);
    }

    #[test]
    fn names_may_contain_dots() {
        let interface = interface(&[("a.b", "c.d"), ("env", "f"), ("env", "g")]);
        let arguments = ["a.b.c.d=zero", "env.*=trap", "x.y=native"].map(|text| text.parse().expect("well formed"));
        let (imports, unused) = bind(&arguments, Unresolved::Error, &interface, "a").expect("all is resolved");
        let bound: Vec<_> = imports.named.iter().map(|named| (named.module.as_str(), &named.binding)).collect();
        let trap = ("env", &ImportBinding::Trap);
        assert_eq!(bound, [("a.b", &ImportBinding::Zero), trap, trap]);
        assert_eq!(unused.len(), 1);
        assert_eq!(unused[0].name, "x.y");
    }

    #[test]
    fn what_is_missing_is_an_error_or_a_trap() {
        let interface = interface(&[("env", "f")]);
        assert!(bind(&[], Unresolved::Error, &interface, "a").is_err());
        let (imports, _) = bind(&[], Unresolved::Trap, &interface, "a").expect("calls trap");
        assert_eq!(imports.others, OtherImports::Trap);
    }
}
