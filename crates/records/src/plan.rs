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

use crate::column::{Column, Values};
use crate::definition::{Basic, Elements, FieldType, fault};
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
    /// Bytes that its values take when decoded, roughly.
    cost: u64,
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
    pub(crate) leaves: Vec<Leaf>,
    /// Bytes that an element needs for all its fields.
    pub(crate) end: usize,
    /// Bytes that its values take when decoded, roughly.
    pub(crate) cost: u64,
}

/// What a column will hold.
#[derive(Debug)]
struct Heading {
    name: String,
    basic: Basic,
    width: usize,
    list: bool,
    nesting: Vec<usize>,
}

/// How to decode the records of one type.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) record_type: String,
    /// Fields outside of any open-ended array.
    pub(crate) fixed: Vec<Leaf>,
    pub(crate) repeats: Vec<Repeat>,
    /// Each element of the only repeat is a row.
    pub(crate) flat: bool,
    /// Each record is a batch of its own, of one row.
    pub(crate) whole: bool,
    /// Bytes that the values of `fixed` take when decoded, roughly.
    pub(crate) fixed_cost: u64,
    headings: Vec<Heading>,
}

impl Plan {
    /// Compiles the plan of a record type whose definitions are all known; `whole` keeps its records whole.
    pub(crate) fn compile(definitions: &Definitions, record_type: &str, whole: bool) -> Result<Plan, Error> {
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
            headings: Vec::new(),
            fixed: Vec::new(),
            repeats: Vec::new(),
        };
        compiler.walk(compiler.lookup(record_type)?, "", &[0], None, DEPTH)?;
        let Compiler { mut headings, fixed, mut repeats, .. } = compiler;
        for repeat in &mut repeats {
            repeat.end = repeat.leaves.iter().map(|leaf| leaf.end).max().unwrap_or_default();
            repeat.cost = cost(&repeat.leaves);
        }

        let definition = compiler.definitions.get(record_type);
        let element = match repeats.as_slice() {
            [_] if !whole && fixed.iter().all(|leaf| leaf.runs.length.is_some()) => {
                definition.and_then(|definition| {
                    definition.fields.iter().find(|field| {
                        !field.skipped()
                            && field.elements == Elements::Open
                            && matches!(field.kind, FieldType::Nested(_))
                    })
                })
            }
            _ => None,
        };
        if let Some(element) = element {
            flatten(&mut headings, &element.name);
        }
        let flat = element.is_some();
        let fixed_cost = cost(&fixed);
        Ok(Plan { record_type: record_type.to_owned(), fixed, repeats, flat, whole, fixed_cost, headings })
    }

    /// Empty columns, ready to be filled.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let empty = |heading: &Heading| Column {
            name: heading.name.clone(),
            values: match heading.basic {
                Basic::I8 => Values::I8(Vec::new()),
                Basic::I16 => Values::I16(Vec::new()),
                Basic::I32 => Values::I32(Vec::new()),
                Basic::I64 => Values::I64(Vec::new()),
                Basic::U8 | Basic::Bits => Values::U8(Vec::new()),
                Basic::U16 => Values::U16(Vec::new()),
                Basic::U32 => Values::U32(Vec::new()),
                Basic::U64 => Values::U64(Vec::new()),
                Basic::F32 => Values::F32(Vec::new()),
                Basic::F64 => Values::F64(Vec::new()),
                Basic::Time => Values::Time(Vec::new()),
                Basic::Text => Values::Text(Vec::new()),
            },
            width: heading.width,
            offsets: heading.list.then(|| vec![0]),
            nesting: heading.nesting.clone(),
        };
        self.headings.iter().map(empty).collect()
    }

    /// The name of a leaf's column.
    pub(crate) fn name(&self, leaf: &Leaf) -> &str {
        self.headings.get(leaf.column).map_or("", |heading| &heading.name)
    }
}

/// The bytes that one element's values take when decoded, roughly.
fn cost(leaves: &[Leaf]) -> u64 {
    leaves.iter().fold(0, |sum, leaf| sum.saturating_add(leaf.cost))
}

/// Takes the element's name off its columns, and makes them plain columns of rows.
fn flatten(headings: &mut [Heading], element: &str) {
    let taken: Vec<String> =
        headings.iter().filter(|heading| !heading.list).map(|heading| heading.name.clone()).collect();
    for heading in headings.iter_mut().filter(|heading| heading.list) {
        heading.list = false;
        let own = heading.name.strip_prefix(element).and_then(|rest| rest.strip_prefix('.'));
        if let Some(own) = own.filter(|own| !taken.iter().any(|name| name == own)) {
            heading.name = own.to_owned();
        }
    }
}
