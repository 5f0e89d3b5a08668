//! The reference node: enough of the SlideRule service to develop and test against.
//!
//! It behaves on the wire like a node of SlideRule v4.0.2 or v4.20.0, and does real work: it fits surfaces
//! to simulated ICESat-2 photons, as the ATL06 algorithm does. What it leaves out is named where it is left
//! out. It follows `shared/reference/cluster-protocol.md`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`science`] | simulated granules and the surface fit; knows nothing of the rest |
//! | [`parameters`], [`polygon`] | what a request asks of the fit |
//! | [`announced`] | the announced release, and what follows from it |
//! | [`wire`] | the records of that release |
//! | [`clock`] | times as the service writes them |
//! | [`http`] | plain answers and streams |
//! | [`services`] | the table of contents: one file per service that does more than look something up |
//! | [`output`] | the stream of records that answers a request |
//! | [`node`] | what all requests share |
//! | [`peer`], [`orchestrator`] | other nodes, and who may share the work |
//! | [`settings`], [`server`] | the command line; from the listener to the orderly end |

pub mod announced;
pub mod clock;
pub mod error;
pub mod http;
pub mod node;
pub mod orchestrator;
pub mod output;
pub mod parameters;
pub mod peer;
pub mod polygon;
pub mod science;
pub mod server;
pub mod services;
pub mod settings;
pub mod wire;
