//! The database by itself, without a server around it: what it keeps, what it refuses, how fast it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod backups;
mod conformance;
mod guards;
mod memberships;
mod migration;
mod orders;
mod pace;
mod reading;
mod remembering;
mod seeds;
mod sessions;
mod stage;
mod together;
