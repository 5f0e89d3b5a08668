//! What the definition of a record promises, whatever the record holds: its columns, and whether it can be decoded at all.

use std::collections::BTreeSet;

use sliderule_records::Definitions;
use sliderule_records::definition::{Basic, Definition, Elements, Field, FieldType};

/// How deeply records may nest.
const DEPTH: usize = 16;
/// How many places a definition may describe, counting nested arrays element by element.
const PLACES: u128 = 1 << 16;
/// No place is beyond what an address can say.
const FURTHEST: u128 = usize::MAX as u128;

/// The columns of a record type.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) headings: Vec<Heading>,
    /// How many fields run to the end of the record.
    open: usize,
    places: u128,
}

/// A column without its values.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    pub(super) name: String,
    pub(super) width: usize,
    pub(super) list: bool,
    /// How many elements each nested field around it has; 0 for as many as fit.
    pub(super) nesting: Vec<usize>,
}

/// The fields of a definition that are decoded: pointers and bit fields are not.
pub(super) fn decoded(definition: &Definition) -> impl Iterator<Item = &Field> {
    definition.fields.iter().filter(|field| !field.pointer && field.kind != FieldType::Basic(Basic::Bits))
}

/// Whether there are definitions of a type and of all that it nests.
pub(super) fn is_known(known: &Definitions, record_type: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![record_type]);
    while let Some(name) = next.pop() {
        if seen.insert(name) {
            let Some(definition) = known.get(name) else { return false };
            next.extend(decoded(definition).filter_map(|field| match &field.kind {
                FieldType::Nested(name) => Some(name.as_str()),
                FieldType::Basic(_) => None,
            }));
        }
    }
    true
}

/// The columns of a type whose definitions are known; `None` if they describe nothing that can be decoded.
pub(super) fn of(known: &Definitions, record_type: &str) -> Option<Shape> {
    let mut shape = Shape::default();
    let place = Place { many: 1, last: 0, open: false, nesting: Vec::new() };
    shape.add(known, known.get(record_type)?, "", &place)?;
    Some(shape)
}

/// Where the fields of a definition are.
struct Place {
    /// In how many records or elements.
    many: u128,
    /// Where the last of these begins.
    last: u128,
    /// They are elements of an array that runs to the end of the record.
    open: bool,
    /// How many elements each nested field around them has; 0 for as many as fit.
    nesting: Vec<usize>,
}

impl Shape {
    /// The field whose elements are one row each, if the record has one and nothing else runs to its end.
    pub(super) fn element<'d>(&self, definition: &'d Definition) -> Option<&'d Field> {
        let nested =
            |field: &&Field| field.elements == Elements::Open && matches!(field.kind, FieldType::Nested(_));
        decoded(definition).find(nested).filter(|_| self.open == 1)
    }

    fn add(&mut self, known: &Definitions, definition: &Definition, prefix: &str, at: &Place) -> Option<()> {
        for field in decoded(definition) {
            let name = format!("{prefix}{}", field.name);
            let begin = within(at.last + field.offset as u128)?;
            let count = match field.elements {
                Elements::One => 1,
                Elements::Fixed(count) => count as u128,
                Elements::Open => {
                    if at.open || at.many > 1 {
                        return None; // there is no telling where it ends
                    }
                    self.open += 1;
                    0
                }
            };
            match &field.kind {
                FieldType::Basic(basic) => {
                    self.count(at.many)?;
                    within(begin + within(count * size(*basic) as u128)?)?;
                    let text = *basic == Basic::Text;
                    let width = if text || count == 0 { at.many } else { within(at.many * count)? };
                    let list = at.open || (count == 0 && !text);
                    let nesting = at.nesting.clone();
                    self.headings.push(Heading { name, width: width as usize, list, nesting });
                }
                FieldType::Nested(nested) => {
                    let nested = known.get(nested)?;
                    if at.nesting.len() == DEPTH || (count != 1 && nested.stride == 0) {
                        return None;
                    }
                    let nesting = [&at.nesting[..], &[count as usize]].concat();
                    let place = if count == 0 {
                        Place { many: 1, last: 0, open: true, nesting }
                    } else {
                        self.count(at.many * count)?;
                        let last = within(begin + (count - 1) * nested.stride as u128)?;
                        Place { many: at.many * count, last, open: at.open, nesting }
                    };
                    self.add(known, nested, &format!("{name}."), &place)?;
                }
            }
        }
        Some(())
    }

    fn count(&mut self, places: u128) -> Option<()> {
        self.places += places;
        (self.places <= PLACES).then_some(())
    }
}

fn within(place: u128) -> Option<u128> {
    (place <= FURTHEST).then_some(place)
}

/// Bytes of one value; of text, of one character.
pub(super) fn size(basic: Basic) -> usize {
    match basic {
        Basic::I8 | Basic::U8 | Basic::Text | Basic::Bits => 1,
        Basic::I16 | Basic::U16 => 2,
        Basic::I32 | Basic::U32 | Basic::F32 => 4,
        Basic::I64 | Basic::U64 | Basic::F64 | Basic::Time => 8,
    }
}
