//! The walk through a definition and all that it nests, which finds the columns and where their values are.

use sliderule_columns::{Packed, Runs};

use super::{Leaf, Leaves, Plan, Repeat};
use crate::column::Column;
use crate::definition::{Basic, Definition, Elements, FieldType, fault};
use crate::definitions::Definitions;
use crate::error::{Error, Fault};

/// How many places a definition may describe, counting nested arrays element by element: a bound on
/// the work that a hostile definition can cause.
pub(super) const PLACES: usize = 1 << 16;

const BEYOND: &str = "begins beyond any record";

/// A plan in the making.
pub(super) struct Compiler<'d> {
    pub(super) definitions: &'d Definitions,
    pub(super) record_type: &'d str,
    pub(super) whole: bool,
    /// How many more places may be described.
    pub(super) places: usize,
    /// Around the field at hand: the elements of each nested field, see [`Column::nesting`].
    pub(super) nesting: Vec<usize>,
    pub(super) columns: &'d mut Vec<Column>,
    pub(super) plan: &'d mut Plan,
}

impl<'d> Compiler<'d> {
    pub(super) fn lookup(&self, record_type: &str) -> Result<&'d Definition, Error> {
        self.definitions
            .get(record_type)
            .ok_or_else(|| Fault::UnknownType { record_type: record_type.to_owned(), offset: None }.into())
    }

    fn fault(&self, name: &str, problem: &str) -> Error {
        fault(self.record_type, format_args!("field `{name}` {problem}"))
    }

    /// Adds the fields of `definition`, found at each of `bases`, to those outside of any repeat or
    /// to those of repeat number `repeat`.
    pub(super) fn walk(
        &mut self,
        definition: &Definition,
        prefix: &str,
        bases: &[usize],
        repeat: Option<usize>,
        depth: usize,
    ) -> Result<(), Error> {
        for field in definition.fields.iter().filter(|field| !field.skipped()) {
            let name = format!("{prefix}{}", field.name);
            let open = field.elements == Elements::Open;
            if open && (repeat.is_some() || bases.len() != 1) {
                return Err(self.fault(&name, "is open-ended inside an element of an array"));
            }
            let (stride, nested) = match &field.kind {
                FieldType::Basic(basic) => (basic.size(), Err(*basic)),
                FieldType::Nested(_) if depth == 0 => {
                    return Err(self.fault(&name, "nests too deeply, perhaps itself"));
                }
                FieldType::Nested(nested) => {
                    let nested = self.lookup(nested)?;
                    (nested.stride, Ok(nested))
                }
            };
            let count = if let Elements::Fixed(count) = field.elements { count } else { 1 };
            if stride == 0 && (open || count > 1) {
                return Err(self.fault(&name, "is an array of elements whose `__datasize` is not given"));
            }
            // Text that runs to the end of the record is a single value.
            let text = nested == Err(Basic::Text);
            let (bases, offset, repeat) = match bases {
                &[base] if open && !text => {
                    let start = base.checked_add(field.offset);
                    let start = start.ok_or_else(|| self.fault(&name, BEYOND))?;
                    let (name, flattens) = (name.clone(), nested.is_ok() && prefix.is_empty());
                    self.plan.repeats.push(Repeat {
                        name,
                        start,
                        stride,
                        flattens,
                        leaves: Leaves::default(),
                    });
                    (&[0][..], 0, Some(self.plan.repeats.len() - 1))
                }
                _ => (bases, field.offset, repeat),
            };
            match nested {
                Ok(nested) => {
                    let places =
                        if open { None } else { Some(self.places(&name, bases, offset, count, stride)?) };
                    self.nesting.push(if open { 0 } else { count });
                    let bases = places.as_deref().unwrap_or(bases);
                    self.walk(nested, &format!("{name}."), bases, repeat, depth - 1)?;
                    self.nesting.pop();
                }
                Err(basic) => {
                    let runs = self.places(&name, bases, offset, 1, 0)?;
                    let length = if open && text { None } else { Some(count) };
                    let runs = Runs { begins: runs, length, big_endian: field.big_endian };
                    self.leaf(name, basic, runs, repeat)?;
                }
            }
        }
        Ok(())
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
        let wanted = bases.len().checked_mul(count).and_then(|wanted| self.places.checked_sub(wanted));
        self.places =
            wanted.ok_or_else(|| self.fault(name, "is one too many: the definition is too large"))?;
        let mut places = Vec::new();
        for base in bases {
            for index in 0..count {
                let place = index.checked_mul(stride).and_then(|place| place.checked_add(offset));
                let place = place.and_then(|place| place.checked_add(*base));
                places.push(place.ok_or_else(|| self.fault(name, BEYOND))?);
            }
        }
        Ok(places)
    }

    /// Adds a column, and where its values are.
    fn leaf(&mut self, name: String, basic: Basic, runs: Runs, repeat: Option<usize>) -> Result<(), Error> {
        let beyond = || self.fault(&name, "ends beyond any record");
        let length = runs.length.unwrap_or(0).checked_mul(basic.size()).ok_or_else(beyond)?;
        let last = runs.begins.iter().max().copied().unwrap_or_default();
        let end = last.checked_add(length).ok_or_else(beyond)?;
        let (values, bytes) = match basic {
            Basic::Text => (1, length.saturating_add(size_of::<String>())),
            _ => (runs.length.unwrap_or(1), length),
        };
        let width = runs.begins.len().checked_mul(values).ok_or_else(beyond)?;
        let cost = runs.begins.len().saturating_mul(bytes);
        let leaf = Leaf { column: self.columns.len(), runs, end };
        let nesting = if self.whole { self.nesting.clone() } else { Vec::new() };
        let offsets = repeat.map(|_| vec![0]);
        self.columns.push(Column { name, values: Packed::new(basic), width, offsets, nesting });
        let leaves = match repeat.and_then(|index| self.plan.repeats.get_mut(index)) {
            Some(repeat) => &mut repeat.leaves,
            None => &mut self.plan.fixed,
        };
        leaves.end = leaves.end.max(end);
        leaves.cost = leaves.cost.saturating_add(cost);
        leaves.all.push(leaf);
        Ok(())
    }
}
