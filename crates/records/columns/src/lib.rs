//! The values of a column, and the loops that fill it from records.
//!
//! These loops are all of decoding that must be quick. They are a crate of their own because optimisation is chosen by
//! crate: the WebAssembly build makes this one for speed, and `sliderule-records` around it for size. It knows nothing
//! of definitions or streams, and `sliderule-records` says what is where.
//!
//! A column is kept as [`Packed`] bytes, so that there is one loop for each size of value and not one for each type.
//! Whoever wants numbers of the language's own types takes [`Values`] out of it.

#![forbid(unsafe_code)]

mod basic;
mod gather;
mod packed;
mod values;

pub use basic::Basic;
pub use gather::{Elements, Runs, gather};
pub use packed::Packed;
pub use values::Values;
