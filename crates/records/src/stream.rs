//! The decoder of a whole stream: chunks in, batches, events and exceptions out, in the stream's order.

use crate::definitions::Definitions;
use crate::error::{Error, Fault};
use crate::frame::{DEFAULT_LIMIT, Frames};
use crate::rows::{Rows, note};
use crate::sink::{Item, Sink};

/// How deeply containers may be packed into each other; servers pack once.
const CONTAINERS: usize = 4;

/// Decodes one stream. The crate's front page shows how it is driven.
///
/// It tells a [`Sink`] of what it decodes ([`Decoder::gather`]), or returns it ([`Decoder::push`]).
///
/// Errors are final: the stream cannot be decoded any further. What arrived whole before the fault is not lost by it:
/// records that wait for definitions come before a fault behind them too. [`Decoder::finish`] always tells of it.
#[derive(Debug)]
pub struct Decoder {
    frames: Frames,
    rows: Rows,
    failure: Option<Error>,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder::new(Definitions::new())
    }
}

impl Decoder {
    /// A decoder at the start of a stream. `definitions` are those known already, say of an earlier stream
    /// of the same server.
    pub fn new(definitions: Definitions) -> Decoder {
        Decoder::with_limit(definitions, DEFAULT_LIMIT)
    }

    /// A decoder that refuses records of more than `limit` bytes, instead of
    /// [64 MiB](crate::frame::DEFAULT_LIMIT).
    pub fn with_limit(definitions: Definitions, limit: usize) -> Decoder {
        let rows = Rows::new(definitions, limit);
        Decoder { frames: Frames::with_limit(limit), rows, failure: None }
    }

    /// Has records of this type kept whole: neither taken apart into a row per element nor joined with their
    /// neighbours. Each becomes a [`Batch`](crate::Batch) of one row, in which open-ended arrays are lists, which may be
    /// empty. An `eventrec` or `exceptrec` that is kept whole is still a message too: first the message, then its batch.
    ///
    /// Holds for the records that come from now on. Rows that were kept back are handed over.
    pub fn keep_whole(&mut self, record_type: &str, sink: &mut impl Sink) {
        self.rows.flush(sink);
        self.rows.tables.clear();
        self.rows.whole.push(record_type.to_owned());
    }

    /// Decodes the next bytes of the stream, however cut, and returns what they hold.
    ///
    /// While [`Decoder::needs`] names definitions, records from the first one that needs them on are
    /// copied aside and nothing comes out. To hold memory flat, push no more until they are defined.
    ///
    /// A call that decoded something before a fault returns that, and every *further* call returns the error.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        self.gather(chunk, &mut items);
        self.flush(&mut items);
        self.hand_over(items)
    }

    /// As [`Decoder::push`], but keeps the last rows back while their batch may still grow: what comes in small
    /// chunks then leaves in batches worth the handing over. [`Decoder::flush`] gives them. Of a fault nothing is said
    /// here, see [`Decoder::has_failed`].
    pub fn gather(&mut self, mut chunk: &[u8], sink: &mut impl Sink) {
        while self.failure.is_none() {
            let outcome = match self.frames.pull(&mut chunk) {
                Ok(None) => break,
                Ok(Some(frame)) => self.rows.accept(&frame, CONTAINERS, sink),
                Err(error) => Err(error),
            };
            self.failure = outcome.err();
        }
    }

    /// Hands over the rows that [`Decoder::gather`] kept back.
    pub fn flush(&mut self, sink: &mut impl Sink) {
        self.rows.flush(sink);
    }

    /// Whether there are rows that [`Decoder::flush`] would hand over.
    pub fn is_gathering(&self) -> bool {
        self.rows.is_gathering()
    }

    /// Whether records wait for a definition: whether [`Decoder::needs`] names any. Cheap enough to ask after each chunk.
    pub fn is_waiting(&self) -> bool {
        !self.rows.waiting.is_empty()
    }

    /// The definitions that the records so far cannot be decoded without: to be fetched, and given to
    /// [`Decoder::define`]. Ask again after that; they may nest further types.
    pub fn needs(&self) -> Vec<String> {
        let mut needs = Vec::new();
        for waiting in &self.rows.waiting {
            for name in self.rows.definitions.unknown(waiting).unwrap_or_default() {
                note(&mut needs, name);
            }
        }
        needs
    }

    /// Gives a definition, as [`Decoder::learn`] takes it, and returns what can be decoded now.
    pub fn define(&mut self, record_type: &str, json: &str) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        self.learn(record_type, json, &mut items)?;
        self.hand_over(items)
    }

    /// Takes a definition: the JSON text that `/source/definition` answered for `record_type`. Hands over what
    /// can be decoded now.
    ///
    /// A text that is no definition is an error and changes nothing, so that it can be asked for again.
    pub fn learn(&mut self, record_type: &str, json: &str, sink: &mut impl Sink) -> Result<(), Error> {
        if let Err(error) = self.rows.definitions.define(record_type, json) {
            let waiting = self.rows.held.first().map(|held| held.offset);
            return Err(waiting.into_iter().fold(error, Error::at));
        }
        self.rows.flush(sink);
        self.rows.tables.clear();
        if let Err(error) = self.rows.release(sink) {
            self.failure = Some(error);
        }
        self.rows.flush(sink);
        Ok(())
    }

    /// Whether the stream is damaged, and nothing waits any more that stands before the damage. [`Decoder::finish`] says
    /// what is wrong.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some() && self.rows.held.is_empty()
    }

    /// Ends the stream: an error if it ended inside a record, with records waiting for definitions, or
    /// failed before. Only after `Ok` is what was decoded the whole stream.
    pub fn finish(&self) -> Result<(), Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.frames.finish()?;
        match self.rows.held.first() {
            Some(held) => Err(Fault::Undefined { offset: held.offset, names: self.needs() }.into()),
            None => Ok(()),
        }
    }

    /// The definitions known by now, for the next stream of the same server.
    pub fn into_definitions(self) -> Definitions {
        self.rows.definitions
    }

    fn hand_over(&self, items: Vec<Item>) -> Result<Vec<Item>, Error> {
        match &self.failure {
            // Records that still wait stand before the fault, so they come out, or fail, before it is told.
            Some(failure) if items.is_empty() && self.rows.held.is_empty() => Err(failure.clone()),
            _ => Ok(items),
        }
    }
}
