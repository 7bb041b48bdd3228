//! Attempts to win a race: the tree changes between any two steps of a resolution.
//!
//! One thread moves or swaps what a path goes through, as fast as it can, while the guest uses the path. See `sandbox_attacks.rs` for
//! what counts as lost.

use super::super::testing::{GRANTED, with_both};
use super::super::types::{open_flags, rights};
use super::Errno;
use super::attacks::{outside, plant};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::vec::Vec;
use std::{fs, thread};

/// Runs `change` over and over in a thread while `attempt` runs `rounds` times.
fn race(rounds: usize, change: impl Fn() + Sync, mut attempt: impl FnMut()) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                change();
            }
        });
        for _ in 0..rounds {
            attempt();
        }
        stop.store(true, Ordering::Relaxed);
    });
}

fn exchange(one: &Path, two: &Path) {
    let (one, two) = (one.as_os_str().as_bytes(), two.as_os_str().as_bytes());
    renameat_with(CWD, one, CWD, two, RenameFlags::EXCHANGE).unwrap();
}

#[test]
fn a_directory_swapped_for_a_link() {
    with_both(|guest| {
        fs::create_dir(guest.host("granted/swap")).unwrap();
        fs::write(guest.host("granted/swap/secret"), "inside").unwrap();
        plant(guest, "../outside", "granted/swapped");
        let (one, two) = (guest.host("granted/swap"), guest.host("granted/swapped"));
        race(
            2_000,
            || exchange(&one, &two),
            || match guest.read_file(GRANTED, "swap/secret") {
                Ok(content) => assert_eq!(content, "inside"),
                Err(error) => assert!(matches!(error, Errno::Perm | Errno::NotDir | Errno::Loop), "{error:?}"),
            },
        );
        if fs::symlink_metadata(&one).unwrap().is_symlink() {
            exchange(&one, &two);
        }
        assert_eq!(guest.read_file(GRANTED, "swap/secret").as_deref(), Ok("inside"));
    });
}

#[test]
fn a_file_swapped_for_a_link() {
    with_both(|guest| {
        fs::write(guest.host("granted/swap"), "inside").unwrap();
        plant(guest, "../outside/secret", "granted/swapped");
        let (one, two) = (guest.host("granted/swap"), guest.host("granted/swapped"));
        let before = outside(guest);
        race(
            2_000,
            || exchange(&one, &two),
            || {
                if let Ok(content) = guest.read_file(GRANTED, "swap") {
                    assert_eq!(content, "inside");
                }
                let _ = guest.set_times(GRANTED, 1, "swap", 5);
                let _ = guest
                    .open_with(GRANTED, 1, "swap", open_flags::CREATE, rights::FD_WRITE, 0)
                    .map(|fd| guest.close(fd));
            },
        );
        assert_eq!(outside(guest), before);
    });
}

#[test]
fn a_directory_moved_out_while_dot_dot_is_resolved() {
    with_both(|guest| {
        // `away/deep/../../secret` is inside while `away` is in the grant; were `..` asked of the kernel after the move, it would
        // be the secret.
        fs::create_dir_all(guest.host("granted/away/deep")).unwrap();
        fs::write(guest.host("granted/secret"), "inside").unwrap();
        let (here, there) = (guest.host("granted/away"), guest.host("outside/away"));
        race(
            2_000,
            || {
                fs::rename(&here, &there).unwrap();
                fs::rename(&there, &here).unwrap();
            },
            || match guest.read_file(GRANTED, "away/deep/../../secret") {
                Ok(content) => assert_eq!(content, "inside"),
                Err(error) => assert!(matches!(error, Errno::NoEnt | Errno::Perm | Errno::Again), "{error:?}"),
            },
        );
    });
}

#[test]
fn a_parent_swapped_while_creating_and_removing() {
    with_both(|guest| {
        fs::create_dir(guest.host("granted/swap")).unwrap();
        plant(guest, "../outside/dir", "granted/swapped");
        fs::write(guest.host("outside/dir/victim"), "outside").unwrap();
        let (one, two) = (guest.host("granted/swap"), guest.host("granted/swapped"));
        race(
            1_000,
            || exchange(&one, &two),
            || {
                let _ = guest.create_directory(GRANTED, "swap/new");
                let _ = guest.remove_directory(GRANTED, "swap/new");
                let _ = guest.symlink("x", GRANTED, "swap/link");
                let _ = guest.unlink(GRANTED, "swap/link");
                let _ = guest.unlink(GRANTED, "swap/victim");
                let _ = guest.rename(GRANTED, "swap/victim", GRANTED, "stolen");
                let _ = guest.link(GRANTED, 1, "swap/victim", GRANTED, "stolen");
            },
        );
        assert!(!guest.host("granted/stolen").exists());
        let left: Vec<_> =
            fs::read_dir(guest.host("outside/dir")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["victim"]);
    });
}
