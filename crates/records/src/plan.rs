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

use crate::column::{Column, Values};
use crate::definition::{Basic, Definition, Elements, FieldType, fault};
use crate::definitions::Definitions;
use crate::error::Error;

/// How deeply records may nest.
const DEPTH: usize = 16;

/// How many places a definition may describe, counting nested arrays element by element: a bound on
/// the work that a hostile definition can cause.
const PLACES: usize = 1 << 16;

/// The same field in every element: where its values are, and which column they go to.
#[derive(Debug)]
pub(crate) struct Leaf {
    /// Index of the column.
    pub(crate) column: usize,
    /// Where its runs of values begin, from the start of the element.
    pub(crate) runs: Vec<usize>,
    /// Values in a run, back to back; of text the bytes of one buffer, `None` up to the end of the record.
    pub(crate) run: Option<usize>,
    pub(crate) big_endian: bool,
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
        let mut compiler = Compiler {
            definitions,
            record_type,
            whole,
            places: PLACES,
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
            [_] if !whole && fixed.iter().all(|leaf| leaf.run.is_some()) => {
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

struct Compiler<'d> {
    definitions: &'d Definitions,
    record_type: &'d str,
    whole: bool,
    /// How many more places may be described.
    places: usize,
    /// Around the field at hand: the elements of each nested field, see [`Column::nesting`].
    nesting: Vec<usize>,
    headings: Vec<Heading>,
    fixed: Vec<Leaf>,
    repeats: Vec<Repeat>,
}

impl<'d> Compiler<'d> {
    fn lookup(&self, record_type: &str) -> Result<&'d Definition, Error> {
        self.definitions
            .get(record_type)
            .ok_or_else(|| Error::UnknownType { record_type: record_type.to_owned(), offset: None })
    }

    fn fault(&self, name: &str, problem: &str) -> Error {
        fault(self.record_type, format!("field `{name}` {problem}"))
    }

    /// Adds the fields of `definition`, found at each of `bases`, to those outside of any repeat or
    /// to those of repeat number `repeat`.
    fn walk(
        &mut self,
        definition: &Definition,
        prefix: &str,
        bases: &[usize],
        repeat: Option<usize>,
        depth: usize,
    ) -> Result<(), Error> {
        for field in definition.fields.iter().filter(|field| !field.skipped()) {
            let name = format!("{prefix}{}", field.name);
            let count = match (field.elements, bases) {
                (Elements::One, _) => 1,
                (Elements::Fixed(count), _) => count,
                (Elements::Open, &[base]) if repeat.is_none() => {
                    let start = base.checked_add(field.offset);
                    let start = start.ok_or_else(|| self.fault(&name, "begins beyond any record"))?;
                    self.open(&field.kind, field.big_endian, name, start, depth)?;
                    continue;
                }
                (Elements::Open, _) => {
                    return Err(self.fault(&name, "is open-ended inside an element of an array"));
                }
            };
            match &field.kind {
                FieldType::Basic(basic) => {
                    let runs = self.places(&name, bases, field.offset, 1, 0)?;
                    self.leaf(name, *basic, field.big_endian, runs, Some(count), repeat)?;
                }
                FieldType::Nested(nested) => {
                    let (nested, depth) = self.nested(&name, nested, depth)?;
                    let bases = self.places(&name, bases, field.offset, count, nested.stride)?;
                    self.nesting.push(count);
                    self.walk(nested, &format!("{name}."), &bases, repeat, depth)?;
                    self.nesting.pop();
                }
            }
        }
        Ok(())
    }

    /// Adds a field that runs to the end of the record.
    fn open(
        &mut self,
        kind: &FieldType,
        big_endian: bool,
        name: String,
        start: usize,
        depth: usize,
    ) -> Result<(), Error> {
        let index = self.repeats.len();
        match kind {
            FieldType::Basic(Basic::Text) => {
                let runs = self.places(&name, &[start], 0, 1, 0)?;
                self.leaf(name, Basic::Text, big_endian, runs, None, None)
            }
            FieldType::Basic(basic) => {
                let runs = self.places(&name, &[0], 0, 1, 0)?;
                self.repeats.push(Repeat {
                    name: name.clone(),
                    start,
                    stride: basic.size(),
                    leaves: Vec::new(),
                    end: 0,
                    cost: 0,
                });
                self.leaf(name, *basic, big_endian, runs, Some(1), Some(index))
            }
            FieldType::Nested(nested) => {
                let (nested, depth) = self.nested(&name, nested, depth)?;
                if nested.stride == 0 {
                    return Err(self.fault(&name, "is an array of elements whose `__datasize` is not given"));
                }
                self.repeats.push(Repeat {
                    name: name.clone(),
                    start,
                    stride: nested.stride,
                    leaves: Vec::new(),
                    end: 0,
                    cost: 0,
                });
                self.nesting.push(0);
                self.walk(nested, &format!("{name}."), &[0], Some(index), depth)?;
                self.nesting.pop();
                Ok(())
            }
        }
    }

    fn nested(&self, name: &str, nested: &str, depth: usize) -> Result<(&'d Definition, usize), Error> {
        let depth =
            depth.checked_sub(1).ok_or_else(|| self.fault(name, "nests too deeply, perhaps itself"))?;
        Ok((self.lookup(nested)?, depth))
    }

    /// Where the elements of a field begin, at every base.
    fn places(
        &mut self,
        name: &str,
        bases: &[usize],
        offset: usize,
        count: usize,
        stride: usize,
    ) -> Result<Vec<usize>, Error> {
        if count > 1 && stride == 0 {
            return Err(self.fault(name, "is an array of elements whose `__datasize` is not given"));
        }
        let wanted = bases.len().checked_mul(count).and_then(|wanted| self.places.checked_sub(wanted));
        self.places =
            wanted.ok_or_else(|| self.fault(name, "is one too many: the definition is too large"))?;
        let begins = bases.iter().flat_map(|base| {
            (0..count).map(move |index| index.checked_mul(stride)?.checked_add(offset)?.checked_add(*base))
        });
        begins.collect::<Option<_>>().ok_or_else(|| self.fault(name, "begins beyond any record"))
    }

    fn leaf(
        &mut self,
        name: String,
        basic: Basic,
        big_endian: bool,
        runs: Vec<usize>,
        run: Option<usize>,
        repeat: Option<usize>,
    ) -> Result<(), Error> {
        let beyond = || fault(self.record_type, format!("field `{name}` ends beyond any record"));
        let length = run.unwrap_or(0).checked_mul(basic.size()).ok_or_else(beyond)?;
        let end = runs.iter().max().and_then(|last| last.checked_add(length)).ok_or_else(beyond)?;
        let (values, bytes) = match basic {
            Basic::Text => (1, length.saturating_add(size_of::<String>())),
            _ => (run.unwrap_or(1), length),
        };
        let width = runs.len().checked_mul(values).ok_or_else(beyond)?;
        let cost = u64::try_from(runs.len().saturating_mul(bytes)).unwrap_or(u64::MAX);
        let leaf = Leaf { column: self.headings.len(), runs, run, big_endian, end, cost };
        let nesting = if self.whole { self.nesting.clone() } else { Vec::new() };
        self.headings.push(Heading { name, basic, width, list: repeat.is_some(), nesting });
        match repeat.and_then(|index| self.repeats.get_mut(index)) {
            Some(repeat) => repeat.leaves.push(leaf),
            None => self.fixed.push(leaf),
        }
        Ok(())
    }
}
