//! The binary record format of SlideRule: framing, definitions, decoding into columns, encoding.
//!
//! A SlideRule service answers a processing request with a stream of binary records: data, log events
//! and exceptions, in any mixture. The layout of each record type is not in the stream; it is a JSON
//! *definition* that the server gives when asked, and that differs between releases. This crate turns
//! such a stream into columns, and for servers columns into such a stream. It does no I/O and reads no
//! clock: bytes and definitions are handed in, and it is the caller who fetches both.
//!
//! | module | what it holds |
//! |---|---|
//! | [`frame`] | where one record ends and the next begins, however the stream is cut |
//! | [`definition`] | what the bytes of a record type mean |
//! | [`json`] | the text that definitions are |
//! | [`definitions`] | the definitions known so far, and which are missing |
//! | `plan` | a definition with all that it nests, flattened into columns; how records become rows |
//! | `rows` | from whole records to items: which wait for a definition, which continue a batch |
//! | `decode` | records into the columns of a table |
//! | [`mod@column`] | what comes out: [`Batch`], [`Column`], [`Packed`], [`Values`] |
//! | [`message`] | what comes out beside the data: [`Event`], [`Exception`] |
//! | [`exception_kind`] | what an exception means, by the server's release: [`ExceptionKind`], [`Meaning`] |
//! | [`sink`] | who is told of what comes out: [`Sink`] |
//! | [`stream`] | all of it together: the [`Decoder`] |
//! | [`encode`] | records from values, for servers |
//! | [`error`] | all that can be wrong |
//!
//! # Decoding a stream
//!
//! The caller pushes each chunk as it arrives, fetches the definitions that the decoder
//! [needs](Decoder::needs), and [finishes](Decoder::finish) when the stream ends, since only then it is known
//! that nothing is missing. Records that wait for a definition, and all that follow them, are kept: nothing
//! is lost or reordered.
//!
//! A table is what most want of a stream, so records of a type are flattened into rows and joined into batches. Whoever
//! wants records one by one, as they were sent, has their types [kept whole](Decoder::keep_whole).
//!
//! ```
//! use sliderule_records::{Decoder, Error, Item, Values, encode};
//!
//! # fn fetch_definition(name: &str) -> &'static str {
//! #     r#"{"height": {"type": "FLOAT", "offset": 0, "elements": 1, "flags": "LE"}}"#
//! # }
//! let mut decoder = Decoder::default();
//! let mut items = Vec::new();
//!
//! // Two records, cut where a network would cut them.
//! let stream = [2.5_f32, 7.0].map(|height| encode::frame("point", &height.to_le_bytes()));
//! let stream = stream.into_iter().collect::<Result<Vec<_>, Error>>()?.concat();
//! for chunk in stream.chunks(7) {
//!     items.extend(decoder.push(chunk)?);
//!     while let Some(name) = decoder.needs().first() {
//!         items.extend(decoder.define(name, fetch_definition(name))?);
//!     }
//! }
//! decoder.finish()?; // an error here means: the stream was cut off, what came is not all
//!
//! let mut heights = Vec::new();
//! for item in &items {
//!     match item {
//!         Item::Batch(batch) => match batch.column("height").map(|column| column.values.unpack()) {
//!             Some(Values::F32(values)) => heights.extend(values),
//!             other => unreachable!("the definition says FLOAT, not {other:?}"),
//!         },
//!         Item::Event(event) => println!("{}", event.text),
//!         Item::Exception(exception) => println!("{}: {}", exception.code, exception.text),
//!     }
//! }
//! assert_eq!(heights, [2.5, 7.0]);
//! # Ok::<(), Error>(())
//! ```
//!
//! # What always holds
//!
//! - Malformed bytes or definitions end in an [`Error`] that names the byte of the stream where the
//!   damaged record begins; never in a panic, and never in a result that looks whole.
//! - The work is linear in the bytes, whatever the chunks, and memory is bounded by the chunk, the largest
//!   permitted record and a fixed factor of it, whatever the definition.
//! - No layout is assumed: not of events either. Only the container `conrec`, which belongs to the
//!   framing, is read without its definition.

#![forbid(unsafe_code)]

pub mod column;
mod decode;
pub mod definition;
pub mod definitions;
pub mod encode;
pub mod error;
pub mod exception_kind;
pub mod frame;
pub mod json;
pub mod message;
mod plan;
mod rows;
pub mod sink;
pub mod stream;

pub use column::{Batch, Column, Packed, Values};
pub use definition::Definition;
pub use definitions::Definitions;
pub use error::{Error, Fault};
pub use exception_kind::{ExceptionKind, Meaning};
pub use frame::{Frame, Frames};
pub use message::{Event, Exception};
pub use sink::{Item, Sink};
pub use stream::Decoder;
