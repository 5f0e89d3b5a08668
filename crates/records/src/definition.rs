//! Definitions: what a record type's bytes mean, as `/source/definition` describes them.
//!
//! A definition is a JSON object with one entry per field and metadata under keys that start with
//! `__`. Offsets are in *bits*, whatever the type. Real definitions contain mistakes (overlapping
//! fields, sizes that cannot be), so nothing here assumes that fields are disjoint or ordered; fields
//! are sorted by offset, since JSON order means nothing.
//!
//! `__datasize` is believed only as the distance between the elements of a nested record. For a record
//! of its own it is wrong more often than right, and the frame's header already says the size.

use std::fmt;

pub use sliderule_columns::Basic;

use crate::error::{Error, Fault};
use crate::json::{self, Entries, Json};

/// How many fields a definition may have. Real ones have thirty; this keeps hostile ones cheap.
const FIELDS: usize = 4096;

/// What definitions call the basic types.
const BASIC: [(&str, Basic); 14] = [
    ("INT8", Basic::I8),
    ("INT16", Basic::I16),
    ("INT32", Basic::I32),
    ("INT64", Basic::I64),
    ("UINT8", Basic::U8),
    ("BOOL", Basic::U8),
    ("UINT16", Basic::U16),
    ("UINT32", Basic::U32),
    ("UINT64", Basic::U64),
    ("BITFIELD", Basic::Bits),
    ("FLOAT", Basic::F32),
    ("DOUBLE", Basic::F64),
    ("TIME8", Basic::Time),
    ("STRING", Basic::Text),
];

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Values of a basic type.
    Basic(Basic),
    /// Records of another type, by its name.
    Nested(String),
}

/// How many elements a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    /// A single value.
    One,
    /// An array of this many, two or more.
    Fixed(usize),
    /// As many as fit between the field's offset and the end of the record.
    Open,
}

/// One field of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field's name, unique in its definition.
    pub name: String,
    /// What it holds.
    pub kind: FieldType,
    /// Bytes from the start of the record's data (of the element, in a nested record).
    pub offset: usize,
    /// How many elements it has.
    pub elements: Elements,
    /// Flag `BE`: most significant byte first. Everything else is little-endian.
    pub big_endian: bool,
    /// Flag `PTR`: the slot holds the offset of the value instead of the value. Clients skip these.
    pub pointer: bool,
    /// All flags, with `|` between them. What the others say is for the server, and decoding goes by the shape of the
    /// record instead: `BATCH`, that each element counts as a row (old releases do not print it); `AUX`, that the field is
    /// auxiliary; `X`, `Y`, `T` and `I`, that it is the longitude, latitude, time, or the key that joins records.
    pub flags: String,
}

impl Field {
    /// Whether the field is left out of decoded records: pointers, whose values the existing clients
    /// do not follow either, and bit fields, which no server declares in a record that it sends.
    pub fn skipped(&self) -> bool {
        self.pointer || self.kind == FieldType::Basic(Basic::Bits)
    }
}

/// The layout of one record type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The type it defines.
    pub record_type: String,
    /// `__datasize`: bytes from one element to the next where this record is nested. See the module.
    pub stride: usize,
    /// The fields, by offset.
    pub fields: Vec<Field>,
}

