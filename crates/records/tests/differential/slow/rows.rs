//! The rows of one record, read value by value.

use sliderule_records::Definitions;
use sliderule_records::definition::{Basic, Definition, Elements, Field, FieldType};

use super::shape::{self, Heading, Shape};

/// One value, comparable bit by bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    I8(i8),
    I16(i16),
    I32(i32),
    I64(i64),
    U8(u8),
    U16(u16),
    U32(u32),
    U64(u64),
    F32(u32),
    F64(u64),
    Time(i64),
    Text(String),
}

/// What a row has in one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cells {
    pub(crate) name: String,
    pub(crate) width: usize,
    pub(crate) list: bool,
    /// Of a record that is kept whole: the elements of each nested field around the column's.
    pub(crate) nesting: Vec<usize>,
    pub(crate) cells: Vec<Cell>,
}

/// The columns of a row, in their order.
pub(crate) type Row = Vec<Cells>;

/// The values of some columns: those of a definition's fields, in their order.
type Columns = Vec<Vec<Cell>>;

/// The rows of a record and the bytes that their values take; `None` if the record does not fit its definition. One that is
/// kept `whole` has one row.
pub(super) fn read(
    known: &Definitions,
    record_type: &str,
    data: &[u8],
    whole: bool,
) -> Option<(Vec<Row>, u64)> {
    let mut shape = shape::of(known, record_type)?;
    if !whole {
        shape.headings.iter_mut().for_each(|heading| heading.nesting.clear());
    }
    let definition = known.get(record_type)?;
    let limit = (data.len() as u64 * 64).clamp(1 << 20, 1 << 30);
    match shape.element(definition).filter(|_| !whole) {
        None => {
            let mut reader = Reader { known, data, left: limit };
            let columns = reader.record(definition, 0)?;
            Some((vec![row(&shape.headings, columns)], limit - reader.left))
        }
        Some(element) => flat(known, &shape, definition, element, data, limit),
    }
}

/// The rows of a record whose only open-ended field is an array of records: one for each of these.
fn flat(
    known: &Definitions,
    shape: &Shape,
    definition: &Definition,
    element: &Field,
    data: &[u8],
    limit: u64,
) -> Option<(Vec<Row>, u64)> {
    let FieldType::Nested(nested) = &element.kind else { return None };
    let nested = known.get(nested)?;
    let mut header = definition.clone();
    let before = shape::decoded(definition).take_while(|field| field.name != element.name);
    let before = before.map(|field| columns_of(known, field)).sum::<usize>();
    header.fields.retain(|field| field.name != element.name);

    // The header must fit even if there is no row to repeat it on; only what is repeated costs.
    let mut unbounded = Reader { known, data, left: u64::MAX };
    let repeated = unbounded.record(&header, 0)?;
    let each = u64::MAX - unbounded.left;

    let own = element_names(shape, &element.name);
    let mut reader = Reader { known, data, left: limit };
    let mut rows = Vec::new();
    for begin in reader.elements(element.offset, nested.stride)? {
        reader.left = reader.left.checked_sub(each)?;
        let mut columns = repeated.clone();
        columns.splice(before..before, reader.record(nested, begin)?);
        rows.push(row(&own, columns));
    }
    Some((rows, limit - reader.left))
}

/// The headings of a flat record: the element's fields keep their own names, unless the record has these already.
fn element_names(shape: &Shape, element: &str) -> Vec<Heading> {
    let taken = |name: &str| shape.headings.iter().any(|heading| !heading.list && heading.name == name);
    let own = |heading: &Heading| {
        let name = heading.name.strip_prefix(&format!("{element}.")).filter(|_| heading.list);
        let name = name.filter(|name| !taken(name)).unwrap_or(&heading.name).to_owned();
        Heading { name, width: heading.width, list: false, nesting: Vec::new() }
    };
    shape.headings.iter().map(own).collect()
}

fn row(headings: &[Heading], columns: Columns) -> Row {
    assert_eq!(headings.len(), columns.len());
    let cells = |(heading, cells): (&Heading, Vec<Cell>)| Cells {
        name: heading.name.clone(),
        width: heading.width,
        list: heading.list,
        nesting: heading.nesting.clone(),
        cells,
    };
    headings.iter().zip(columns).map(cells).collect()
}

