//! A process with crash points kills itself at the one it is told, and not before.

#![cfg(feature = "crash-points")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use sliderule_control::crash;

/// The variable that tells this test that it is the one to die.
const CHILD: &str = "SLIDERULE_CRASH_TEST_CHILD";

#[test]
fn a_process_kills_itself_at_the_point_it_is_told() {
    if std::env::var_os(CHILD).is_some() {
        for number in 1..=5 {
            eprintln!("before {number}");
            crash::point("effect");
        }
        return;
    }
    let run = |after: &str| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_kills_itself_at_the_point_it_is_told", "--nocapture"])
            .env(CHILD, "1")
            .env("SLIDERULE_CRASH_AFTER", after)
            .output()
            .unwrap()
    };
    let died = run("3");
    let said = String::from_utf8_lossy(&died.stderr).into_owned();
    assert_eq!(died.status.signal(), Some(9), "{said}");
    assert!(said.contains("before 3") && !said.contains("before 4"), "{said}");
    assert!(run("6").status.success());
}
