//! The control plane over a model store and simulated nodes, with everything going wrong that can, from a seed.
//!
//! Everything that happens in a seed happens in one thread, on one true time, in an order that the seed decides: the
//! same seed gives the same journal, byte for byte. What is simulated is what servers run: `provisioning` and
//! `control`, unchanged, over their traits.
//!
//! | module | what it holds |
//! |---|---|
//! | [`simulation`] | one seed: what happens, step by step |
//! | [`people`], [`deed`] | who wants what when, and how they ask for it |
//! | [`server`], [`wire`], [`clocks`], [`traffic`] | a server and all that is around it |
//! | [`kinds`], [`weather`] | what goes wrong |
//! | [`poll`] | futures without a runtime, held up and dropped |
//! | [`book`], [`page`], [`tape`], [`recorder`] | what happened, and the books kept a second time |
//! | [`truth`], [`closing`] | what must hold after every step, and at the end |
//! | [`plant`] | bugs built in, to be found |
//! | [`crew`], [`report`], [`minimise`], [`options`] | many seeds, what they came to, and how to replay one |

pub mod book;
pub mod clocks;
pub mod closing;
pub mod crew;
pub mod deed;
pub mod kinds;
pub mod minimise;
pub mod options;
pub mod page;
pub mod people;
pub mod plant;
pub mod poll;
pub mod recorder;
pub mod report;
pub mod server;
pub mod simulation;
pub mod tape;
pub mod traffic;
pub mod truth;
pub mod weather;
pub mod wire;
