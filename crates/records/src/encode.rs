//! Encoding: records written field by field, as a definition lays them out.
//!
//! This is what a server needs; a client links none of it. Nothing here knows a record type's layout,
//! so one program can serve the layouts of several releases.
//!
//! ```
//! use sliderule_records::{Definitions, encode::Record};
//!
//! let mut definitions = Definitions::new();
//! definitions.define("track", r#"{"id": {"type": "UINT32", "offset": 0, "elements": 1, "flags": "LE"},
//!     "points": {"type": "track.point", "offset": 32, "elements": 0, "flags": "LE"}}"#)?;
//! definitions.define("track.point", r#"{"__datasize": 8,
//!     "height": {"type": "DOUBLE", "offset": 0, "elements": 1, "flags": "LE"}}"#)?;
//!
//! let mut record = Record::new(&definitions, "track")?;
//! record.root().set("id", 7)?;
//! for (index, height) in [1500.25, 1501.5].into_iter().enumerate() {
//!     record.root().element("points", index)?.set("height", height)?;
//! }
//! assert_eq!(record.data().len(), 4 + 2 * 8);
//! let bytes = record.frame()?; // header, type name, data: ready to send
//! assert_eq!(bytes.len(), 8 + "track\0".len() + 20);
//! # Ok::<(), sliderule_records::Error>(())
//! ```

mod scalar;

pub use scalar::Scalar;
use scalar::little_endian;

use crate::definition::{Basic, Definition, Elements, Field, FieldType};
use crate::definitions::Definitions;
use crate::error::{Error, Fault};
use crate::frame::VERSION;

/// How deeply records may nest.
const DEPTH: usize = 16;

/// One complete record: header, type name, data.
pub fn frame(record_type: &str, data: &[u8]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(8 + record_type.len() + 1 + data.len());
    append_frame(&mut bytes, record_type, data)?;
    Ok(bytes)
}

/// Appends one complete record to `bytes`; after an error they are as they were.
pub fn append_frame(bytes: &mut Vec<u8>, record_type: &str, data: &[u8]) -> Result<(), Error> {
    let fault = |field: &str, problem| {
        let (record_type, field) = (record_type.to_owned(), field.to_owned());
        Error::from(Fault::Encode { record_type, field, problem })
    };
    if record_type.is_empty() || !record_type.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(fault("type name", "it is not printable ASCII"));
    }
    let type_size = u16::try_from(record_type.len() + 1).map_err(|_| fault("type name", "it is too long"))?;
    let data_size = u32::try_from(data.len()).map_err(|_| fault("data", "it is larger than 4 GiB"))?;
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    bytes.extend_from_slice(&type_size.to_be_bytes());
    bytes.extend_from_slice(&data_size.to_be_bytes());
    bytes.extend_from_slice(record_type.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(data);
    Ok(())
}

/// A record under construction: zeros where nothing was set.
#[derive(Clone, Debug)]
pub struct Record<'d> {
    definitions: &'d Definitions,
    definition: &'d Definition,
    data: Vec<u8>,
}

impl<'d> Record<'d> {
    /// A record of zeros, as long as the fields of known length.
    pub fn new(definitions: &'d Definitions, record_type: &str) -> Result<Record<'d>, Error> {
        let definition = lookup(definitions, record_type)?;
        let size = fixed_size(definitions, definition, DEPTH)?;
        Ok(Record { definitions, definition, data: vec![0; size] })
    }

    /// Writes the record's own fields, and through them those of nested records.
    pub fn root(&mut self) -> Writer<'_> {
        Writer { definitions: self.definitions, definition: self.definition, data: &mut self.data, base: 0 }
    }

    /// The record's data as it is now, without header.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The complete record, header included.
    pub fn frame(&self) -> Result<Vec<u8>, Error> {
        frame(&self.definition.record_type, &self.data)
    }
}

/// Writes the fields of one record, or of one element of a nested one.
#[derive(Debug)]
pub struct Writer<'r> {
    definitions: &'r Definitions,
    definition: &'r Definition,
    data: &'r mut Vec<u8>,
    /// Where in the record's data this element begins.
    base: usize,
}

