//! What a bug of ours looks like: the stage it happened in, and how to report it.

use std::panic::PanicHookInfo;

/// Replaces the panic message of the process by one for people who do not know this program's source.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| eprint!("{}", describe(info))));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("unknown cause");
    let place = info.location().map(|location| (location.file(), location.line()));
    text(what, place)
}

fn text(what: &str, place: Option<(&str, u32)>) -> String {
    let mut text = format!("error: internal error: {what}\n");
    if let Some((file, line)) = place {
        text.push_str(&match stage(file) {
            Some(stage) => format!("  in stage {stage}, at {file}:{line}\n"),
            None => format!("  at {file}:{line}\n"),
        });
    }
    text.push_str(concat!(
        "  help: this is a bug in aot ",
        env!("CARGO_PKG_VERSION"),
        ", not in the module: please report it with this text, the command and the module\n",
        "        docs/DEBUGGING.md tells how to find the guilty stage and the smallest module that shows it\n",
    ));
    text
}

/// The stage that a source file belongs to: folders of the compiler are named after stages.
fn stage(file: &str) -> Option<&str> {
    let (_, inside) = file.rsplit_once("compiler/src/")?;
    Some(inside.split(['/', '.']).next().unwrap_or(inside))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_stage_is_read_off_the_path() {
        assert_eq!(super::stage("compiler/src/clif/stack.rs"), Some("clif"));
        assert_eq!(super::stage("/home/me/aot/compiler/src/plan.rs"), Some("plan"));
        assert_eq!(super::stage("cli/src/lib.rs"), None);
    }

    #[test]
    fn the_text_says_whose_fault_it_is() {
        let text = super::text("an operand exists", Some(("compiler/src/clif/stack.rs", 88)));
        assert!(text.starts_with(
            "error: internal error: an operand exists\n  in stage clif, at compiler/src/clif/stack.rs:88\n  help: this is a bug in aot "
        ));
    }
}
