//! Reading.

use sliderule_api::{OrganizationName, RequestId, UtcTime};
pub(crate) use sliderule_records::json::Json;

/// The tree of a text that is JSON.
pub(crate) fn parse(text: &str) -> Option<Json<'_>> {
    sliderule_records::json::parse(text).ok()
}

/// What can be read from JSON.
pub(crate) trait Read: Sized {
    /// The value, if it is one.
    fn read(json: &Json<'_>) -> Option<Self>;

    /// The value where there is none.
    fn absent() -> Option<Self> {
        None
    }
}

/// The field of an object.
pub(crate) fn field<T: Read>(json: &Json<'_>, name: &str) -> Option<T> {
    match find(json, name) {
        Some(value) => T::read(value),
        None => T::absent(),
    }
}

/// Of fields of the same name, the last.
pub(crate) fn find<'a, 'b>(json: &'a Json<'b>, name: &str) -> Option<&'a Json<'b>> {
    let Json::Object(fields) = json else { return None };
    fields.iter().rfind(|(key, _)| key == name).map(|(_, value)| value)
}

/// The only field of an object, which says which kind of thing it is, and what it holds.
pub(crate) fn kind<'a, 'b>(json: &'a Json<'b>) -> Option<(&'a str, &'a Json<'b>)> {
    let Json::Object(fields) = json else { return None };
    let [(kind, holds)] = fields.as_slice() else { return None };
    Some((kind, holds))
}

impl Read for bool {
    fn read(json: &Json<'_>) -> Option<Self> {
        if let Json::Bool(value) = json { Some(*value) } else { None }
    }
}

impl Read for String {
    fn read(json: &Json<'_>) -> Option<Self> {
        if let Json::String(text) = json { Some(text.clone().into_owned()) } else { None }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(json: &Json<'_>) -> Option<Self> {
        if let Json::Null = json { Some(None) } else { T::read(json).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(json: &Json<'_>) -> Option<Self> {
        if let Json::Array(values) = json { values.iter().map(T::read).collect() } else { None }
    }
}

/// A whole number.
fn number(json: &Json<'_>) -> Option<i64> {
    if let Json::Number((text, _)) = json { text.parse().ok() } else { None }
}

impl Read for i64 {
    fn read(json: &Json<'_>) -> Option<Self> {
        number(json)
    }
}

impl Read for u64 {
    fn read(json: &Json<'_>) -> Option<Self> {
        number(json)?.try_into().ok()
    }
}

impl Read for u32 {
    fn read(json: &Json<'_>) -> Option<Self> {
        number(json)?.try_into().ok()
    }
}

impl<A: Read, B: Read> Read for (A, B) {
    fn read(json: &Json<'_>) -> Option<Self> {
        let Json::Array(values) = json else { return None };
        let [one, other] = values.as_slice() else { return None };
        Some((A::read(one)?, B::read(other)?))
    }
}

impl Read for OrganizationName {
    fn read(json: &Json<'_>) -> Option<Self> {
        if let Json::String(text) = json { text.parse().ok() } else { None }
    }
}

impl Read for RequestId {
    fn read(json: &Json<'_>) -> Option<Self> {
        if let Json::String(text) = json { text.parse().ok() } else { None }
    }
}

impl Read for UtcTime {
    fn read(json: &Json<'_>) -> Option<Self> {
        String::read(json).map(Self)
    }
}
