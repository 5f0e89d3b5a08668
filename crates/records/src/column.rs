//! Decoded rows as columns of typed values.

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

/// One column of a [`Batch`].
///
/// Row `r` has the values `values[r * width .. (r + 1) * width]`. With `offsets` it has instead the
/// *items* `offsets[r] .. offsets[r + 1]`, and item `i` has the values `values[i * width .. (i + 1) * width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The field's name; of a field in a nested record `field.sub`, except in flattened records.
    pub name: String,
    /// All values of all rows, one after the other.
    pub values: Values,
    /// Values per row (per item, with `offsets`): 1 unless the field is an array of fixed length.
    pub width: usize,
    /// Of an open-ended field, where each row's items begin; one entry more than there are rows.
    pub offsets: Option<Vec<u32>>,
    /// Of a record kept whole ([`Decoder::keep_whole`](crate::Decoder::keep_whole)): how many elements each nested field
    /// around this one has, outermost first; 1 is a record and no array, 0 is as many as the row has items. Else empty.
    pub nesting: Vec<usize>,
}

impl Column {
    /// Takes all rows out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        on_values!(&mut self.values, vector => vector.clear());
        if let Some(offsets) = &mut self.offsets {
            offsets.truncate(1);
        }
    }
}

/// Consecutive rows of one record type.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The type of the records that the rows came from.
    pub record_type: String,
    /// How many rows.
    pub length: usize,
    /// The columns, by offset in the record.
    pub columns: Vec<Column>,
}

impl Batch {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
