//! The binary record format of SlideRule: framing, definitions, decoding into columns, encoding.
#![forbid(unsafe_code)]

pub mod definition;
pub mod encode;
pub mod error;
pub mod frame;

pub use definition::{Definition, Definitions};
pub use error::Error;
pub use frame::{Frame, Frames};
