//! A library without an entry: exports that take and return numbers, kept state, and an initializer.
#![no_std]

use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

static READY: AtomicU32 = AtomicU32::new(0);

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[no_mangle]
pub extern "C" fn _initialize() {
    READY.store(7, Ordering::Relaxed);
}

/// 7 once initialized, so that a missing call shows.
#[no_mangle]
pub extern "C" fn ready() -> u32 {
    READY.load(Ordering::Relaxed)
}

#[no_mangle]
pub extern "C" fn gcd(mut a: i32, mut b: i32) -> i32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[no_mangle]
pub extern "C" fn power(base: u64, exponent: u32, modulus: u64) -> u64 {
    let (mut result, mut base, mut exponent) = (1u128, u128::from(base), exponent);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % u128::from(modulus);
        }
        base = base * base % u128::from(modulus);
        exponent >>= 1;
    }
    result as u64
}

/// Newton's method, so that no library is needed.
#[no_mangle]
pub extern "C" fn square_root(x: f64) -> f64 {
    let mut guess = x;
    for _ in 0..60 {
        guess = 0.5 * (guess + x / guess);
    }
    guess
}

/// Prints nothing: it has no result.
#[no_mangle]
pub extern "C" fn nothing(_: f32) {}
