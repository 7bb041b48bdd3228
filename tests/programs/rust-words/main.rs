//! Counts words of files and of standard input with the standard library: collections, iterators, text, files, environment,
//! arguments, errors as values.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::error::Error;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

#[derive(Debug)]
enum Failure {
    Io(String, io::ErrorKind),
    Empty,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Io(path, kind) => write!(f, "{path}: {kind:?}"),
            Failure::Empty => f.write_str("no words"),
        }
    }
}

impl Error for Failure {}

fn count(reader: &mut dyn BufRead, counts: &mut HashMap<String, usize>) -> io::Result<usize> {
    let mut lines = 0;
    for line in reader.lines() {
        lines += 1;
        for word in line?.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    Ok(lines)
}

fn walk(folder: &Path) -> Result<Vec<String>, Failure> {
    let failure = |error: io::Error| Failure::Io(folder.display().to_string(), error.kind());
    let mut open = VecDeque::from([folder.to_path_buf()]);
    let mut files = Vec::new();
    while let Some(next) = open.pop_front() {
        for entry in fs::read_dir(&next).map_err(failure)? {
            let path = entry.map_err(failure)?.path();
            if path.is_dir() {
                open.push_back(path);
            } else {
                files.push(path.display().to_string());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut counts = HashMap::new();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        let lines = count(&mut io::stdin().lock(), &mut counts)?;
        println!("{lines} lines");
    }
    for folder in &arguments {
        for path in walk(Path::new(folder))? {
            let file = File::open(&path).map_err(|error| Failure::Io(path.clone(), error.kind()))?;
            println!("{path}: {} lines", count(&mut BufReader::with_capacity(64, file), &mut counts)?);
        }
    }
    if counts.is_empty() {
        return Err(Failure::Empty.into());
    }
    let mut by_count: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (word, count) in &counts {
        by_count.entry(*count).or_default().push(word);
    }
    for (count, words) in by_count.iter_mut().rev().take(4) {
        words.sort_unstable();
        println!("{count:3} × {}", words.iter().take(5).copied().collect::<Vec<_>>().join(", "));
    }
    let letters: HashSet<char> = counts.keys().flat_map(|word| word.chars()).collect();
    let longest = counts.keys().max_by_key(|word| (word.chars().count(), word.as_str())).expect("not empty");
    println!("{} words, {} characters, longest {longest:?}", counts.len(), letters.len());
    if let Ok(out) = std::env::var("REPORT") {
        let mut writer = BufWriter::new(File::create(&out)?);
        for (word, count) in counts.iter().collect::<BTreeMap<_, _>>() {
            writeln!(writer, "{word}\t{count}")?;
        }
        writer.into_inner()?.sync_all()?;
        let mut file = File::options().read(true).append(true).open(&out)?;
        file.write_all("end".as_bytes())?;
        file.seek(SeekFrom::Start(2))?;
        let mut text = String::new();
        let read = file.read_to_string(&mut text)?;
        println!("report: {read} bytes, {:?} … {:?}", text.lines().next(), text.lines().last());
        fs::rename(&out, format!("{out}.old"))?;
        println!("moved: {} {}", Path::new(&out).exists(), fs::metadata(format!("{out}.old"))?.len());
    }
    Ok(())
}

fn main() {
    if let Err(error) = run() {
        println!("failed: {error}");
        std::process::exit(3);
    }
}
