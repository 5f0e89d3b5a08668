//! The client's mind: where to ask, who is signed in, how long a token serves, how a cluster grows, what an
//! answer means, and when to try again.
//!
//! It is sans-I/O. [`Session::step`] takes one [`Input`] with the time and a random number, and returns the
//! [`Effect`]s that somebody else carries out; the answers come back as inputs. There is no clock, socket,
//! timer, thread or browser in here, so the same inputs always give the same effects, and the whole client runs
//! natively under proptest.
//!
//! Inside, every call is an `async fn` that awaits ports of the [`world`]; a tiny executor in [`session`] polls
//! them after each input. Dropping such a future drops its work, which is all that cancelling is.
//!
//! | module | what it holds |
//! |---|---|
//! | [`session`] | the executor: inputs in, effects out |
//! | [`effect`] | inputs, effects and the answers to them |
//! | [`call`] | what a caller can ask for, and what they get |
//! | [`failure`] | what a caller gets instead |
//! | [`world`] | the ports through which flows reach the outside, and the state they share |
//! | [`port`] | one thing asked of the outside, as a future |
//! | [`address`] | which hosts a deployment and an organization mean |
//! | [`http`] | sending with retries, time limits and redirects refused |
//! | [`refusal`] | what a refusal in either error envelope means |
//! | [`account`] | tokens of one organization and the record kept of them |
//! | [`claims`] | how long tokens live, and what they say of themselves |
//! | [`sign_in`] | `authenticate` and `signOut` |
//! | [`renewal`] | one refresh at a time, and requests that carry a token |
//! | [`siblings`] | what tabs and workers say to each other |
//! | [`capacity`] | asking for nodes, from old and new provisioning systems |
//! | [`scaleout`] | waiting for nodes |
//! | [`watch`] | our own status as it changes |
//! | [`server_events`] | server-sent events |
//! | [`console`] | status, costs, release, extension and estimate: our own API only |
//! | [`service`] | plain and streaming services of the cluster |
//! | [`version`] | the version rule |
//! | [`start`] | `init` |
//! | [`answers`] | what is read of the answers of our own API |
//! | [`boundary`] | how calls and outcomes cross to JavaScript |
//! | [`json`] | JSON, read and written |
//! | [`few`] | a map of few entries |

pub mod account;
pub mod address;
mod answers;
mod boundary;
pub mod call;
mod capacity;
mod claims;
mod console;
pub mod effect;
pub mod failure;
mod few;
mod http;
mod json;
mod port;
mod refusal;
mod renewal;
mod scaleout;
mod server_events;
mod service;
pub mod session;
mod siblings;
mod sign_in;
mod start;
pub mod version;
mod watch;
mod world;

pub use call::{Call, Outcome, Settings};
pub use effect::{Answer, CallId, Effect, Event, Input, Method, PortId, Request, Response};
pub use failure::Failure;
pub use session::Session;
