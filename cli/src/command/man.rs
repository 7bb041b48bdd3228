//! `aot man`: the manual page, commands and all, in roff.

use crate::args::help;
use crate::console::{Console, describe};
use crate::diagnostic::{Failure, Message};
use clap_mangen::Man;
use std::io;

pub(crate) fn run(console: &mut Console<'_>) -> Result<(), Failure> {
    let page = render().map_err(|error| Message::machine(describe(&error)))?;
    console.print(&page)
}

/// One page: the command's own sections, then the options of each subcommand.
fn render() -> io::Result<Vec<u8>> {
    let command = help::command();
    let mut page = Vec::new();
    let whole = Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        page.extend_from_slice(format!(".SH \"AOT {}\"\n", sub.get_name().to_uppercase()).as_bytes());
        let mut section = Vec::new();
        let sub = Man::new(sub.clone());
        sub.render_synopsis_section(&mut section)?;
        sub.render_description_section(&mut section)?;
        sub.render_options_section(&mut section)?;
        // Sections of a subcommand are subsections of the page.
        let section = String::from_utf8_lossy(&section).replace(".SH ", ".SS ");
        page.extend_from_slice(section.as_bytes());
    }
    whole.render_extra_section(&mut page)?;
    whole.render_version_section(&mut page)?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_has_a_section() {
        let page = String::from_utf8(super::render().expect("memory takes it")).expect("the page is text");
        for command in ["COMPILE", "RUN", "INSPECT", "DUMP"] {
            assert!(page.contains(&format!(".SH \"AOT {command}\"")), "{command}");
        }
        assert!(page.contains("max\\-memory"), "options are there");
    }
}