/// How many columns a field becomes.
fn columns_of(known: &Definitions, field: &Field) -> usize {
    match &field.kind {
        FieldType::Basic(_) => 1,
        FieldType::Nested(name) => known
            .get(name)
            .map_or(0, |nested| shape::decoded(nested).map(|field| columns_of(known, field)).sum()),
    }
}

struct Reader<'a> {
    known: &'a Definitions,
    data: &'a [u8],
    /// How many more bytes the values may take.
    left: u64,
}

impl Reader<'_> {
    /// The columns of a record or element that begins at `base`.
    fn record(&mut self, definition: &Definition, base: usize) -> Option<Columns> {
        let mut columns = Columns::new();
        for field in shape::decoded(definition) {
            let begin = base.checked_add(field.offset)?;
            match &field.kind {
                FieldType::Basic(Basic::Text) => columns.push(vec![self.text(begin, field.elements)?]),
                FieldType::Basic(basic) => {
                    let places = self.places(field.elements, begin, shape::size(*basic))?;
                    let cells = places.into_iter().map(|at| self.number(*basic, at, field.big_endian));
                    columns.push(cells.collect::<Option<_>>()?);
                }
                FieldType::Nested(name) => {
                    let nested = self.known.get(name)?;
                    let mut merged = vec![Vec::new(); columns_of(self.known, field)];
                    for begin in self.places(field.elements, begin, nested.stride)? {
                        let element = self.record(nested, begin)?;
                        merged.iter_mut().zip(element).for_each(|(all, cells)| all.extend(cells));
                    }
                    columns.extend(merged);
                }
            }
        }
        Some(columns)
    }

    /// Where the elements of a field begin.
    fn places(&self, elements: Elements, begin: usize, stride: usize) -> Option<Vec<usize>> {
        let count = match elements {
            Elements::One => 1,
            Elements::Fixed(count) => count,
            Elements::Open => return self.elements(begin, stride),
        };
        let mut places = Vec::new();
        for index in 0..count {
            places.push(index.checked_mul(stride)?.checked_add(begin)?);
            // A count can be anything, and behind the end there is nothing to read.
            if places.last().is_some_and(|place| *place > self.data.len()) {
                break;
            }
        }
        Some(places)
    }

    /// Where the elements of a field begin that runs to the end of the record: as many as fit.
    fn elements(&self, begin: usize, stride: usize) -> Option<Vec<usize>> {
        let bytes = self.data.len().checked_sub(begin)?;
        Some((0..bytes / stride).map(|index| begin + index * stride).collect())
    }

    fn pay(&mut self, bytes: usize) -> Option<()> {
        self.left = self.left.checked_sub(bytes as u64)?;
        Some(())
    }

    fn number(&mut self, basic: Basic, at: usize, big_endian: bool) -> Option<Cell> {
        let bytes = self.data.get(at..at.checked_add(shape::size(basic))?)?;
        self.pay(bytes.len())?;
        let mut value = 0_u64;
        for index in 0..bytes.len() {
            let most_significant_first = if big_endian { index } else { bytes.len() - 1 - index };
            value = value << 8 | u64::from(bytes[most_significant_first]);
        }
        Some(match basic {
            Basic::I8 => Cell::I8(value as i8),
            Basic::I16 => Cell::I16(value as i16),
            Basic::I32 => Cell::I32(value as i32),
            Basic::I64 => Cell::I64(value as i64),
            Basic::U8 => Cell::U8(value as u8),
            Basic::U16 => Cell::U16(value as u16),
            Basic::U32 => Cell::U32(value as u32),
            Basic::U64 => Cell::U64(value),
            Basic::F32 => Cell::F32(value as u32),
            Basic::F64 => Cell::F64(value),
            Basic::Time => Cell::Time(value as i64),
            Basic::Text | Basic::Bits => return None,
        })
    }

    /// Text up to the first NUL of its buffer, or of the rest of the record.
    fn text(&mut self, begin: usize, elements: Elements) -> Option<Cell> {
        let (buffer, declared) = match elements {
            Elements::One => (self.data.get(begin..begin.checked_add(1)?)?, 1),
            Elements::Fixed(length) => (self.data.get(begin..begin.checked_add(length)?)?, length),
            Elements::Open => (self.data.get(begin..)?, 0),
        };
        self.pay(declared + size_of::<String>())?;
        let end = buffer.iter().position(|byte| *byte == 0).unwrap_or(buffer.len());
        Some(Cell::Text(String::from_utf8_lossy(&buffer[..end]).into_owned()))
    }
}
