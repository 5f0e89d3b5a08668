//! Plans: a definition, with all that it nests, flattened once into the columns to fill.
//!
//! How records become rows:
//!
//! - A record with one open-ended nested field and nothing else that is open-ended (`atl06rec`,
//!   `atl03rec`, `rsrec`, …) gives *one row per element*; its other fields repeat on each of these rows.
//!   The element's fields keep their own names, unless a field of the record has the name already.
//! - Any other record gives *one row*. A field `sub` of a nested record `field` becomes the column
//!   `field.sub`; arrays of fixed length become columns of that width (dimensions multiplied), and
//!   open-ended ones become lists.
//! - Of a record that is kept whole the same holds, also with one open-ended nested field: one row, in which that
//!   field's own fields are lists. The columns then say what they are nested in, see [`Column::nesting`], so that the
//!   record can be put together again.
//! - Pointers and bit fields are left out, see [`Field::skipped`](crate::definition::Field::skipped).
//!   Trailing bytes that hold no whole element are ignored.
//! - Open-ended inside an element of an array has no end that could be told, and is an error.

use sliderule_columns::Runs;

use crate::column::Column;
use crate::definition::fault;
use crate::definitions::{DEPTH, Definitions, NESTED};
use crate::error::Error;

use compile::Compiler;

mod compile;

/// The same field in every element: its values, and which column they go to.
#[derive(Debug)]
pub(crate) struct Leaf {
    /// Index of the column.
    pub(crate) column: usize,
    /// Where they are.
    pub(crate) runs: Runs,
    /// Bytes that an element needs for this field.
    pub(crate) end: usize,
}

/// Fields of elements.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    pub(crate) all: Vec<Leaf>,
    /// Bytes that an element needs for all its fields.
    pub(crate) end: usize,
    /// Bytes that its values take when decoded, roughly.
    pub(crate) cost: usize,
}

/// Elements that follow each other to the end of the record.
#[derive(Debug)]
pub(crate) struct Repeat {
    /// The field's name.
    pub(crate) name: String,
    /// Where the first begins.
    pub(crate) start: usize,
    /// From one to the next; not zero.
    pub(crate) stride: usize,
    /// It is a field of the record itself, and its elements are records.
    flattens: bool,
    pub(crate) leaves: Leaves,
}

/// How to decode the records of one type.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Fields outside of any open-ended array.
    pub(crate) fixed: Leaves,
    pub(crate) repeats: Vec<Repeat>,
    /// Each element of the only repeat is a row.
    pub(crate) flat: bool,
}

impl Plan {
    /// Makes an empty plan that of a record type whose definitions are all known, and adds the columns that it fills;
    /// `whole` keeps its records whole.
    pub(crate) fn compile(
        &mut self,
        definitions: &Definitions,
        record_type: &str,
        whole: bool,
        columns: &mut Vec<Column>,
    ) -> Result<(), Error> {
        if definitions.unknown(record_type).is_none() {
            let problem = format_args!("it nests more than {NESTED} record types, or deeper than {DEPTH}");
            return Err(fault(record_type, problem));
        }
        let mut compiler = Compiler {
            definitions,
            record_type,
            whole,
            places: compile::PLACES,
            nesting: Vec::new(),
            columns,
            plan: self,
        };
        compiler.walk(compiler.lookup(record_type)?, "", &[0], None, DEPTH)?;
        if !whole {
            self.flatten(columns);
        }
        Ok(())
    }

    /// Where each element is to be a row, takes the name of their field off its columns, and makes them plain columns of
    /// rows.
    fn flatten(&mut self, columns: &mut [Column]) {
        let [Repeat { name: element, flattens: true, leaves, .. }] = self.repeats.as_slice() else { return };
        if self.fixed.all.iter().any(|leaf| leaf.runs.length.is_none()) {
            return;
        }
        self.flat = true;
        for leaf in &leaves.all {
            let Some(column) = columns.get_mut(leaf.column) else { continue };
            column.offsets = None;
            // What follows the element's name and a dot.
            let own = column.name.get(element.len() + 1..).unwrap_or_default().to_owned();
            let is_taken = |leaf: &Leaf| columns.get(leaf.column).is_some_and(|column| column.name == own);
            if !self.fixed.all.iter().any(is_taken)
                && let Some(column) = columns.get_mut(leaf.column)
            {
                column.name = own;
            }
        }
    }
}