impl Writer<'_> {
    /// Whether the definition has a field of that name: releases differ.
    pub fn has(&self, field: &str) -> bool {
        self.definition.field(field).is_some()
    }

    /// How many elements a field has, if there is one of that name.
    pub(crate) fn elements(&self, field: &str) -> Option<Elements> {
        self.definition.field(field).map(|field| field.elements)
    }

    /// Writes a single value, or the text of a STRING field. Text in an open-ended field is ended by a NUL.
    pub fn set<'v>(&mut self, field: &str, value: impl Into<Scalar<'v>>) -> Result<(), Error> {
        self.set_at(field, 0, value.into())
    }

    /// Writes an array, fixed or open-ended, from its first element on.
    pub fn set_all<'v, V: Into<Scalar<'v>>>(
        &mut self,
        field: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<(), Error> {
        values.into_iter().enumerate().try_for_each(|(index, value)| self.set_at(field, index, value.into()))
    }

    /// The element of a nested record: of an array, that at `index`; an open-ended one grows as needed.
    pub fn element(&mut self, name: &str, index: usize) -> Result<Writer<'_>, Error> {
        let field = self.field(name)?;
        let FieldType::Nested(nested) = &field.kind else {
            return Err(self.fault(name, "it is not a nested record"));
        };
        let nested = lookup(self.definitions, nested)?;
        let size = element_size(self.definitions, nested, DEPTH)?;
        let begin = self.place(field, index, size)?;
        let end = self.end(name, begin, size)?;
        self.grow(end);
        Ok(Writer { definitions: self.definitions, definition: nested, data: self.data, base: begin })
    }

    fn set_at(&mut self, name: &str, index: usize, value: Scalar<'_>) -> Result<(), Error> {
        let field = self.field(name)?;
        let FieldType::Basic(basic) = field.kind else {
            return Err(self.fault(name, "it is a nested record"));
        };
        if let (Basic::Text, Scalar::Text(text)) = (basic, value) {
            return self.set_text(field, text);
        }
        let (little, size) =
            little_endian(basic, value).ok_or_else(|| self.fault(name, "the value does not fit"))?;
        let begin = self.place(field, index, size)?;
        let mut bytes = little;
        let bytes = bytes.get_mut(..size).unwrap_or_default();
        if field.big_endian {
            bytes.reverse();
        }
        self.put(name, begin, bytes)
    }

    fn set_text(&mut self, field: &Field, text: &str) -> Result<(), Error> {
        let capacity = match field.elements {
            Elements::One => 1,
            Elements::Fixed(count) => count,
            Elements::Open => {
                let begin = self.place(field, 0, 1)?;
                self.put(&field.name, begin, text.as_bytes())?;
                return self.put(&field.name, begin.saturating_add(text.len()), &[0]);
            }
        };
        if text.len() > capacity {
            return Err(self.fault(&field.name, "the text is longer than the field"));
        }
        let mut buffer = text.as_bytes().to_vec();
        buffer.resize(capacity, 0);
        let begin = self.place(field, 0, 1)?;
        self.put(&field.name, begin, &buffer)
    }

    /// Where element `index` of a field begins in the record's data.
    fn place(&self, field: &Field, index: usize, size: usize) -> Result<usize, Error> {
        let count = match field.elements {
            Elements::One => 1,
            Elements::Fixed(count) => count,
            Elements::Open => usize::MAX,
        };
        let begin =
            index.checked_mul(size).and_then(|skip| self.base.checked_add(field.offset)?.checked_add(skip));
        match begin {
            Some(begin) if index < count => Ok(begin),
            _ => Err(self.fault(&field.name, "it has fewer elements")),
        }
    }

    fn put(&mut self, name: &str, begin: usize, bytes: &[u8]) -> Result<(), Error> {
        let end = self.end(name, begin, bytes.len())?;
        self.grow(end);
        if let Some(slot) = self.data.get_mut(begin..end) {
            slot.copy_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&self, name: &str, begin: usize, size: usize) -> Result<usize, Error> {
        begin.checked_add(size).ok_or_else(|| self.fault(name, "the record would be too large"))
    }

    fn grow(&mut self, end: usize) {
        if self.data.len() < end {
            self.data.resize(end, 0);
        }
    }

    fn fault(&self, field: &str, problem: &'static str) -> Error {
        let record_type = self.definition.record_type.clone();
        Fault::Encode { record_type, field: field.to_owned(), problem }.into()
    }
}

impl<'r> Writer<'r> {
    fn field(&self, name: &str) -> Result<&'r Field, Error> {
        let definition: &'r Definition = self.definition;
        definition.field(name).ok_or_else(|| self.fault(name, "the definition has no such field"))
    }
}

fn lookup<'d>(definitions: &'d Definitions, record_type: &str) -> Result<&'d Definition, Error> {
    definitions
        .get(record_type)
        .ok_or_else(|| Fault::UnknownType { record_type: record_type.to_owned(), offset: None }.into())
}

/// Bytes from one element of a nested record to the next.
fn element_size(definitions: &Definitions, nested: &Definition, depth: usize) -> Result<usize, Error> {
    if nested.stride > 0 { Ok(nested.stride) } else { fixed_size(definitions, nested, depth) }
}

/// Bytes up to the end of the last field of known length, or the start of the last open-ended one.
fn fixed_size(definitions: &Definitions, definition: &Definition, depth: usize) -> Result<usize, Error> {
    let too_large = || Fault::Encode {
        record_type: definition.record_type.clone(),
        field: "definition".to_owned(),
        problem: "it nests too deeply or describes too large a record",
    };
    let depth = depth.checked_sub(1).ok_or_else(too_large)?;
    let mut end = 0;
    for field in &definition.fields {
        let size = match &field.kind {
            FieldType::Basic(basic) => basic.size(),
            FieldType::Nested(_) if field.elements == Elements::Open => 0,
            FieldType::Nested(name) => element_size(definitions, lookup(definitions, name)?, depth)?,
        };
        let count = match field.elements {
            Elements::One => 1,
            Elements::Fixed(count) => count,
            Elements::Open => 0,
        };
        let length = size.checked_mul(count).and_then(|length| length.checked_add(field.offset));
        end = end.max(length.filter(|length| u32::try_from(*length).is_ok()).ok_or_else(too_large)?);
    }
    Ok(end)
}
