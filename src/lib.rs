//! The WebAssembly boundary of the client, and nothing else.
//!
//! What the client decides is in `sliderule-session`, what records mean is in `sliderule-records`; what users see
//! is in `js/`. Here inputs become steps of a session, and its effects become calls of one host object that `js/` passes
//! in, which has `fetch`, timers and storage at hand: to reach them from here would take twice the code. Text crosses
//! the boundary as JSON, columns as bytes that `js/` copies before the call that lends them returns: no view into
//! WebAssembly memory is ever handed out. Should something here be wrong all the same, it panics, which is a trap: see
//! `js/instance.js`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`client`] | the exported `Client`: one session and its queue |
//! | `host` | the object that `js/` passes in |
//! | [`decoder`] | the exported `Decoder` of a record stream |
//! | `items` | the object that `js/` passes in to be told of what is decoded |
//! | [`version`] | which release this is |

#![cfg(target_arch = "wasm32")]

pub mod client;
pub mod decoder;
mod host;
mod items;
pub mod version;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

/// A fifth of the code of the standard library's, and no slower.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();
