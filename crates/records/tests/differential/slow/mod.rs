//! A slow and obvious decoder of whole streams, which tests hold against the fast one.
//!
//! It decides value by value, straight from the definitions and the documented rules (`src/plan.rs` has those of rows):
//! no plan, no columns kept between records, no chunks. It shares nothing with the fast decoder but the parsed
//! [`Definitions`], the data types of messages, and the limits that are documented to hold.
//!
//! What always holds: the items are those of the records before the fault, and there is one fault at most.

mod framing;
mod messages;
mod rows;
mod shape;

use sliderule_records::{Definitions, Event, Exception};

pub(crate) use framing::{Record, each_record};
pub(crate) use rows::{Cell, Cells, Row};

/// How deeply containers may be packed into each other.
const CONTAINERS: usize = 4;

/// What a whole stream says.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) said: Vec<Said>,
    pub(crate) fault: Option<Fault>,
    /// Bytes that the values take.
    pub(crate) cost: u64,
}

/// One thing that a stream says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// A row, and the type of the record it comes from.
    Row(String, Row),
    Event(Event),
    Exception(Exception),
}

/// The first thing that is wrong with a stream, and the byte at which the record begins that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) offset: u64,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Version,
    TypeName,
    /// The record is too large, its definition makes no sense, or the two do not fit each other. Which of these is said
    /// first is left to the decoder.
    Unfit,
    /// It ended so many bytes after the beginning of the record.
    Truncated(u64),
    Container,
    Undefined,
}

/// Decodes a whole stream, all of whose definitions that there are being known from the start. Records of the types in
/// `whole` are not taken apart.
pub(crate) fn decode(known: &Definitions, whole: &[&str], body: &[u8], limit: usize) -> Told {
    let mut stream = Stream { known, whole, limit, said: Vec::new(), cost: 0, waiting: None };
    let end = each_record(body, 0, limit, &mut |record| stream.take(record, CONTAINERS));
    let undefined = stream.waiting.map(|offset| Fault { offset, kind: Kind::Undefined });
    Told { said: stream.said, fault: end.err().or(undefined), cost: stream.cost }
}

struct Stream<'d> {
    known: &'d Definitions,
    whole: &'d [&'d str],
    limit: usize,
    said: Vec<Said>,
    cost: u64,
    /// Where the first record begins whose definition is missing. Nothing is said from there on, though framing goes on.
    waiting: Option<u64>,
}

impl Stream<'_> {
    fn take(&mut self, record: &Record<'_>, containers: usize) -> Result<(), Fault> {
        if record.record_type == "conrec" {
            return self.unpack(record, containers);
        }
        if self.waiting.is_some() || !shape::is_known(self.known, record.record_type) {
            self.waiting.get_or_insert(record.offset);
            return Ok(());
        }
        let unfit = Fault { offset: record.offset, kind: Kind::Unfit };
        let name = record.record_type;
        let whole = self.whole.contains(&name);
        let (rows, cost) = rows::read(self.known, name, record.data, whole).ok_or(unfit)?;
        self.cost += cost;
        match name {
            "eventrec" => self.said.push(Said::Event(messages::event(&rows).ok_or(unfit)?)),
            "exceptrec" => self.said.push(Said::Exception(messages::exception(&rows).ok_or(unfit)?)),
            _ => {}
        }
        if whole || !["eventrec", "exceptrec"].contains(&name) {
            self.said.extend(rows.into_iter().map(|row| Said::Row(name.to_owned(), row)));
        }
        Ok(())
    }

    /// A container: how many records, where they begin, then these records.
    fn unpack(&mut self, container: &Record<'_>, containers: usize) -> Result<(), Fault> {
        let fault = Fault { offset: container.offset, kind: Kind::Container };
        let data = container.data;
        if containers == 0 || data.len() < 8 {
            return Err(fault);
        }
        let word = |at: usize| u32::from_le_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]);
        let (count, start) = (word(0), word(4) as usize);
        if start < 8 || start > data.len() {
            return Err(fault);
        }
        let first = container.offset + 8 + container.record_type.len() as u64 + 1 + start as u64;
        let mut found = 0;
        each_record(&data[start..], first, self.limit, &mut |record| {
            found += 1;
            self.take(record, containers - 1)
        })?;
        if found == count { Ok(()) } else { Err(fault) }
    }
}
