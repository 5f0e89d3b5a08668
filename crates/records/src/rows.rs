//! From whole records to items: everything behind the framing.
//!
//! Always holds: items leave in the order of their records. A record that waits for a definition holds up all that
//! come after it.

use std::mem;

use crate::decode::Table;
use crate::definition::fault;
use crate::definitions::Definitions;
use crate::error::{Error, Fault};
use crate::frame::{Frame, Frames, wide};
use crate::message::{self, EVENT, EXCEPTION};
use crate::sink::Sink;

/// The record type of containers: u32 count, u32 start (little-endian), an index, then from `start` on
/// complete records. It belongs to the framing, so unlike the rest its layout is fixed.
const CONTAINER: &str = "conrec";

/// How many types' definitions are asked for at a time.
const WAITING: usize = 32;

/// What is between whole records and items.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) definitions: Definitions,
    /// The types of the records that are kept whole.
    pub(crate) whole: Vec<String>,
    /// The types of which records came.
    pub(crate) tables: Vec<Table>,
    /// Which of the tables has the rows in the making, if there are any.
    current: usize,
    /// Records that wait for a definition, and all that came after them.
    pub(crate) held: Vec<Held>,
    /// The types of the records in `held`: the first so many, of which that of the first record is one.
    pub(crate) waiting: Vec<String>,
    pub(crate) limit: usize,
}

/// A [`Frame`] of its own.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) record_type: String,
    pub(crate) data: Vec<u8>,
    pub(crate) offset: u64,
}

impl Rows {
    /// At the start of a stream.
    pub(crate) fn new(definitions: Definitions, limit: usize) -> Rows {
        Rows { definitions, limit, ..Rows::default() }
    }

    /// Takes the next record: decodes it, or keeps it until it can be.
    pub(crate) fn accept(
        &mut self,
        frame: &Frame<'_>,
        containers: usize,
        sink: &mut impl Sink,
    ) -> Result<(), Error> {
        if frame.record_type == CONTAINER {
            return self.unpack(frame, containers, sink);
        }
        if self.held.is_empty() && self.is_defined(frame.record_type) {
            return self.decode(frame, sink);
        }
        let Frame { record_type, data, offset } = *frame;
        self.hold(Held { record_type: record_type.to_owned(), data: data.to_vec(), offset });
        Ok(())
    }

    /// Decodes what was held, up to the next record that has to wait.
    pub(crate) fn release(&mut self, sink: &mut impl Sink) -> Result<(), Error> {
        self.waiting.clear();
        for held in mem::take(&mut self.held) {
            if self.held.is_empty() && self.is_defined(&held.record_type) {
                let Held { record_type, data, offset } = &held;
                self.decode(&Frame { record_type, data, offset: *offset }, sink)?;
            } else {
                self.hold(held);
            }
        }
        Ok(())
    }

    fn hold(&mut self, held: Held) {
        note(&mut self.waiting, &held.record_type);
        self.held.push(held);
    }

    fn is_defined(&self, record_type: &str) -> bool {
        self.place(record_type).is_some()
            || self.definitions.unknown(record_type).is_none_or(|unknown| unknown.is_empty())
    }

    /// Which of the tables has the rows of this type.
    fn place(&self, record_type: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.batch.record_type == record_type)
    }

    /// Decodes a record whose definitions are known, into the batch that it continues or a new one.
    fn decode(&mut self, frame: &Frame<'_>, sink: &mut impl Sink) -> Result<(), Error> {
        let Frame { record_type, offset, .. } = *frame;
        if self.tables.get(self.current).is_none_or(|table| table.batch.record_type != record_type) {
            self.flush(sink);
            if let Some(table) = self.tables.get_mut(self.current) {
                // Else there would be as much memory in use as the largest batches of all types take.
                table.release();
            }
            self.current = self.place(record_type).unwrap_or(self.tables.len());
            if self.current == self.tables.len() {
                let whole = self.whole.iter().any(|whole| whole == record_type);
                let table = Table::new(&self.definitions, record_type, whole);
                self.tables.push(table.map_err(|error| error.at(offset))?);
            }
        }
        let Some(table) = self.tables.get_mut(self.current) else { return Ok(()) };
        table.append(frame)?;
        if matches!(record_type, EVENT | EXCEPTION) {
            let told = message::tell(&table.batch, sink);
            if told.is_err() || !table.whole {
                table.clear();
            }
            told.map_err(|problem| fault(record_type, format_args!("{problem}")).at(offset))?;
        }
        if table.whole || table.is_full() {
            table.flush(sink);
        }
        Ok(())
    }

    /// Ends the batch in the making.
    pub(crate) fn flush(&mut self, sink: &mut impl Sink) {
        if let Some(table) = self.tables.get_mut(self.current) {
            table.flush(sink);
        }
    }

    /// Whether there is a batch in the making.
    pub(crate) fn is_gathering(&self) -> bool {
        self.tables.get(self.current).is_some_and(|table| table.batch.length > 0)
    }

    /// Takes the records out of a container; they stand in the stream in its place.
    fn unpack(&mut self, frame: &Frame<'_>, containers: usize, sink: &mut impl Sink) -> Result<(), Error> {
        let fault = |problem| Error::from(Fault::Container { offset: frame.offset, problem });
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
            self.accept(&record, inside, sink)?;
        }
        frames.finish()?;
        if found == count { Ok(()) } else { Err(fault("it holds another number of records than it says")) }
    }
}

/// Adds a type to those that are waited for, unless it is there or too many are.
pub(crate) fn note(waiting: &mut Vec<String>, record_type: &str) {
    if waiting.len() < WAITING && !waiting.iter().any(|noted| noted == record_type) {
        waiting.push(record_type.to_owned());
    }
}
