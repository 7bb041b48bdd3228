//! Links files many times and prints how long one link takes: `time_link x86_64|aarch64 [--pie] FILE… [-o OUT]`.

use std::fs;
use std::time::Instant;

use aot_link::{Architecture, Input, Layout, Position};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let output = match arguments.iter().position(|argument| argument == "-o") {
        Some(position) => arguments.drain(position..).nth(1),
        None => None,
    };
    let is_independent = arguments.iter().any(|argument| argument == "--pie");
    arguments.retain(|argument| argument != "--pie");
    let (architecture, files) = arguments.split_first().ok_or("time_link x86_64|aarch64 [--pie] FILE… [-o OUT]")?;
    let architecture = match architecture.as_str() {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        other => return Err(format!("no architecture `{other}`").into()),
    };
    let mut contents = Vec::new();
    for file in files {
        contents.push(fs::read(file)?);
    }
    let inputs: Vec<_> = files.iter().zip(&contents).map(|(name, bytes)| Input { name, bytes }).collect();
    let mut layout = Layout::new(architecture);
    if is_independent {
        layout.position = Position::Independent;
    }
    let mut times = Vec::new();
    let mut linked = aot_link::link(&inputs, &layout).map_err(|error| error.to_string())?;
    for _ in 0..200 {
        let start = Instant::now();
        linked = aot_link::link(&inputs, &layout)?;
        times.push(start.elapsed());
    }
    times.sort();
    let input: usize = contents.iter().map(Vec::len).sum();
    println!("{input} bytes in, {} bytes out", linked.bytes.len());
    println!("median {:?}, fastest {:?}, slowest {:?}", times[100], times[0], times[199]);
    if let Some(output) = output {
        fs::write(output, &linked.bytes)?;
    }
    Ok(())
}
