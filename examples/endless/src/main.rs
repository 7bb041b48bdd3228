//! A host that stops guests which would never end: after some time, by another thread; or after so much work, which is the
//! same on every machine.

use aot_embed::{Epoch, TrapCode};
use std::sync::Arc;
use std::time::Duration;

aot_embed::include!(endless);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One thread ticks for all guests there will ever be.
    let epoch = Arc::new(Epoch::new());
    let ticks = Arc::clone(&epoch);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(2));
            ticks.increment();
        }
    });

    let mut by_time = endless::Instance::new(())?;
    by_time.dynamic_mut().set_epoch(&epoch, 10)?;
    let trap = by_time.run().expect_err("it never ends");
    assert_eq!(trap.code(), TrapCode::Interrupted);
    println!("after ten ticks: {trap}, in {:?}", trap.frames().next().and_then(|frame| frame.function));
    assert!(by_time.count() > 0);

    let mut by_work = endless::Instance::new(())?;
    by_work.dynamic_mut().set_fuel(1_000_000)?;
    let trap = by_work.run().expect_err("it never ends");
    assert_eq!(trap.code(), TrapCode::OutOfFuel);
    println!("after a million units: {trap}, at {}", by_work.count());

    // It goes on where it was, when it is given more.
    by_work.dynamic_mut().set_fuel(500_000)?;
    assert!(by_work.run().is_err());
    println!("after half a million more: at {}", by_work.count());
    Ok(())
}
