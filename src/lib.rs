//! The WebAssembly boundary of the client, and nothing else.
//!
//! What the client decides is in `sliderule-session`, what records mean is in `sliderule-records`; what users see
//! is in `js/`. Here inputs become steps of a session, and its effects become requests, timers, and calls of
//! one host object that `js/` passes in. Text crosses the boundary as JSON, columns as bytes that `js/` copies
//! before the call that lends them returns: no view into WebAssembly memory is ever handed out.
//!
//! | module | what it holds |
//! |---|---|
//! | [`client`] | the exported `Client`: one session and its loop |
//! | `host` | the object that `js/` passes in |
//! | `send` | a request through the global `fetch` |
//! | `pieces` | a response's body, read piece by piece |
//! | `timers` | sleeps that can be abandoned |
//! | [`decoder`] | the exported `Decoder` of a record stream |
//! | `items` | the object that `js/` passes in to be told of what is decoded |
//! | [`panics`] | what happens should something here be wrong all the same |
//! | [`version`] | which release this is |

#![cfg(target_arch = "wasm32")]

pub mod client;
pub mod decoder;
mod host;
mod items;
pub mod panics;
mod pieces;
mod send;
mod timers;
pub mod version;