impl Definition {
    /// Reads the JSON text that `/source/definition` answered for `record_type`.
    ///
    /// `null` is [`Fault::UnknownType`], the server's way to say so; anything else that is not a
    /// definition is [`Fault::Definition`].
    pub fn parse(record_type: &str, json: &str) -> Result<Definition, Error> {
        match json::parse(json) {
            Ok(Json::Object(entries)) => read(record_type, &entries),
            Ok(Json::Null) => {
                Err(Fault::UnknownType { record_type: record_type.to_owned(), offset: None }.into())
            }
            Ok(_) => Err(fault(record_type, format_args!("it is not a JSON object"))),
            Err(at) => Err(fault(record_type, format_args!("it is not JSON at byte {at}"))),
        }
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The record types nested in this one, skipped fields left out.
    pub fn nested(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(|field| !field.skipped()).filter_map(|field| match &field.kind {
            FieldType::Nested(name) => Some(name.as_str()),
            FieldType::Basic(_) => None,
        })
    }
}

/// The definition that the entries are.
fn read(record_type: &str, entries: &Entries<'_>) -> Result<Definition, Error> {
    let Some(stride) = json::entry(entries, "__datasize").map_or(Some(0), json::size) else {
        return Err(fault(record_type, format_args!("`__datasize` is not a size in bytes")));
    };
    if entries.len() > FIELDS {
        return Err(fault(record_type, format_args!("it has too many fields")));
    }
    let mut fields: Vec<Field> = Vec::with_capacity(entries.len());
    let mut rest = entries;
    while let [(name, entry), later @ ..] = rest {
        rest = later;
        // Of entries of the same name the last counts.
        if name.starts_with("__") || json::entry(later, name).is_some() {
            continue;
        }
        let field = field(name, entry)
            .map_err(|problem| fault(record_type, format_args!("field `{name}` {problem}")))?;
        let after = |other: &Field| (other.offset, &other.name) > (field.offset, &field.name);
        let place = fields.iter().position(after).unwrap_or(fields.len());
        fields.insert(place, field);
    }
    Ok(Definition { record_type: record_type.to_owned(), stride, fields })
}

fn field(name: &str, entry: &Json<'_>) -> Result<Field, &'static str> {
    let Json::Object(entries) = entry else { return Err("is not an object") };
    let text = |name| json::entry(entries, name).and_then(json::text);
    let kind = text("type").ok_or("has no type")?;
    let kind = BASIC
        .iter()
        .find(|(name, _)| *name == kind)
        .map_or_else(|| FieldType::Nested(kind.to_owned()), |(_, basic)| FieldType::Basic(*basic));
    let bits = json::entry(entries, "offset").and_then(json::size).ok_or("has no offset in bits")?;
    if bits % 8 != 0 && kind != FieldType::Basic(Basic::Bits) {
        return Err("does not begin on a whole byte");
    }
    let count = json::entry(entries, "elements").and_then(json::number);
    let count = count.and_then(|count| isize::try_from(count).ok()).ok_or("has no number of elements")?;
    let elements = match count {
        1 => Elements::One,
        count if count <= 0 => Elements::Open,
        count => Elements::Fixed(count.unsigned_abs()),
    };
    let flags = text("flags").unwrap_or_default();
    let has = |wanted: &[u8]| flags.as_bytes().split(|byte| *byte == b'|').any(|flag| flag == wanted);
    Ok(Field {
        name: name.to_owned(),
        kind,
        offset: bits / 8,
        elements,
        big_endian: has(b"BE"),
        pointer: has(b"PTR"),
        flags: flags.to_owned(),
    })
}

/// What makes a definition useless.
pub(crate) fn fault(record_type: &str, problem: fmt::Arguments<'_>) -> Error {
    let problem = fmt::format(problem);
    Fault::Definition { record_type: record_type.to_owned(), problem, offset: None }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: &str) -> String {
        Definition::parse("x", json).unwrap_err().to_string()
    }

    #[test]
    fn fields_are_sorted_by_offset_and_metadata_is_no_field() {
        let json = r#"{"late": {"type": "DOUBLE", "offset": 64, "elements": 1, "flags": "BE|T"},
            "__datasize": 16, "__version": "7",
            "early": {"type": "other", "offset": 0, "elements": -1, "flags": "LE|BATCH|AUX"}}"#;
        let definition = Definition::parse("x", json).unwrap();
        assert_eq!(definition.stride, 16);
        let [early, late] = definition.fields.as_slice() else { panic!("{definition:?}") };
        assert_eq!((early.offset, early.elements), (0, Elements::Open));
        assert!(!early.big_endian && !early.pointer);
        assert_eq!((early.flags.as_str(), late.flags.as_str()), ("LE|BATCH|AUX", "BE|T"));
        assert_eq!((late.offset, late.elements), (8, Elements::One));
        assert!(late.big_endian && !late.pointer);
    }

    #[test]
    fn what_is_wrong_with_a_definition_is_said() {
        let start = "the definition of the record type `x` cannot be used: ";
        for (json, end) in [
            ("[]", "it is not a JSON object"),
            (r#"{"__datasize": -1}"#, "`__datasize` is not a size in bytes"),
            (r#"{"f": 1}"#, "field `f` is not an object"),
            (r#"{"f": {"offset": 0, "elements": 1}}"#, "field `f` has no type"),
            (r#"{"f": {"type": "INT8", "elements": 1}}"#, "field `f` has no offset in bits"),
            (r#"{"f": {"type": "INT8", "offset": 0}}"#, "field `f` has no number of elements"),
            (
                r#"{"f": {"type": "INT8", "offset": 3, "elements": 1}}"#,
                "field `f` does not begin on a whole byte",
            ),
        ] {
            assert_eq!(problem(json), format!("{start}{end}"));
        }
        assert_eq!(problem("{\"f\": }"), format!("{start}it is not JSON at byte 6"));
        assert_eq!(problem("null"), "the server has no definition of the record type `x`");
    }
}
