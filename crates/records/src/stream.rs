//! The decoder of a whole stream: chunks in, batches, events and exceptions out, in the stream's order.

use std::mem;

use crate::column::Batch;
use crate::definitions::Definitions;
use crate::error::Error;
use crate::frame::{DEFAULT_LIMIT, Frames};
use crate::message::{Event, Exception};
use crate::rows::{Rows, WAITING};

/// How deeply containers may be packed into each other; servers pack once.
const CONTAINERS: usize = 4;

/// What a stream says, piece by piece.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Rows of consecutive data records of one type.
    Batch(Batch),
    /// An `eventrec`.
    Event(Event),
    /// An `exceptrec`.
    Exception(Exception),
}

/// Decodes one stream. The crate's front page shows how it is driven.
///
/// Errors are final: the stream cannot be decoded any further, and every further call returns the
/// same error. What arrived whole before the fault is not lost by it: a call that decoded something returns
/// that, and the *next* call returns the error; records that wait for definitions come before a fault behind them
/// too. [`Decoder::finish`] always tells.
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
        let rows = Rows { definitions, limit, ..Rows::default() };
        Decoder { frames: Frames::with_limit(limit), rows, failure: None }
    }

    /// Has records of this type kept whole: neither taken apart into a row per element nor joined with their
    /// neighbours. Each becomes a [`Batch`] of one row, in which open-ended arrays are lists, which may be empty. An
    /// `eventrec` or `exceptrec` that is kept whole is still a message too: first the message, then its batch.
    ///
    /// Holds for the records that come from now on.
    pub fn keep_whole(&mut self, record_type: &str) {
        self.rows.flush();
        self.rows.plans.clear();
        self.rows.spare = None;
        self.rows.whole.push(record_type.to_owned());
    }

    /// Decodes the next bytes of the stream, however cut.
    ///
    /// While [`Decoder::needs`] names definitions, records from the first one that needs them on are
    /// copied aside and nothing comes out. To hold memory flat, push no more until they are defined.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<Item>, Error> {
        self.take_in(chunk);
        self.rows.flush();
        self.hand_over()
    }

    /// As [`Decoder::push`], but keeps the last rows back while their batch may still grow: what comes in small
    /// chunks then leaves in batches worth the handing over. [`Decoder::flush`] gives them.
    pub fn gather(&mut self, chunk: &[u8]) -> Result<Vec<Item>, Error> {
        self.take_in(chunk);
        if self.failure.is_some() {
            self.rows.flush();
        }
        self.hand_over()
    }

    /// Hands over the rows that [`Decoder::gather`] kept back.
    pub fn flush(&mut self) -> Result<Vec<Item>, Error> {
        self.rows.flush();
        self.hand_over()
    }

    /// Whether there are rows that [`Decoder::flush`] would hand over.
    pub fn is_gathering(&self) -> bool {
        self.rows.builder.as_ref().is_some_and(|builder| !builder.is_empty())
    }

    /// Takes back a batch that this decoder made and that is done with, so that a later one can be made in its memory.
    pub fn recycle(&mut self, batch: Batch) {
        self.rows.spare = Some(batch);
    }

    fn take_in(&mut self, mut chunk: &[u8]) {
        if self.failure.is_none() {
            let outcome = loop {
                match self.frames.pull(&mut chunk) {
                    Ok(Some(frame)) => match self.rows.accept(&frame, CONTAINERS) {
                        Ok(()) => {}
                        Err(error) => break Err(error),
                    },
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            self.failure = outcome.err();
        }
    }

    /// Whether records wait for a definition: whether [`Decoder::needs`] names any. Cheap enough to ask after each chunk.
    pub fn is_waiting(&self) -> bool {
        !self.rows.waiting.is_empty()
    }

    /// The definitions that the records so far cannot be decoded without: to be fetched, and given to
    /// [`Decoder::define`]. Ask again after that; they may nest further types.
    pub fn needs(&self) -> Vec<String> {
        let mut needs = Vec::new();
        for name in self.rows.waiting.iter().flat_map(|name| self.rows.definitions.missing_for(name)) {
            if needs.len() < WAITING && !needs.contains(&name) {
                needs.push(name);
            }
        }
        needs
    }

    /// Gives a definition: the JSON text that `/source/definition` answered for `record_type`. Returns what
    /// can be decoded now.
    ///
    /// A text that is no definition is an error and changes nothing, so that it can be asked for again.
    pub fn define(&mut self, record_type: &str, json: &str) -> Result<Vec<Item>, Error> {
        let waiting = self.rows.held.front().map(|held| held.offset);
        self.rows
            .definitions
            .define(record_type, json)
            .map_err(|error| waiting.into_iter().fold(error, Error::at))?;
        self.rows.plans.clear();
        self.rows.spare = None;
        if let Err(error) = self.rows.release() {
            self.failure = Some(error);
            self.rows.held.clear();
            self.rows.waiting.clear();
        }
        self.rows.flush();
        self.hand_over()
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
        match self.rows.held.front() {
            Some(held) => Err(Error::Undefined { offset: held.offset, names: self.needs() }),
            None => Ok(()),
        }
    }

    /// The definitions known by now, for the next stream of the same server.
    pub fn into_definitions(self) -> Definitions {
        self.rows.definitions
    }

    fn hand_over(&mut self) -> Result<Vec<Item>, Error> {
        let items = mem::take(&mut self.rows.items);
        match &self.failure {
            // Records that still wait stand before the fault, so they come out, or fail, before it is told.
            Some(failure) if items.is_empty() && self.rows.held.is_empty() => Err(failure.clone()),
            _ => Ok(items),
        }
    }
}
