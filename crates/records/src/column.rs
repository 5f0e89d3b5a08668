//! Decoded rows as columns of typed values.

pub use sliderule_columns::{Packed, Values};

/// One column of a [`Batch`].
///
/// Row `r` has the values `values[r * width .. (r + 1) * width]`. With `offsets` it has instead the
/// *items* `offsets[r] .. offsets[r + 1]`, and item `i` has the values `values[i * width .. (i + 1) * width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The field's name; of a field in a nested record `field.sub`, except in flattened records.
    pub name: String,
    /// All values of all rows, one after the other.
    pub values: Packed,
    /// Values per row (per item, with `offsets`): 1 unless the field is an array of fixed length.
    pub width: usize,
    /// Of an open-ended field, where each row's items begin; one entry more than there are rows.
    pub offsets: Option<Vec<u32>>,
    /// Of a record kept whole ([`Decoder::keep_whole`](crate::Decoder::keep_whole)): how many elements each nested field
    /// around this one has, outermost first; 1 is a record and no array, 0 is as many as the row has items. Else empty.
    pub nesting: Vec<usize>,
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

    /// Takes all rows out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.length = 0;
        for column in &mut self.columns {
            column.values.clear();
            if let Some(offsets) = &mut column.offsets {
                offsets.truncate(1);
            }
        }
    }
}
