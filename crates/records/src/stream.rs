//! The decoder of a whole stream: chunks in, batches, events and exceptions out, in the stream's order.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use crate::column::Batch;
use crate::decode::Builder;
use crate::definition::fault;
use crate::definitions::Definitions;
use crate::error::Error;
use crate::frame::{DEFAULT_LIMIT, Frame, Frames, wide};
use crate::message::{EVENT, EXCEPTION, Event, Exception};
use crate::plan::Plan;

/// The record type of containers: u32 count, u32 start (little-endian), an index, then from `start` on
/// complete records. It belongs to the framing, so unlike the rest its layout is fixed.
const CONTAINER: &str = "conrec";

/// How deeply containers may be packed into each other; servers pack once.
const CONTAINERS: usize = 4;

/// How many types' definitions are asked for at a time.
const WAITING: usize = 32;

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

    /// Has records of these types kept whole: neither taken apart into a row per element nor joined with their
    /// neighbours. Each becomes a [`Batch`] of one row, in which open-ended arrays are lists, which may be empty. An
    /// `eventrec` or `exceptrec` of these types is still a message too: first the message, then its batch.
    ///
    /// Takes the place of what was asked before, for the records that come from now on.
    pub fn keep_whole(&mut self, record_types: Vec<String>) {
        self.rows.flush();
        self.rows.plans.clear();
        self.rows.spare = None;
        self.rows.whole = record_types;
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

    /// The definitions that the records so far cannot be decoded without: to be fetched, and given to
    /// [`Decoder::define`]. Ask again after that; they may nest further types.
    pub fn needs(&self) -> Vec<String> {
        let mut needs = Vec::new();
        for name in self.rows.waiting.iter().flat_map(|name| self.rows.definitions.missing_for(name)) {
            if !needs.contains(&name) {
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

/// From whole records to items: everything behind the framing.
#[derive(Debug, Default)]
struct Rows {
    definitions: Definitions,
    /// The types of the records that are kept whole.
    whole: Vec<String>,
    /// The plans in use.
    plans: Vec<Arc<Plan>>,
    /// Records that wait for a definition, and all that came after them.
    held: VecDeque<Held>,
    /// The types of the records in `held`: the first so many, of which that of the first record is one.
    waiting: Vec<String>,
    /// The batch that the next record may continue.
    builder: Option<Builder>,
    /// A batch given back, whose memory the next one of its type takes.
    spare: Option<Batch>,
    items: Vec<Item>,
    limit: usize,
}

/// A [`Frame`] of its own.
#[derive(Debug)]
struct Held {
    record_type: String,
    data: Vec<u8>,
    offset: u64,
}

impl Rows {
    /// Takes the next record: decodes it, or keeps it until it can be.
    fn accept(&mut self, frame: &Frame<'_>, containers: usize) -> Result<(), Error> {
        if frame.record_type == CONTAINER {
            return self.unpack(frame, containers);
        }
        if self.held.is_empty() && self.is_defined(frame.record_type) {
            return self.decode(frame);
        }
        let Frame { record_type, data, offset } = *frame;
        let record_type = record_type.to_owned();
        note(&mut self.waiting, &record_type);
        self.held.push_back(Held { record_type, data: data.to_vec(), offset });
        Ok(())
    }

    /// Decodes what was held, up to the next record that has to wait.
    fn release(&mut self) -> Result<(), Error> {
        while let Some(held) = self.held.pop_front() {
            if !self.is_defined(&held.record_type) {
                self.held.push_front(held);
                break;
            }
            let Held { record_type, data, offset } = &held;
            self.decode(&Frame { record_type, data, offset: *offset })?;
        }
        self.waiting.clear();
        self.held.iter().for_each(|held| note(&mut self.waiting, &held.record_type));
        Ok(())
    }

    fn is_defined(&self, record_type: &str) -> bool {
        self.plan(record_type).is_some() || self.definitions.missing_for(record_type).is_empty()
    }

    fn plan(&self, record_type: &str) -> Option<&Arc<Plan>> {
        self.plans.iter().find(|plan| plan.record_type == record_type)
    }

    /// Decodes a record whose definitions are known, into the batch that it continues or a new one.
    fn decode(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        match &mut self.builder {
            Some(builder) if builder.record_type() == frame.record_type && !builder.is_full() => {
                return builder.append(frame);
            }
            _ => self.flush(),
        }
        let plan = match self.plan(frame.record_type) {
            Some(plan) => Arc::clone(plan),
            None => {
                let whole = self.whole.iter().any(|whole| whole == frame.record_type);
                let plan = Plan::compile(&self.definitions, frame.record_type, whole);
                let plan = Arc::new(plan.map_err(|error| error.at(frame.offset))?);
                self.plans.push(Arc::clone(&plan));
                plan
            }
        };
        let whole = plan.whole;
        let spare = self.spare.take_if(|batch| batch.record_type == plan.record_type);
        let mut builder = match spare {
            Some(batch) => Builder::reusing(plan, batch.columns),
            None => Builder::new(plan),
        };
        builder.append(frame)?;
        match frame.record_type {
            EVENT => {
                let batch = builder.finish();
                self.items.push(Item::Event(message(&batch, frame, Event::read)?));
                self.items.extend(whole.then_some(Item::Batch(batch)));
            }
            EXCEPTION => {
                let batch = builder.finish();
                self.items.push(Item::Exception(message(&batch, frame, Exception::read)?));
                self.items.extend(whole.then_some(Item::Batch(batch)));
            }
            _ if whole => self.items.push(Item::Batch(builder.finish())),
            _ => self.builder = Some(builder),
        }
        Ok(())
    }

    /// Ends the batch in the making.
    fn flush(&mut self) {
        let batch = self.builder.take().map(Builder::finish).filter(|batch| batch.length > 0);
        self.items.extend(batch.map(Item::Batch));
    }

    /// Takes the records out of a container; they stand in the stream in its place.
    fn unpack(&mut self, frame: &Frame<'_>, containers: usize) -> Result<(), Error> {
        let fault = |problem| Error::Container { offset: frame.offset, problem };
        let inside = containers.checked_sub(1).ok_or_else(|| fault("containers are nested too deeply"))?;
        let Some(&[c0, c1, c2, c3, s0, s1, s2, s3]) = frame.data.first_chunk() else {
            return Err(fault("it is too short for its own header"));
        };
        let count = u32::from_le_bytes([c0, c1, c2, c3]);
        let start = usize::try_from(u32::from_le_bytes([s0, s1, s2, s3])).unwrap_or(usize::MAX);
        let mut records = frame.data.get(start..).filter(|_| start >= 8);
        let records = records.as_mut().ok_or_else(|| fault("its records begin outside of it"))?;
        let mut frames = Frames::at(frame.data_offset() + wide(start), self.limit);
        let mut found = 0;
        while let Some(record) = frames.pull(records)? {
            found += 1;
            self.accept(&record, inside)?;
        }
        frames.finish()?;
        if found == count { Ok(()) } else { Err(fault("it holds another number of records than it says")) }
    }
}

/// Adds a type to those that wait, unless it is there or too many are.
fn note(waiting: &mut Vec<String>, record_type: &String) {
    if waiting.len() < WAITING && !waiting.contains(record_type) {
        waiting.push(record_type.clone());
    }
}

fn message<T>(
    batch: &Batch,
    frame: &Frame<'_>,
    read: impl FnOnce(&Batch) -> Result<T, Error>,
) -> Result<T, Error> {
    if batch.length == 0 {
        return Err(fault(frame.record_type, "it describes no single message".to_owned()).at(frame.offset));
    }
    read(batch).map_err(|error| error.at(frame.offset))
}
