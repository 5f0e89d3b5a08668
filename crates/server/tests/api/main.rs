//! The HTTP API, proven from outside: a real server on port 0 with a real database, and an engine whose
//! nodes live in this process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;
mod answers;
mod audit;
mod by_hand;
mod capacity;
mod changing;
mod cluster;
mod cors;
mod fake_engine;
mod forged;
mod github;
mod keys;
mod leases;
mod members;
mod money;
mod operator;
mod organizations;
mod people;
mod restart;
mod sessions;
mod sharing;
mod sign_in;
mod test_app;
mod tokens;
