//! The frame parser cuts any bytes, in any chunks, into the records that a slow one finds, up to the same fault.
#![no_main]
#![allow(
    dead_code,
    unreachable_pub,
    clippy::all,
    reason = "the modules are linted where they belong, in tests/"
)]

#[path = "../../tests/differential/compare.rs"]
mod compare;
#[path = "../../tests/differential/made.rs"]
mod made;
#[path = "../../tests/differential/slow/mod.rs"]
mod slow;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| compare::check_frames(&made::plain(bytes)));
