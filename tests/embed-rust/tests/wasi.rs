//! WASI for plugins: what they get, what they do not, and how they end.

use aot_embed::{CreateError, Epoch, Settings, TrapCode, WasiConfig, WasiOutput};
use aot_embed_tests::{fuelled, stop, wasi, wasi_bounds};
use std::path::PathBuf;
use std::sync::Arc;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const SUCCESS: i32 = 0;
const BADF: i32 = 8;
const FAULT: i32 = 21;
const MFILE: i32 = 33;
const NOSPC: i32 = 51;
const PERM: i32 = 63;

/// Ends the guest in a call of its own.
struct Host;

/// The same for both memory strategies, whose bindings are different types.
macro_rules! suite {
    ($name:ident, $module:ident) => {
        impl $module::Imports for Host {
            fn env_enter(
                caller: &mut $module::Caller<'_, Self>,
                code: i32,
            ) -> std::result::Result<i32, aot_embed::Error> {
                let trap = caller.exit(code).expect_err("the guest exits");
                Ok(trap.exit_code().expect("it has a code"))
            }
        }

        mod $name {
            use super::*;
            use $module::Instance;

            fn with(config: WasiConfig) -> Result<Instance<Host>> {
                Ok(Instance::with(Host, &Settings::new().wasi(config))?)
            }

            /// The word at this address.
            fn word(instance: &Instance<Host>, address: u64) -> Result<u32> {
                let mut bytes = [0; 4];
                instance.memory().read(address, &mut bytes)?;
                Ok(u32::from_le_bytes(bytes))
            }

            #[test]
            fn nothing_is_there_by_itself() -> Result {
                let mut instance = Instance::new(Host)?;
                assert_eq!(instance.counts()?, 0);
                for fd in 3..10 {
                    assert_eq!((instance.grant(fd)?, instance.stat(fd)?), (BADF, BADF));
                }
                assert_eq!((instance.read(0, 100, 10)?, word(&instance, 24)?), (SUCCESS, 0));
                assert_eq!((instance.write(1, 100, 10)?, word(&instance, 24)?), (SUCCESS, 10));
                Ok(())
            }

            #[test]
            fn streams_are_in_memory() -> Result {
                let (out, error) = (WasiOutput::new(8), WasiOutput::new(0));
                let config = WasiConfig::new().arg("name").arg("").env("A", "1").stdin("input").stdout(&out);
                let mut instance = with(config.stderr(&error))?;
                assert_eq!(instance.counts()?, 1 << 16 | 2);
                assert_eq!((instance.read(0, 100, 10)?, word(&instance, 24)?), (SUCCESS, 5));
                assert_eq!((instance.write(1, 100, 5)?, instance.write(2, 100, 5)?), (SUCCESS, NOSPC));
                assert_eq!((instance.write(1, 100, 5)?, word(&instance, 24)?), (SUCCESS, 3));
                assert_eq!((out.bytes(), error.take()), (b"inputinp".to_vec(), Vec::new()));
                Ok(())
            }

            #[test]
            fn directories_hold_what_they_grant() -> Result {
                let folder: PathBuf =
                    [env!("CARGO_TARGET_TMPDIR"), concat!("wasi-", stringify!($name))].iter().collect();
                std::fs::create_dir_all(folder.join("grant"))?;
                std::fs::write(folder.join("grant/file"), "inside")?;
                let config = WasiConfig::new().read_only_directory(folder.join("grant"), "/").descriptors(5);
                let mut instance = with(config.clone())?;
                instance.memory_mut().write(100, b"file../grant/file")?;
                assert_eq!((instance.open(3, 104, 13)?, instance.open(3, 100, 4)?), (PERM, SUCCESS));
                assert_eq!((instance.open(3, 100, 4)?, instance.read(4, 200, 9)?), (MFILE, SUCCESS));
                let mut bytes = [0; 6];
                instance.memory().read(200, &mut bytes)?;
                assert_eq!(&bytes, b"inside");
                // A new life has nothing, and can be given something.
                instance.reset()?;
                assert_eq!((instance.stat(4)?, instance.stat(3)?), (BADF, BADF));
                instance.dynamic_mut().set_wasi(&config)?;
                assert_eq!((instance.stat(4)?, instance.stat(3)?), (BADF, SUCCESS));
                let missing = WasiConfig::new().directory(folder.join("missing"), "/");
                let refused = instance.dynamic_mut().set_wasi(&missing).expect_err("there is no such directory");
                assert!(refused.to_string().ends_with("missing`: it does not exist"), "{refused}");
                assert_eq!(instance.stat(3)?, SUCCESS);
                let refused = Instance::with(Host, &Settings::new().wasi(missing)).err();
                assert!(matches!(refused, Some(CreateError::Wasi(_))), "{refused:?}");
                Ok(())
            }

            #[test]
            fn exits_end_the_call() -> Result {
                let mut instance = Instance::new(Host)?;
                for code in [0, 3, -1] {
                    let trap = instance.exit(code).expect_err("the guest exits");
                    assert_eq!((trap.code(), trap.exit_code()), (TrapCode::Exited, Some(code)));
                }
                assert_eq!(instance.enter(9)?, 9);
                let trap = instance.write(1, -1, -1)?;
                assert_eq!(trap, FAULT);
                Ok(())
            }

            #[test]
            fn many_share_nothing() -> Result {
                std::thread::scope(|scope| {
                    for number in 0..4 {
                        scope.spawn(move || {
                            for round in 0..100 {
                                let (output, text) = (WasiOutput::new(100), format!("{number} {round}"));
                                let config = WasiConfig::new().stdin(text.as_str()).stdout(&output);
                                let mut instance = with(config).expect("there is nothing that could fail");
                                assert_eq!(instance.read(0, 200, 50).expect("it does not trap"), SUCCESS);
                                let length = word(&instance, 24).expect("it is in memory") as i32;
                                assert_eq!(instance.write(1, 200, length).expect("it does not trap"), SUCCESS);
                                assert_eq!(output.take(), text.as_bytes());
                            }
                        });
                    }
                });
                Ok(())
            }
        }
    };
}

suite!(guard, wasi);
suite!(bounds, wasi_bounds);

struct Nobody;

impl stop::Imports for Nobody {
    fn env_again(_: &mut stop::Caller<'_, Self>, value: i32) -> std::result::Result<i32, aot_embed::Error> {
        Ok(value)
    }
}

impl fuelled::Imports for Nobody {
    fn env_again(_: &mut fuelled::Caller<'_, Self>, value: i32) -> std::result::Result<i32, aot_embed::Error> {
        Ok(value)
    }
}

#[test]
fn settings_are_for_modules_that_were_compiled_for_them() -> Result {
    let epoch = Arc::new(Epoch::new());
    let (fuel, deadline) = (Settings::new().fuel(1), Settings::new().epoch(&epoch, 1));
    assert!(matches!(stop::Instance::with(Nobody, &fuel).err(), Some(CreateError::NotCompiledIn(_))));
    assert!(matches!(fuelled::Instance::with(Nobody, &deadline).err(), Some(CreateError::NotCompiledIn(_))));
    assert_eq!(fuelled::Instance::with(Nobody, &fuel)?.dynamic().fuel()?, 1);
    let instance = stop::Instance::with(Nobody, &deadline)?;
    drop((deadline, epoch));
    drop(instance);
    Ok(())
}
