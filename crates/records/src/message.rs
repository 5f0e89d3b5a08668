//! Log events and exceptions: what a server says beside its data.
//!
//! Their layouts moved between releases (`eventrec` in v4.15.0), so they are read through the definition
//! that the server gives, by the names that either release uses. What an exception's code means moved
//! too (v4.4.0): that is for the reader, who knows the server's version. The level did not.

use crate::column::Batch;
use crate::definition::{Elements, fault};
use crate::definitions::Definitions;
use crate::encode::{Record, Writer};
use crate::error::Error;

/// The record type of events.
pub const EVENT: &str = "eventrec";
/// The record type of exceptions.
pub const EXCEPTION: &str = "exceptrec";

/// A line of the server's log, or of a request's progress.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// When, in milliseconds since 1980-01-06 (the GPS epoch), if the record says so.
    pub time: Option<i64>,
    /// 0 debug, 1 info, 2 warning, 3 error, 4 critical.
    pub level: i32,
    /// Who said it: `source`, or `name` before v4.15.0.
    pub source: String,
    /// What was said: `message`, or `attr` before v4.15.0.
    pub text: String,
}

/// Something that went wrong with a request, or its progress: see the code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// The kind. Its meaning depends on the server's version.
    pub code: i32,
    /// As of an event: 0 debug, 1 info, 2 warning, 3 error, 4 critical.
    pub level: i32,
    /// What was said.
    pub text: String,
}

impl Event {
    /// Reads the event out of its decoded record.
    pub(crate) fn read(batch: &Batch) -> Result<Event, Error> {
        let either = |new, old| text(batch, new).filter(|text| !text.is_empty()).or_else(|| text(batch, old));
        Ok(Event {
            time: batch.column("time").and_then(|column| column.values.integer(0)),
            level: integer(batch, "level")?,
            source: either("source", "name").unwrap_or_default().to_owned(),
            text: either("message", "attr")
                .or_else(|| text(batch, "message"))
                .ok_or_else(|| fault(&batch.record_type, "it has neither `message` nor `attr`".to_owned()))?
                .to_owned(),
        })
    }

    /// The record, laid out as `eventrec` is defined, with every field that either release has and this
    /// event knows. Text that is too long for its field is cut.
    pub fn record<'d>(&self, definitions: &'d Definitions) -> Result<Record<'d>, Error> {
        let mut record = Record::new(definitions, EVENT)?;
        let mut root = record.root();
        root.set("level", self.level)?;
        if let (Some(time), true) = (self.time, root.has("time")) {
            root.set("time", time)?;
        }
        for (field, text) in
            [("source", &self.source), ("name", &self.source), ("message", &self.text), ("attr", &self.text)]
        {
            if root.has(field) {
                set_cut(&mut root, field, text)?;
            }
        }
        Ok(record)
    }
}

impl Exception {
    /// Reads the exception out of its decoded record.
    pub(crate) fn read(batch: &Batch) -> Result<Exception, Error> {
        let text =
            text(batch, "text").ok_or_else(|| fault(&batch.record_type, "it has no `text`".to_owned()))?;
        Ok(Exception {
            code: integer(batch, "code")?,
            level: integer(batch, "level")?,
            text: text.to_owned(),
        })
    }

    /// The record, laid out as `exceptrec` is defined. Text that is too long for its field is cut.
    pub fn record<'d>(&self, definitions: &'d Definitions) -> Result<Record<'d>, Error> {
        let mut record = Record::new(definitions, EXCEPTION)?;
        let mut root = record.root();
        root.set("code", self.code)?;
        root.set("level", self.level)?;
        set_cut(&mut root, "text", &self.text)?;
        Ok(record)
    }
}

fn text<'b>(batch: &'b Batch, name: &str) -> Option<&'b str> {
    batch.column(name)?.values.text(0)
}

fn integer(batch: &Batch, name: &str) -> Result<i32, Error> {
    let value = batch.column(name).and_then(|column| column.values.integer(0));
    let value = value.ok_or_else(|| fault(&batch.record_type, format!("it has no whole number `{name}`")))?;
    Ok(i32::try_from(value).unwrap_or(i32::MAX))
}

/// Writes as much of a text as the field holds, with a NUL after it, as servers do.
fn set_cut(writer: &mut Writer<'_>, field: &str, text: &str) -> Result<(), Error> {
    let room = match writer.elements(field) {
        Some(Elements::Fixed(size)) => size - 1,
        Some(Elements::One) => 0,
        Some(Elements::Open) | None => text.len(),
    };
    let cut = (0..=room.min(text.len())).rev().find_map(|end| text.get(..end));
    writer.set(field, cut.unwrap_or_default())
}
