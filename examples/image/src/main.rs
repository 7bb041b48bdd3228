//! A parser of untrusted input, written in C without care, in a sandbox: whatever the input is, there is an image, no image,
//! or an error.

use aot_embed::{Epoch, Settings, TrapCode};
use std::collections::BTreeMap;
use std::sync::Arc;

aot_embed::include!(qoi);

/// What the host wants to know while the parser works.
#[derive(Default)]
struct Progress {
    rows: u32,
    epoch: Arc<Epoch>,
}

impl qoi::Imports for Progress {
    fn env_progress(caller: &mut qoi::Caller<'_, Self>, row: i32, _rows: i32) -> Result<(), aot_embed::Error> {
        let progress = caller.host_mut();
        progress.rows = row as u32 + 1;
        // Time is measured in rows here, so that this program always prints the same. A clock would do.
        progress.epoch.increment();
        Ok(())
    }
}

/// Width, height and pixels.
type Image = (u32, u32, Vec<u8>);

/// Decodes in an instance of its own, which may have 16 MiB and a thousand rows of time.
fn decode(input: &[u8]) -> Result<Option<Image>, Box<dyn std::error::Error>> {
    let host = Progress::default();
    let epoch = Arc::clone(&host.epoch);
    let mut instance = qoi::Instance::with(host, &Settings::new().memory_bytes(16 << 20))?;
    instance.dynamic_mut().set_epoch(&epoch, 1000)?;
    let at = instance.input(input.len() as i32)?;
    instance.memory_mut().write(at, input)?;
    let image = instance.decode(at)?;
    if image == 0 {
        return Ok(None);
    }
    let memory = instance.memory();
    let word = |index: i32| memory.array(image + 4 * index).map(u32::from_le_bytes);
    let (width, height, pixels) = (word(0)?, word(1)?, word(2)?);
    // The parser may say anything: sizes are for the host to doubt, and views check addresses.
    let bytes = u64::from(width) * u64::from(height) * 4;
    let pixels = memory.slice(pixels, usize::try_from(bytes)?)?.to_vec();
    Ok(Some((width, height, pixels)))
}

/// An image of stripes, in the format.
fn stripes(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"qoif".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([4, 0]);
    for row in 0..height {
        // One pixel in full, and a run of the same.
        bytes.extend([0xff, (row * 40) as u8, 100, 200, 255]);
        bytes.push(0xc0 | (width - 2) as u8);
    }
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
    bytes
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let good = stripes(32, 6);
    let (width, height, pixels) = decode(&good)?.ok_or("this is an image")?;
    println!(
        "{width} × {height}, from {} bytes to {}; the last pixel is {:?}",
        good.len(),
        pixels.len(),
        &pixels[pixels.len() - 4..]
    );

    // The same with a byte changed, each in turn, in several ways.
    let mut outcomes = BTreeMap::new();
    for position in 0..good.len() {
        for change in [0x01, 0x40, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[position] ^= change;
            let outcome = match decode(&bad) {
                Ok(Some((32, 6, _))) => "another image",
                Ok(Some(_)) => "an image of another size",
                Ok(None) => "no image",
                Err(error) => match error.downcast_ref::<aot_embed::Trap>().map(aot_embed::Trap::code) {
                    Some(TrapCode::MemoryOutOfBounds) => "out of bounds: the sandbox held",
                    Some(TrapCode::Interrupted) => "took too long: stopped",
                    Some(_) => "another trap",
                    None => "the host did not believe the size",
                },
            };
            *outcomes.entry(outcome).or_insert(0u32) += 1;
        }
    }
    for (outcome, count) in outcomes {
        println!("{count:4} × {outcome}");
    }
    Ok(())
}
