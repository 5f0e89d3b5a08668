//! Decoding: the bytes of records into columns, by a [`Plan`].
//!
//! Everything that can be wrong with a record is checked before its first value is written, so a
//! refused record leaves no half row. After that the work goes column by column over blocks of rows that
//! fit a processor's first cache, with one choice of type per column and block instead of one per value.

use sliderule_columns::{Elements, Packed, gather};

use crate::column::{Batch, Column};
use crate::definitions::Definitions;
use crate::error::{Error, Fault};
use crate::frame::{Frame, wide};
use crate::plan::{Leaf, Leaves, Plan, Repeat};
use crate::sink::Sink;

/// Bytes of elements that are decoded column by column before the next ones: half of a small first cache, which the
/// values written need a part of, too.
const BLOCK: usize = 16 << 10;

/// How many times its own size a record may decode to. Repeated headers and overlapping fields multiply;
/// real definitions stay below ten, and this bounds what a hostile one can make of a record.
const EXPANSION: usize = 64;

/// Bytes of values after which a batch ends: many enough that the cost of an array hardly counts, few enough
/// that they stay in a processor's second cache until they are copied out.
const FULL: usize = 512 << 10;

/// The records of one type, and the rows that they become.
#[derive(Debug)]
pub(crate) struct Table {
    plan: Plan,
    /// Each record is a batch of its own, of one row.
    pub(crate) whole: bool,
    /// Rows in the making.
    pub(crate) batch: Batch,
    /// Bytes of the values so far, roughly.
    expanded: usize,
    /// How many elements each repeat of the record at hand has.
    counts: Vec<usize>,
}

impl Table {
    /// Without rows, for a record type whose definitions are all known; `whole` keeps its records whole.
    pub(crate) fn new(definitions: &Definitions, record_type: &str, whole: bool) -> Result<Table, Error> {
        let batch = Batch { record_type: record_type.to_owned(), length: 0, columns: Vec::new() };
        let mut table = Table { plan: Plan::default(), whole, batch, expanded: 0, counts: Vec::new() };
        table.plan.compile(definitions, record_type, whole, &mut table.batch.columns)?;
        Ok(table)
    }

    /// Whether the batch is large enough. It is, long before a list's offsets could outgrow 32 bits.
    pub(crate) fn is_full(&self) -> bool {
        self.expanded >= FULL
    }

    /// Hands the rows over.
    pub(crate) fn flush(&mut self, sink: &mut impl Sink) {
        if self.batch.length > 0 {
            sink.batch(&self.batch);
        }
        self.clear();
    }

    /// Takes all rows out, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.expanded = 0;
        self.batch.clear();
    }

    /// Gives back the memory of the rows, of which there are none.
    pub(crate) fn release(&mut self) {
        for column in &mut self.batch.columns {
            column.values = Packed::new(column.values.basic());
        }
    }

    /// Appends the rows of one record. After an error all is as it was.
    pub(crate) fn append(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let data = frame.data;
        let expanded = self.check(frame)?;
        let Plan { fixed, repeats, flat } = &self.plan;
        let columns = &mut self.batch.columns;
        let rows = if *flat { self.counts.iter().sum() } else { 1 };
        // From one row to the next these stay where they are.
        fill(columns, &fixed.all, Elements { bytes: data, stride: 0, count: rows });
        for (repeat, &count) in repeats.iter().zip(&self.counts) {
            let Repeat { start, stride, leaves: Leaves { all: leaves, .. }, .. } = repeat;
            let rows_at_once = (BLOCK / stride).max(1);
            for first in (0..count).step_by(rows_at_once) {
                let bytes = data.get(start + first * stride..).unwrap_or_default();
                let count = rows_at_once.min(count - first);
                fill(columns, leaves, Elements { bytes, stride: *stride, count });
            }
            for leaf in leaves {
                if let Some(Column { offsets: Some(offsets), .. }) = columns.get_mut(leaf.column) {
                    let before = offsets.last().copied().unwrap_or_default();
                    offsets.push(before.saturating_add(u32::try_from(count).unwrap_or(u32::MAX)));
                }
            }
        }
        self.batch.length += rows;
        self.expanded += expanded;
        Ok(())
    }

    /// Checks that every field lies within the record and that the result stays in bounds; how many bytes the
    /// values take. Notes how many elements each repeat has.
    fn check(&mut self, frame: &Frame<'_>) -> Result<usize, Error> {
        let Plan { fixed, repeats, flat } = &self.plan;
        let Batch { record_type, columns, .. } = &self.batch;
        let has = frame.data.len();
        let past = |field: &str, needs: usize| {
            let (record_type, field) = (record_type.clone(), field.to_owned());
            let (needs, has) = (wide(needs), wide(has));
            Error::from(Fault::PastEnd { offset: frame.offset, record_type, field, needs, has })
        };
        // The first field of these that ends behind the record, if they begin there.
        let beyond = |leaves: &Leaves, begin: usize| {
            let ends = |end: usize| begin.saturating_add(end);
            if ends(leaves.end) <= has {
                return Ok(());
            }
            let leaf = leaves.all.iter().find(|leaf| ends(leaf.end) > has);
            leaf.map_or(Ok(()), |leaf| {
                let name = columns.get(leaf.column).map_or("", |column| &column.name);
                Err(past(name, ends(leaf.end)))
            })
        };
        beyond(fixed, 0)?;
        self.counts.clear();
        let mut expanded = if *flat { 0 } else { fixed.cost };
        for Repeat { name, start, stride, leaves, .. } in repeats {
            let bytes = has.checked_sub(*start).ok_or_else(|| past(name, *start))?;
            let count = bytes / stride;
            if let Some(last) = count.checked_sub(1) {
                beyond(leaves, start.saturating_add(last.saturating_mul(*stride)))?;
            }
            let repeated = if *flat { fixed.cost } else { 0 };
            let added = count.saturating_mul(leaves.cost.saturating_add(repeated));
            expanded = expanded.saturating_add(added);
            self.counts.push(count);
        }
        let limit = has.saturating_mul(EXPANSION).clamp(1 << 20, 1 << 30);
        if expanded > limit {
            let (size, limit) = (wide(expanded), wide(limit));
            return Err(Fault::TooLarge { offset: frame.offset, size, limit }.into());
        }
        Ok(expanded)
    }
}

/// Appends what the elements hold to the column of each leaf.
fn fill(columns: &mut [Column], leaves: &[Leaf], elements: Elements<'_>) {
    for leaf in leaves {
        if let Some(column) = columns.get_mut(leaf.column) {
            gather(&mut column.values, &leaf.runs, elements);
        }
    }
}
