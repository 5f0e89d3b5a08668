//! From whole records to items: everything behind the framing.
//!
//! Always holds: items leave in the order of their records. A record that waits for a definition holds up all that
//! come after it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::column::Batch;
use crate::decode::Builder;
use crate::definition::fault;
use crate::definitions::Definitions;
use crate::error::Error;
use crate::frame::{Frame, Frames, wide};
use crate::message::{EVENT, EXCEPTION, Event, Exception};
use crate::plan::Plan;
use crate::stream::Item;

/// The record type of containers: u32 count, u32 start (little-endian), an index, then from `start` on
/// complete records. It belongs to the framing, so unlike the rest its layout is fixed.
const CONTAINER: &str = "conrec";

/// How many types' definitions are asked for at a time.
pub(crate) const WAITING: usize = 32;

/// What is between whole records and items.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) definitions: Definitions,
    /// The types of the records that are kept whole.
    pub(crate) whole: Vec<String>,
    /// The plans in use.
    pub(crate) plans: Vec<Arc<Plan>>,
    /// Records that wait for a definition, and all that came after them.
    pub(crate) held: VecDeque<Held>,
    /// The types of the records in `held`: the first so many, of which that of the first record is one.
    pub(crate) waiting: Vec<String>,
    /// The batch that the next record may continue.
    pub(crate) builder: Option<Builder>,
    /// A batch given back, whose memory the next one of its type takes.
    pub(crate) spare: Option<Batch>,
    pub(crate) items: Vec<Item>,
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
    /// Takes the next record: decodes it, or keeps it until it can be.
    pub(crate) fn accept(&mut self, frame: &Frame<'_>, containers: usize) -> Result<(), Error> {
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
    pub(crate) fn release(&mut self) -> Result<(), Error> {
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

    /// Whether records of this type are kept whole.
    pub(crate) fn keeps_whole(&self, record_type: &str) -> bool {
        self.whole.iter().any(|whole| whole == record_type)
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
                let whole = self.keeps_whole(frame.record_type);
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
    pub(crate) fn flush(&mut self) {
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
