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
mod configuration;
mod cors;
mod document;
mod events;
mod examples;
mod fake_engine;
mod forged;
mod github;
mod github_browser;
mod github_stand_in;
mod headers;
mod health;
mod keys;
mod leases;
mod lists;
#[path = "../logs/mod.rs"]
mod log_files;
mod logs;
mod members;
mod metrics;
mod money;
mod old_routes;
mod operator;
mod organizations;
mod people;
mod restart;
mod roles;
#[path = "../../../../xtask/src/test/secrets/search.rs"]
mod secrets;
mod sessions;
mod sharing;
mod sign_in;
mod stopping;
mod test_app;
mod throttling;
mod tokens;
