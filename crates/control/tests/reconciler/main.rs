//! The reconciler over a store in memory, an engine that can be made to fail, and a clock that follows
//! tokio's paused time: clusters wake, shrink, fall asleep and heal; nothing is lost or doubled by failures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod failures;
mod house;
mod machines;
mod restarts;
mod rounds;
mod sizes;
mod stops;
mod store;
