//! The WebAssembly boundary of the client.
