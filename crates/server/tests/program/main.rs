//! The program `sliderule-ps` as an operator runs it: commands, exit codes, signals, TLS, and the whole way
//! from a sleeping cluster to decoded records with real node processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod backup;
mod commands;
mod end_to_end;
mod keys;
mod kills;
#[path = "../logs/mod.rs"]
mod logs;
mod orphans;
mod proof;
mod ps;
mod requests_logged;
mod serving;
mod tls;
