//! A host with two plugins and one trait of its own, `Transform`, that both implement: the rest of the program does not
//! know what is behind it.

use std::error::Error;

aot_embed::include!(shout);
aot_embed::include!(reverse);

/// What this program wants of a plugin.
trait Transform {
    fn transform(&mut self, text: &str) -> Result<String, Box<dyn Error>>;
}

/// What it keeps for each plugin.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
}

impl shout::Imports for Log {
    fn env_log(caller: &mut shout::Caller<'_, Self>, at: i32, length: i32) -> Result<(), aot_embed::Error> {
        let line = caller.memory().text(at, length as usize)?.to_owned();
        caller.host_mut().lines.push(line);
        Ok(())
    }
}

impl reverse::Imports for Log {
    fn env_log(caller: &mut reverse::Caller<'_, Self>, at: i32, length: i32) -> Result<(), aot_embed::Error> {
        let (memory, log) = caller.memory_and_host();
        log.lines.push(memory.as_ref().text(at, length as usize)?.to_owned());
        Ok(())
    }

    fn policy_allows(_: &mut reverse::Caller<'_, Self>, length: i32) -> Result<i32, aot_embed::Error> {
        if length == 0 {
            return Err("there is nothing to turn around".into());
        }
        Ok(i32::from(length < 100))
    }
}

/// The modules have nothing in common but their exports' names, so a macro says the same for each.
macro_rules! transform {
    ($plugin:ident) => {
        impl Transform for $plugin::Instance<Log> {
            fn transform(&mut self, text: &str) -> Result<String, Box<dyn Error>> {
                let (buffer, capacity) = self.buffer()?;
                if text.len() > capacity as usize {
                    return Err("the text is too long".into());
                }
                self.memory_mut().write(buffer, text.as_bytes())?;
                let length = $plugin::Instance::transform(self, buffer, text.len() as i32)?;
                Ok(self.memory().text(buffer, length as usize)?.to_owned())
            }
        }
    };
}

transform!(shout);
transform!(reverse);

fn main() -> Result<(), Box<dyn Error>> {
    let mut shout = shout::Instance::new(Log::default())?;
    let mut reverse = reverse::Instance::new(Log::default())?;
    let plugins: [&mut dyn Transform; 2] = [&mut shout, &mut reverse];
    let mut text = "hello, plugins".to_owned();
    for plugin in plugins {
        text = plugin.transform(&text)?;
        println!("{text}");
    }
    for line in shout.host().lines.iter().chain(&reverse.into_host().lines) {
        println!("log: {line}");
    }
    let mut reverse = reverse::Instance::new(Log::default())?;
    let error = Transform::transform(&mut reverse, "").expect_err("the policy refuses");
    println!("refused: {error}");
    Ok(())
}
