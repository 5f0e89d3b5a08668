//! The provisioning system `sliderule-ps`: HTTP API, SQL store, configuration, command line.
//!
//! This crate ties the others together and decides little itself: how large a cluster shall be is decided
//! in `sliderule-provisioning`, brought about by `sliderule-control` over `sliderule-engines`, and reached
//! through `sliderule-gateway`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`] | the command line, one file per command |
//! | [`config`] | what an operator may set |
//! | [`backup`] | the whole of a data directory in one file, and back |
//! | [`data`] | the data directory: its files and its lock |
//! | [`serve`] | the running server: what starts and stops in which order |
//! | [`front`] | the public listener's first decision: API, cluster or page |
//! | [`internal`] | the loopback listener for runners and nodes |
//! | [`health`] | whether the server can do its work |
//! | [`metrics`] | what is counted, and how it is told to Prometheus |
//! | [`local_engine`] | nodes as processes of this machine |
//! | [`router`] | the table of contents of the HTTP API |
//! | [`openapi`] | the document that describes it |
//! | [`handlers`] | its endpoints, one per file |
//! | [`http`] | what every endpoint shares: fields, callers, refusals, layers |
//! | [`app`] | what every endpoint needs |
//! | [`access`] | who may come in |
//! | [`github_sign_in`] | from a GitHub account to a user |
//! | [`sign_in`] | the last step of every way to sign in |
//! | [`credentials`] | checking a user name and a password |
//! | [`account`] | what the endpoints of one's own account share |
//! | [`members`] | from something done to a membership to an answer |
//! | [`people`] | what people are called who sign up |
//! | [`audit`] | the audit log as it is shown |
//! | [`keys`] | keeping the keys that sign tokens |
//! | [`boots`] | how long nodes usually take to become ready |
//! | [`capacity`] | from an order of nodes to an answer |
//! | [`events`] | what happens to clusters, told as it happens |
//! | [`configuration`] | from what an owner configures to a decision |
//! | [`auth`] | passwords, keys, tokens, GitHub |
//! | [`throttle`] | how much may be tried: from one address, and on one account |
//! | [`store`] | the database |
//! | [`clusters`] | what the gateway asks of the house it stands in |
//! | [`instants`] | instants as text |
//! | `whole_file` | writing small files that are seen whole or not at all |

pub mod access;
pub mod account;
pub mod app;
pub mod audit;
pub mod auth;
pub mod backup;
pub mod boots;
pub mod capacity;
pub mod cli;
pub mod clusters;
pub mod config;
pub mod configuration;
pub mod credentials;
pub mod data;
pub mod events;
pub mod front;
pub mod github_sign_in;
pub mod handlers;
pub mod health;
pub mod http;
pub mod instants;
pub mod internal;
pub mod keys;
pub mod local_engine;
pub mod members;
pub mod metrics;
pub mod openapi;
pub mod people;
pub mod router;
pub mod serve;
pub mod sign_in;
pub mod store;
pub mod throttle;

mod error;
mod whole_file;

pub use error::Error;
