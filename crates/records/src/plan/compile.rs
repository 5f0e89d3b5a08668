//! The walk through a definition and all that it nests, which finds the columns and where their values are.

use sliderule_columns::Runs;

use super::{Heading, Leaf, Repeat};
use crate::definition::{Basic, Definition, Elements, FieldType, fault};
use crate::definitions::Definitions;
use crate::error::Error;

/// How many places a definition may describe, counting nested arrays element by element: a bound on
/// the work that a hostile definition can cause.
pub(super) const PLACES: usize = 1 << 16;

/// A plan in the making.
pub(super) struct Compiler<'d> {
    pub(super) definitions: &'d Definitions,
    pub(super) record_type: &'d str,
    pub(super) whole: bool,
    /// How many more places may be described.
    pub(super) places: usize,
    /// Around the field at hand: the elements of each nested field, see [`Column::nesting`].
    pub(super) nesting: Vec<usize>,
    pub(super) headings: Vec<Heading>,
    pub(super) fixed: Vec<Leaf>,
    pub(super) repeats: Vec<Repeat>,
}

impl<'d> Compiler<'d> {
    pub(super) fn lookup(&self, record_type: &str) -> Result<&'d Definition, Error> {
        self.definitions
            .get(record_type)
            .ok_or_else(|| Error::UnknownType { record_type: record_type.to_owned(), offset: None })
    }

    fn fault(&self, name: &str, problem: &str) -> Error {
        fault(self.record_type, format!("field `{name}` {problem}"))
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
        let leaf = Leaf {
            column: self.headings.len(),
            runs: Runs { begins: runs, length: run, big_endian },
            end,
            cost,
        };
        let nesting = if self.whole { self.nesting.clone() } else { Vec::new() };
        self.headings.push(Heading { name, basic, width, list: repeat.is_some(), nesting });
        match repeat.and_then(|index| self.repeats.get_mut(index)) {
            Some(repeat) => repeat.leaves.push(leaf),
            None => self.fixed.push(leaf),
        }
        Ok(())
    }
}
