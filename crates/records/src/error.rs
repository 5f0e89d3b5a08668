//! Everything that can be wrong with a stream of records, a definition, or a value to encode.
//!
//! What came from a stream names the byte of that stream where the damaged record begins, counted
//! from the first byte pushed, so that a capture of the stream can be opened at the right place.

use std::ops::Deref;
use std::sync::Arc;

/// What went wrong, as one sentence. It is one pointer, cheap to hand up and to keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(Arc<Fault>);

/// What an [`Error`] is about.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The record header carries another format version than 2, or is not a record header at all.
    #[error("not a record of format version 2 at byte {offset} of the stream (found version {found})")]
    Version {
        /// Where the record begins.
        offset: u64,
        /// The version that the header carries.
        found: u16,
    },

    /// The type name in a header is not NUL-terminated printable ASCII.
    #[error("the record at byte {offset} of the stream has no readable type name")]
    TypeName {
        /// Where the record begins.
        offset: u64,
    },

    /// A record, or what it decodes to, is larger than allowed.
    #[error("the record at byte {offset} of the stream takes {size} bytes, more than the {limit} allowed")]
    TooLarge {
        /// Where the record begins.
        offset: u64,
        /// Bytes it would take.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },

    /// The stream (or the container) ended inside a record.
    #[error(
        "the stream ended inside the record at byte {offset}, {received} bytes after its start: it was cut off"
    )]
    Truncated {
        /// Where the incomplete record begins.
        offset: u64,
        /// How many of its bytes arrived, header included.
        received: u64,
    },

    /// A container record contradicts itself.
    #[error("the container record at byte {offset} of the stream is malformed: {problem}")]
    Container {
        /// Where the container begins.
        offset: u64,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// A field of the definition reaches past the end of the record.
    #[error(
        "field `{field}` of the `{record_type}` at byte {offset} of the stream ends at byte {needs} of a record of \
         {has} bytes: the definition does not fit the record"
    )]
    PastEnd {
        /// Where the record begins.
        offset: u64,
        /// The record's type.
        record_type: String,
        /// The first field that does not fit.
        field: String,
        /// Bytes of record data that the field needs.
        needs: u64,
        /// Bytes of record data that there are.
        has: u64,
    },

    /// Records are waiting for definitions that were never given.
    #[error("the stream ended while the record at byte {offset} waits for the definition of {}", list(.names))]
    Undefined {
        /// Where the first waiting record begins.
        offset: u64,
        /// The definitions that are missing.
        names: Vec<String>,
    },

    /// The server does not know a record type: it answered `null` instead of a definition.
    #[error("the server has no definition of the record type `{record_type}`{}", at(.offset))]
    UnknownType {
        /// The type asked for.
        record_type: String,
        /// Where the first record that needs it begins, if one is waiting.
        offset: Option<u64>,
    },

    /// A definition is malformed, or describes something that cannot be decoded.
    #[error("the definition of the record type `{record_type}` cannot be used{}: {problem}", at(.offset))]
    Definition {
        /// The type it defines.
        record_type: String,
        /// What is wrong with it.
        problem: String,
        /// Where the first record that needs it begins, if one is waiting.
        offset: Option<u64>,
    },

    /// A value cannot be written as asked; see [`crate::encode`].
    #[error("cannot encode `{field}` of `{record_type}`: {problem}")]
    Encode {
        /// The type of the record being built.
        record_type: String,
        /// The field meant, or the part of the frame.
        field: String,
        /// Why not.
        problem: &'static str,
    },
}

impl Fault {
    /// The byte of the stream where the record at fault begins, where a stream is at fault.
    pub fn offset(&self) -> Option<u64> {
        match self {
            Fault::Version { offset, .. }
            | Fault::TypeName { offset }
            | Fault::TooLarge { offset, .. }
            | Fault::Truncated { offset, .. }
            | Fault::Container { offset, .. }
            | Fault::PastEnd { offset, .. }
            | Fault::Undefined { offset, .. } => Some(*offset),
            Fault::UnknownType { offset, .. } | Fault::Definition { offset, .. } => *offset,
            Fault::Encode { .. } => None,
        }
    }
}

impl Error {
    /// The same error, naming the record that it was found for.
    pub(crate) fn at(mut self, found: u64) -> Error {
        if let Some(Fault::UnknownType { offset, .. } | Fault::Definition { offset, .. }) =
            Arc::get_mut(&mut self.0)
        {
            *offset = Some(found);
        }
        self
    }
}

impl Deref for Error {
    type Target = Fault;

    fn deref(&self) -> &Fault {
        &self.0
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        Error(Arc::new(fault))
    }
}

fn at(offset: &Option<u64>) -> String {
    offset.map(|offset| format!(" (needed at byte {offset} of the stream)")).unwrap_or_default()
}

/// The names with commas between. `join` of the standard library is ten times the code.
fn list(names: &[String]) -> String {
    let mut list = String::new();
    for name in names {
        list.push_str(if list.is_empty() { "" } else { ", " });
        list.push_str(name);
    }
    list
}
