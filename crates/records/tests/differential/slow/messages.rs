//! Events and exceptions, out of the first row of their records.

use sliderule_records::{Event, Exception};

use super::rows::{Cell, Row};

pub(super) fn event(rows: &[Row]) -> Option<Event> {
    let row = rows.first()?;
    let (source, name) = (text(row, "source"), text(row, "name"));
    let (message, attr) = (text(row, "message"), text(row, "attr"));
    Some(Event {
        time: integer(row, "time"),
        level: narrow(integer(row, "level")?),
        source: if source.is_some_and(|source| !source.is_empty()) { source } else { name.or(source) }
            .unwrap_or_default()
            .to_owned(),
        text: if message.is_some_and(|message| !message.is_empty()) { message } else { attr.or(message) }?
            .to_owned(),
    })
}

pub(super) fn exception(rows: &[Row]) -> Option<Exception> {
    let row = rows.first()?;
    Some(Exception {
        code: narrow(integer(row, "code")?),
        level: narrow(integer(row, "level")?),
        text: text(row, "text")?.to_owned(),
    })
}

fn first<'r>(row: &'r Row, name: &str) -> Option<&'r Cell> {
    row.iter().find(|cells| cells.name == name)?.cells.first()
}

fn text<'r>(row: &'r Row, name: &str) -> Option<&'r str> {
    match first(row, name)? {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

fn integer(row: &Row, name: &str) -> Option<i64> {
    match first(row, name)? {
        Cell::I8(value) => Some((*value).into()),
        Cell::I16(value) => Some((*value).into()),
        Cell::I32(value) => Some((*value).into()),
        Cell::I64(value) | Cell::Time(value) => Some(*value),
        Cell::U8(value) => Some((*value).into()),
        Cell::U16(value) => Some((*value).into()),
        Cell::U32(value) => Some((*value).into()),
        Cell::U64(value) => i64::try_from(*value).ok(),
        Cell::F32(_) | Cell::F64(_) | Cell::Text(_) => None,
    }
}

/// No level or code needs more than 32 bits; what does is the largest.
fn narrow(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
