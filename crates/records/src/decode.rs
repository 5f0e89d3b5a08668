//! Decoding: the bytes of records into columns, by a [`Plan`].
//!
//! Everything that can be wrong with a record is checked before its first value is written, so a
//! refused record leaves no half row. After that the work goes column by column over blocks of rows that
//! fit a processor's first cache, with one choice of type per column and block instead of one per value.

use std::sync::Arc;

use sliderule_columns::{Elements, gather};

use crate::column::{Batch, Column};
use crate::error::Error;
use crate::frame::{Frame, wide};
use crate::plan::{Plan, Repeat};

/// Bytes of elements that are decoded column by column before the next ones: half of a small first cache, which the
/// values written need a part of, too.
const BLOCK: usize = 16 << 10;

/// How many times its own size a record may decode to. Repeated headers and overlapping fields multiply;
/// real definitions stay below ten, and this bounds what a hostile one can make of a record.
const EXPANSION: u64 = 64;

/// Bytes of values after which a batch ends: many enough that the cost of an array hardly counts, few enough
/// that they stay in a processor's second cache until they are copied out.
const FULL: u64 = 512 << 10;

/// Rows of one record type in the making.
#[derive(Debug)]
pub(crate) struct Builder {
    plan: Arc<Plan>,
    length: usize,
    /// Bytes of the values so far, roughly.
    expanded: u64,
    columns: Vec<Column>,
    /// How many elements each repeat of the record at hand has.
    counts: Vec<usize>,
}

impl Builder {
    pub(crate) fn new(plan: Arc<Plan>) -> Builder {
        let columns = plan.columns();
        Builder { plan, length: 0, expanded: 0, columns, counts: Vec::new() }
    }

    /// The same, in the memory of columns that this plan made before.
    pub(crate) fn reusing(plan: Arc<Plan>, mut columns: Vec<Column>) -> Builder {
        columns.iter_mut().for_each(Column::clear);
        Builder { plan, length: 0, expanded: 0, columns, counts: Vec::new() }
    }

    /// The type of the records that it takes.
    pub(crate) fn record_type(&self) -> &str {
        &self.plan.record_type
    }

    /// Whether the batch is large enough. It is, long before a list's offsets could outgrow 32 bits.
    pub(crate) fn is_full(&self) -> bool {
        self.expanded >= FULL
    }

    /// Whether there is no row yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) fn finish(self) -> Batch {
        Batch { record_type: self.plan.record_type.clone(), length: self.length, columns: self.columns }
    }

    /// Appends the rows of one record. After an error all is as it was.
    pub(crate) fn append(&mut self, frame: &Frame<'_>) -> Result<(), Error> {
        let data = frame.data;
        let expanded = self.check(frame)?;
        let rows = if self.plan.flat { self.counts.iter().sum() } else { 1 };
        for leaf in &self.plan.fixed {
            if let Some(column) = self.columns.get_mut(leaf.column) {
                // From one row to the next these stay where they are.
                let elements = Elements { bytes: data, stride: 0, count: rows };
                gather(&mut column.values, &leaf.runs, elements);
            }
        }
        for (repeat, &count) in self.plan.repeats.iter().zip(&self.counts) {
            let elements = data.get(repeat.start..).unwrap_or_default();
            let rows_at_once = (BLOCK / repeat.stride).max(1);
            for first in (0..count).step_by(rows_at_once) {
                let block = elements.get(first * repeat.stride..).unwrap_or_default();
                let rows = rows_at_once.min(count - first);
                let elements = Elements { bytes: block, stride: repeat.stride, count: rows };
                for leaf in &repeat.leaves {
                    if let Some(column) = self.columns.get_mut(leaf.column) {
                        gather(&mut column.values, &leaf.runs, elements);
                    }
                }
            }
            for leaf in repeat.leaves.iter().filter(|_| !self.plan.flat) {
                if let Some(offsets) =
                    self.columns.get_mut(leaf.column).and_then(|column| column.offsets.as_mut())
                {
                    let before = offsets.last().copied().unwrap_or_default();
                    offsets.push(before.saturating_add(u32::try_from(count).unwrap_or(u32::MAX)));
                }
            }
        }
        self.length += rows;
        self.expanded += expanded;
        Ok(())
    }

    /// Checks that every field lies within the record and that the result stays in bounds; how many bytes the
    /// values take. Notes how many elements each repeat has.
    fn check(&mut self, frame: &Frame<'_>) -> Result<u64, Error> {
        let has = frame.data.len();
        let past = |field: &str, needs: usize| Error::PastEnd {
            offset: frame.offset,
            record_type: self.plan.record_type.clone(),
            field: field.to_owned(),
            needs: wide(needs),
            has: wide(has),
        };
        if let Some(leaf) = self.plan.fixed.iter().find(|leaf| leaf.end > has) {
            return Err(past(self.plan.name(leaf), leaf.end));
        }
        self.counts.clear();
        let mut expanded = if self.plan.flat { 0 } else { self.plan.fixed_cost };
        for repeat in &self.plan.repeats {
            let Repeat { name, start, stride, leaves, .. } = repeat;
            let bytes = has.checked_sub(*start).ok_or_else(|| past(name, *start))?;
            let count = bytes / stride;
            if let Some(last) = count.checked_sub(1) {
                let begin = start.saturating_add(last.saturating_mul(*stride));
                if begin.saturating_add(repeat.end) > has
                    && let Some(leaf) = leaves.iter().find(|leaf| begin.saturating_add(leaf.end) > has)
                {
                    return Err(past(self.plan.name(leaf), begin.saturating_add(leaf.end)));
                }
            }
            let repeated = if self.plan.flat { self.plan.fixed_cost } else { 0 };
            let added = wide(count).saturating_mul(repeat.cost.saturating_add(repeated));
            expanded = expanded.saturating_add(added);
            self.counts.push(count);
        }
        let limit = wide(has).saturating_mul(EXPANSION).clamp(1 << 20, 1 << 30);
        if expanded > limit {
            return Err(Error::TooLarge { offset: frame.offset, size: expanded, limit });
        }
        Ok(expanded)
    }
}
