//! Reading.
//!
//! Every part of a value is read, whatever the others are, and whether all were what they should be is asked once, at the
//! end: to give up at each field by itself, and to drop what was read before it, would be most of the code.

use std::cell::Cell;

use sliderule_api::{OrganizationName, RequestId, UtcTime};
use sliderule_records::json;
pub(crate) use sliderule_records::json::Json;

/// The tree of a text that is JSON.
pub(crate) fn parse(text: &str) -> Option<Json<'_>> {
    json::parse(text).ok()
}

/// The value that a text is, if it is one.
pub(crate) fn read<T: Read>(text: &str) -> Option<T> {
    let json = parse(text)?;
    let readable = Cell::new(true);
    let value = T::read(Part { json: &json, readable: &readable });
    readable.get().then_some(value)
}

/// Of fields of the same name, the last.
pub(crate) fn find<'a, 'b>(json: &'a Json<'b>, name: &str) -> Option<&'a Json<'b>> {
    let Json::Object(fields) = json else { return None };
    fields.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
}

/// The field of an object that is text.
pub(crate) fn text<'a>(json: &'a Json<'_>, name: &str) -> Option<&'a str> {
    if let Json::String(text) = find(json, name)? { Some(text) } else { None }
}

/// What can be read from JSON.
pub(crate) trait Read {
    /// The value; any, where it [cannot be read](Part::unreadable).
    fn read(part: Part<'_>) -> Self;
}

/// A part of what is read.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    json: &'a Json<'a>,
    readable: &'a Cell<bool>,
}

impl<'a> Part<'a> {
    /// The field of an object; null where it is missing.
    pub(crate) fn at(self, name: &str) -> Self {
        Self { json: find(self.json, name).unwrap_or(&Json::Null), ..self }
    }

    /// The value of a field.
    pub(crate) fn field<T: Read>(self, name: &str) -> T {
        T::read(self.at(name))
    }

    /// The only field of an object, which says which kind of thing it is, and what it holds.
    pub(crate) fn kind(self) -> (&'a str, Self) {
        if let Json::Object(fields) = self.json
            && let [(kind, holds)] = fields.as_slice()
        {
            return (kind, Self { json: holds, ..self });
        }
        self.unreadable(("", self))
    }

    /// A text.
    pub(crate) fn text(self) -> &'a str {
        if let Json::String(text) = self.json { text } else { self.unreadable("") }
    }

    /// The values of a list.
    pub(crate) fn list(self) -> &'a [Json<'a>] {
        if let Json::Array(values) = self.json { values } else { self.unreadable(&[]) }
    }

    /// What stands in place of a value that cannot be read, which makes the whole unreadable.
    pub(crate) fn unreadable<T>(self, instead: T) -> T {
        self.readable.set(false);
        instead
    }

    /// A whole number.
    fn number(self) -> i64 {
        json::number(self.json).unwrap_or_else(|| self.unreadable(0))
    }
}

impl Read for bool {
    fn read(part: Part<'_>) -> Self {
        if let Json::Bool(value) = part.json { *value } else { part.unreadable(false) }
    }
}

impl Read for String {
    fn read(part: Part<'_>) -> Self {
        part.text().to_owned()
    }
}

impl<T: Read> Read for Box<T> {
    fn read(part: Part<'_>) -> Self {
        Self::new(T::read(part))
    }
}

impl<T: Read> Read for Option<T> {
    fn read(part: Part<'_>) -> Self {
        if let Json::Null = part.json { None } else { Some(T::read(part)) }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(part: Part<'_>) -> Self {
        let mut list = Self::new();
        for json in part.list() {
            list.push(T::read(Part { json, ..part }));
        }
        list
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(part: Part<'_>) -> Self {
        let (one, other) = match part.list() {
            [one, other] => (one, other),
            _ => part.unreadable((&Json::Null, &Json::Null)),
        };
        (A::read(Part { json: one, ..part }), B::read(Part { json: other, ..part }))
    }
}

impl Read for i64 {
    fn read(part: Part<'_>) -> Self {
        part.number()
    }
}

impl Read for u64 {
    fn read(part: Part<'_>) -> Self {
        part.number().try_into().unwrap_or_else(|_| part.unreadable(0))
    }
}

impl Read for u32 {
    fn read(part: Part<'_>) -> Self {
        part.number().try_into().unwrap_or_else(|_| part.unreadable(0))
    }
}

impl Read for OrganizationName {
    fn read(part: Part<'_>) -> Self {
        part.text().parse().unwrap_or_else(|_| part.unreadable(Self::default()))
    }
}

impl Read for RequestId {
    fn read(part: Part<'_>) -> Self {
        Self::from_text(part.text()).unwrap_or_else(|| part.unreadable(Self::default()))
    }
}

impl Read for UtcTime {
    fn read(part: Part<'_>) -> Self {
        Self(String::read(part))
    }
}
