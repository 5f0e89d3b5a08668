#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
//! What the gateway promises to clients and nodes, over real connections where bytes, their order or
//! their end matter. The nodes are stand-ins that send exactly what a test says.

mod cors;
mod discovery;
mod hang_up;
mod house;
mod node_failures;
mod pass_through;
mod tokens;
mod wire;
