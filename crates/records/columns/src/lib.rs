//! The values of a column, and the loops that fill it from records.
//!
//! These loops are all of decoding that must be quick. They are a crate of their own because optimisation is chosen by
//! crate: the WebAssembly build makes this one for speed, and `sliderule-records` around it for size. It knows nothing
//! of definitions or streams, and `sliderule-records` says what is where.

#![forbid(unsafe_code)]

mod gather;

pub use gather::{Elements, Runs, gather};

/// The values of a column, all of one type.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Values {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Nanoseconds since the Unix epoch, without leap seconds.
    Time(Vec<i64>),
    /// Text up to the first NUL. Bytes that are not UTF-8 became U+FFFD.
    Text(Vec<String>),
}

/// Runs the same expression on the vector inside [`Values`], whatever its type.
macro_rules! on_values {
    ($values:expr, $vector:ident => $expression:expr) => {
        match $values {
            Values::I8($vector) => $expression,
            Values::I16($vector) => $expression,
            Values::I32($vector) => $expression,
            Values::I64($vector) | Values::Time($vector) => $expression,
            Values::U8($vector) => $expression,
            Values::U16($vector) => $expression,
            Values::U32($vector) => $expression,
            Values::U64($vector) => $expression,
            Values::F32($vector) => $expression,
            Values::F64($vector) => $expression,
            Values::Text($vector) => $expression,
        }
    };
}

impl Values {
    /// How many values there are.
    pub fn len(&self) -> usize {
        on_values!(self, vector => vector.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values as they are in memory, back to back; of text nothing.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Values::I8(values) => bytemuck::cast_slice(values),
            Values::I16(values) => bytemuck::cast_slice(values),
            Values::I32(values) => bytemuck::cast_slice(values),
            Values::I64(values) | Values::Time(values) => bytemuck::cast_slice(values),
            Values::U8(values) => values,
            Values::U16(values) => bytemuck::cast_slice(values),
            Values::U32(values) => bytemuck::cast_slice(values),
            Values::U64(values) => bytemuck::cast_slice(values),
            Values::F32(values) => bytemuck::cast_slice(values),
            Values::F64(values) => bytemuck::cast_slice(values),
            Values::Text(_) => &[],
        }
    }

    /// Takes all values out, and keeps the memory.
    pub fn clear(&mut self) {
        on_values!(self, vector => vector.clear());
    }

    /// The whole number at `index`, of an integer or time column.
    pub fn integer(&self, index: usize) -> Option<i64> {
        match self {
            Values::I8(values) => values.get(index).copied().map(i64::from),
            Values::I16(values) => values.get(index).copied().map(i64::from),
            Values::I32(values) => values.get(index).copied().map(i64::from),
            Values::I64(values) | Values::Time(values) => values.get(index).copied(),
            Values::U8(values) => values.get(index).copied().map(i64::from),
            Values::U16(values) => values.get(index).copied().map(i64::from),
            Values::U32(values) => values.get(index).copied().map(i64::from),
            Values::U64(values) => values.get(index).and_then(|value| i64::try_from(*value).ok()),
            Values::F32(_) | Values::F64(_) | Values::Text(_) => None,
        }
    }

    /// The text at `index`, of a text column.
    pub fn text(&self, index: usize) -> Option<&str> {
        match self {
            Values::Text(values) => values.get(index).map(String::as_str),
            _ => None,
        }
    }
}
