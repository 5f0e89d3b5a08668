//! Log events and exceptions: what a server says beside its data.
//!
//! Their layouts moved between releases (`eventrec` in v4.15.0), so they are read through the definition
//! that the server gives, by the names that either release uses. What an exception's code means moved
//! too (v4.4.0): that is for the reader, who knows the server's version. The level did not.

use crate::column::Batch;
use crate::definition::Elements;
use crate::definitions::Definitions;
use crate::encode::{Record, Writer};
use crate::error::Error;
use crate::sink::Sink;

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
    /// The event of that level and text, with what else its decoded record says.
    pub(crate) fn of(level: i32, text: &str, record: &Batch) -> Event {
        Event {
            time: record.column("time").and_then(|column| column.values.integer(0)),
            level,
            source: either(record, "source", "name").unwrap_or_default().to_owned(),
            text: text.to_owned(),
        }
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

/// Tells of the message that a decoded record is, or what it lacks to be one.
pub(crate) fn tell(record: &Batch, sink: &mut impl Sink) -> Result<(), &'static str> {
    if record.length == 0 {
        return Err("it describes no single message");
    }
    let level = integer(record, "level").ok_or("it has no whole number `level`")?;
    if record.record_type == EVENT {
        let text = either(record, "message", "attr").ok_or("it has neither `message` nor `attr`")?;
        sink.event(level, text, record);
    } else {
        let code = integer(record, "code").ok_or("it has no whole number `code`")?;
        let text = text(record, "text").ok_or("it has no `text`")?;
        sink.exception(code, level, text);
    }
    Ok(())
}

/// The text of the field that newer releases have, or if it is empty or missing of the one that older releases have.
fn either<'b>(record: &'b Batch, new: &str, old: &str) -> Option<&'b str> {
    match (text(record, new), text(record, old)) {
        (None | Some(""), Some(old)) => Some(old),
        (new, _) => new,
    }
}

fn text<'b>(record: &'b Batch, name: &str) -> Option<&'b str> {
    record.column(name)?.values.text(0)
}

fn integer(record: &Batch, name: &str) -> Option<i32> {
    let value = record.column(name)?.values.integer(0)?;
    Some(i32::try_from(value).unwrap_or(i32::MAX))
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
