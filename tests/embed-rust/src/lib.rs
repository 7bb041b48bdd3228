//! The plugins, and hosts that do what each test tells them.

use aot_embed::{Error, ExternRef, Function};

aot_embed::include!(all);
aot_embed::include!(all_bounds);
aot_embed::include!(fuelled);
aot_embed::include!(names);
aot_embed::include!(needs);
aot_embed::include!(nothing);
aot_embed::include!(start);
aot_embed::include!(stop);
aot_embed::include!(wasi);
aot_embed::include!(wasi_bounds);

/// What `env.everything` returns.
pub type Everything = (Option<ExternRef>, Option<Function>, [u8; 16], f64, f32, i64, i32);

/// A host for one of the modules made from `all.wat`. Their bindings say the same, but are different types.
macro_rules! host {
    ($name:ident, $module:ident) => {
        /// What the tests keep with instances of this module.
        pub mod $name {
            use super::{Error, Everything, ExternRef, Function};
            pub use crate::$module::{Caller, Imports, Instance, module};

            /// What `env.callback` does.
            pub type Callback = for<'a, 'b> fn(&'a mut Caller<'b, Host>, i32) -> Result<i32, Error>;
            /// What `env.pick` does.
            pub type Pick = for<'a, 'b> fn(&'a mut Caller<'b, Host>, i32) -> Result<Option<Function>, Error>;

            /// Its functions do what these say.
            #[derive(Debug)]
            pub struct Host {
                /// See the type.
                pub callback: Callback,
                /// See the type.
                pub pick: Pick,
                /// For functions to remember something.
                pub notes: Vec<i64>,
                /// For functions to hand to the guest.
                pub function: Option<Function>,
            }

            impl Host {
                /// With this callback.
                pub fn new(callback: Callback) -> Self {
                    Host { callback, pick: |caller, _| Ok(caller.host().function), notes: Vec::new(), function: None }
                }

                /// With this callback, as an instance.
                pub fn instance(callback: Callback) -> Instance<Host> {
                    Instance::new(Host::new(callback)).expect("the module can be instantiated")
                }
            }

            impl Imports for Host {
                fn env_callback(caller: &mut Caller<'_, Self>, value: i32) -> Result<i32, Error> {
                    (caller.host().callback)(caller, value)
                }

                fn env_pick(caller: &mut Caller<'_, Self>, value: i32) -> Result<Option<Function>, Error> {
                    (caller.host().pick)(caller, value)
                }

                fn env_everything(
                    _: &mut Caller<'_, Self>,
                    a: i32,
                    b: i64,
                    c: f32,
                    d: f64,
                    mut e: [u8; 16],
                    f: Option<Function>,
                    g: Option<ExternRef>,
                ) -> Result<Everything, Error> {
                    e.reverse();
                    Ok((g, f, e, d + 1.0, c + 1.0, b + 1, a + 1))
                }
            }
        }
    };
}

host!(guard, all);
host!(bounds, all_bounds);

/// Calls a macro once for each module made from `all.wat`, with the module of its host.
#[macro_export]
macro_rules! for_each_strategy {
    ($suite:ident) => {
        mod guard {
            use aot_embed_tests::guard::*;
            $crate::$suite!();
        }
        mod bounds {
            use aot_embed_tests::bounds::*;
            $crate::$suite!();
        }
    };
}
