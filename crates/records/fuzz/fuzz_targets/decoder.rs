//! The decoder makes of any stream, over any definitions, what a slow one makes of it, however the stream is handed over.
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

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| compare::check_decoder(&made::case(bytes)));
