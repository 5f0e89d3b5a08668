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
    pub(crate) cost: u64,
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
#[derive(Debug)]
pub(crate) struct Plan {
    /// Fields outside of any open-ended array.
    pub(crate) fixed: Leaves,
    pub(crate) repeats: Vec<Repeat>,
    /// Each element of the only repeat is a row.
    pub(crate) flat: bool,
}

impl Plan {
    /// Compiles the plan of a record type whose definitions are all known, and makes the columns that it fills; `whole`
    /// keeps its records whole.
    pub(crate) fn compile(
        definitions: &Definitions,
        record_type: &str,
        whole: bool,
    ) -> Result<(Plan, Vec<Column>), Error> {
        if !definitions.is_bounded(record_type) {
            let problem = format!("it nests more than {NESTED} record types, or deeper than {DEPTH}");
            return Err(fault(record_type, problem));
        }
        let mut compiler = Compiler {
            definitions,
            record_type,
            whole,
            places: compile::PLACES,
            nesting: Vec::new(),
            columns: Vec::new(),
            fixed: Leaves::default(),
            repeats: Vec::new(),
        };
        compiler.walk(compiler.lookup(record_type)?, "", &[0], None, DEPTH)?;
        let Compiler { mut columns, fixed, repeats, .. } = compiler;
        let mut flat = false;
        if let [Repeat { name, flattens: true, .. }] = repeats.as_slice()
            && !whole
            && fixed.all.iter().all(|leaf| leaf.runs.length.is_some())
        {
            flatten(&mut columns, name);
            flat = true;
        }
        Ok((Plan { fixed, repeats, flat }, columns))
    }
}

/// Takes the element's name off its columns, and makes them plain columns of rows.
fn flatten(columns: &mut [Column], element: &str) {
    let taken: Vec<String> =
        columns.iter().filter(|column| column.offsets.is_none()).map(|column| column.name.clone()).collect();
    for column in columns.iter_mut().filter(|column| column.offsets.is_some()) {
        column.offsets = None;
        let own = column.name.strip_prefix(element).and_then(|rest| rest.strip_prefix('.'));
        if let Some(own) = own.filter(|own| !taken.iter().any(|name| name == own)) {
            column.name = own.to_owned();
        }
    }
}
