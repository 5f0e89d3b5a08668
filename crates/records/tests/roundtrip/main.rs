//! Whatever definition a server has and whatever values it sends, what was encoded is what is decoded,
//! alone or in a container and however the stream is cut; and a stream cut short is an error.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use proptest::prelude::*;
mod specs;

use sliderule_records::encode::{self, Record, Scalar, Writer};
use sliderule_records::{Batch, Decoder, Definitions, Fault, Item, Packed, Values};
use specs::{Kind, Spec, define, record, size_of_basic};

/// One decoded value, comparable bit by bit.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Integer(i128),
    Float(u64),
    Text(String),
}

type Row = BTreeMap<String, Vec<Cell>>;

/// A source of values that needs no shrinking.
struct Bits(u64);

impl Bits {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// A value of a basic type: what to write and what to read.
fn value(basic: &str, bits: u64) -> (Scalar<'static>, Cell) {
    let integer = |value: i128| (Scalar::Integer(value), Cell::Integer(value));
    match basic {
        "INT8" => integer((bits as i8).into()),
        "INT16" => integer((bits as i16).into()),
        "INT32" => integer((bits as i32).into()),
        "INT64" | "TIME8" => integer((bits as i64).into()),
        "UINT8" | "BOOL" => integer((bits as u8).into()),
        "UINT16" => integer((bits as u16).into()),
        "UINT32" => integer((bits as u32).into()),
        "UINT64" => integer(bits.into()),
        "FLOAT" => {
            // A NaN may lose its payload on the way through a double.
            let value = Some(f32::from_bits(bits as u32)).filter(|value| !value.is_nan()).unwrap_or(f32::NAN);
            (value.into(), Cell::Float(f64::from(value).to_bits()))
        }
        _ => (f64::from_bits(bits).into(), Cell::Float(bits)),
    }
}

/// Writes every field and returns what must be read: by column, the cells of one row.
fn fill(writer: &mut Writer<'_>, letter: char, specs: &[Spec], bits: &mut Bits) -> Row {
    let mut row = Row::new();
    for (index, spec) in specs.iter().enumerate() {
        let name = format!("{letter}{index}");
        let count = if spec.elements == 0 { bits.below(4) } else { spec.elements };
        match &spec.kind {
            Kind::Pointer | Kind::Bits => {}
            Kind::Basic(basic) => {
                let (scalars, cells): (Vec<_>, Vec<_>) =
                    (0..count).map(|_| value(basic, bits.next())).unzip();
                writer.set_all(&name, scalars).unwrap();
                if let Some((other, _)) = spec.overlap(&name) {
                    let bytes = cells.iter().flat_map(|cell| bytes_of(basic, cell, spec.big_endian));
                    row.insert(other, bytes.map(|byte| Cell::Integer(byte.into())).collect());
                }
                row.insert(name, cells);
            }
            Kind::Text => {
                let length = bits.below(if spec.elements == 0 { 20 } else { spec.elements + 1 });
                let text: String = (0..length).map(|_| char::from(b'a' + bits.below(26) as u8)).collect();
                writer.set(&name, text.as_str()).unwrap();
                row.insert(name, vec![Cell::Text(text)]);
            }
            Kind::Nested(inner) => {
                let inner_letter = if letter == 'f' { 'g' } else { 'f' };
                for column in empty(inner, inner_letter) {
                    row.insert(format!("{name}.{column}"), Vec::new());
                }
                for index in 0..count {
                    let element = fill(&mut writer.element(&name, index).unwrap(), inner_letter, inner, bits);
                    for (column, cells) in element {
                        row.get_mut(&format!("{name}.{column}")).unwrap().extend(cells);
                    }
                }
            }
        }
    }
    row
}

/// The bytes of a number in a record.
fn bytes_of(basic: &str, cell: &Cell, big_endian: bool) -> Vec<u8> {
    let mut bytes = match (basic, cell) {
        ("FLOAT", Cell::Float(bits)) => (f64::from_bits(*bits) as f32).to_le_bytes().to_vec(),
        (_, Cell::Float(bits)) => bits.to_le_bytes().to_vec(),
        (_, Cell::Integer(value)) => value.to_le_bytes()[..size_of_basic(basic)].to_vec(),
        (_, Cell::Text(text)) => panic!("{text} is no number"),
    };
    if big_endian {
        bytes.reverse();
    }
    bytes
}

/// The names of the columns of `specs`.
fn empty(specs: &[Spec], letter: char) -> Vec<String> {
    let columns = specs.iter().enumerate().flat_map(|(index, spec)| match &spec.kind {
        Kind::Pointer | Kind::Bits => Vec::new(),
        Kind::Nested(inner) => empty(inner, if letter == 'f' { 'g' } else { 'f' })
            .into_iter()
            .map(|column| format!("{letter}{index}.{column}"))
            .collect(),
        _ => {
            let name = format!("{letter}{index}");
            spec.overlap(&name).map(|(other, _)| other).into_iter().chain([name]).collect()
        }
    });
    columns.collect()
}

/// The rows that a record must give, written the obvious way.
fn rows_of(specs: &[Spec], row: Row) -> Vec<Row> {
    let element = specs.iter().position(|spec| spec.elements == 0 && matches!(spec.kind, Kind::Nested(_)));
    let Some(element) = element else { return vec![row] };
    let Kind::Nested(inner) = &specs[element].kind else { unreachable!() };
    let prefix = format!("f{element}.");
    let (cells, header): (Row, Row) = row.into_iter().partition(|(name, _)| name.starts_with(&prefix));
    // How many cells each column has per element, from the columns' shapes alone.
    let widths = widths(inner, 'g');
    let count =
        cells.iter().map(|(name, cells)| cells.len() / widths[&name[prefix.len()..]]).max().unwrap_or(0);
    (0..count)
        .map(|index| {
            let mut row = header.clone();
            for (name, cells) in &cells {
                let own = &name[prefix.len()..];
                let width = widths[own];
                row.insert(own.to_owned(), cells[index * width..(index + 1) * width].to_vec());
            }
            row
        })
        .collect()
}

fn widths(specs: &[Spec], letter: char) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for (index, spec) in specs.iter().enumerate() {
        let name = format!("{letter}{index}");
        match &spec.kind {
            Kind::Pointer | Kind::Bits => {}
            Kind::Text => drop(all.insert(name, 1)),
            Kind::Basic(_) => {
                all.extend(spec.overlap(&name));
                all.insert(name, spec.elements);
            }
            Kind::Nested(inner) => {
                for (column, width) in widths(inner, if letter == 'f' { 'g' } else { 'f' }) {
                    all.insert(format!("{name}.{column}"), width * spec.elements);
                }
            }
        }
    }
    all
}

fn decoded(batch: &Batch) -> Vec<Row> {
    let row = |row: usize| {
        let columns = batch.columns.iter().map(|column| {
            let (from, to) = match &column.offsets {
                Some(offsets) => (offsets[row] as usize, offsets[row + 1] as usize),
                None => (row, row + 1),
            };
            let cells =
                (from * column.width..to * column.width).map(|index| cell(&column.values, index)).collect();
            (column.name.clone(), cells)
        });
        columns.collect()
    };
    (0..batch.length).map(row).collect()
}

fn cell(values: &Packed, index: usize) -> Cell {
    if let Some(integer) = values.integer(index) {
        return Cell::Integer(integer.into());
    }
    match values.unpack() {
        Values::F32(values) => Cell::Float(f64::from(values[index]).to_bits()),
        Values::F64(values) => Cell::Float(values[index].to_bits()),
        Values::U64(values) => Cell::Integer(values[index].into()),
        Values::Text(values) => Cell::Text(values[index].clone()),
        other => panic!("no value of {other:?}"),
    }
}

/// Definitions of the types `r0`, `r1`, …, a stream of some of their records, and its rows.
#[derive(Clone, Debug)]
struct Stream {
    definitions: Definitions,
    bytes: Vec<u8>,
    /// Where each record begins, and the end.
    bounds: Vec<usize>,
    rows: Vec<(String, Row)>,
}

fn stream() -> impl Strategy<Value = Stream> {
    let records = prop::collection::vec(record(), 1..4);
    let pick = || (any::<prop::sample::Index>(), any::<u64>());
    // One record stands alone; several are packed into a container.
    let picks = prop::collection::vec(
        prop_oneof![2 => prop::collection::vec(pick(), 1), 1 => prop::collection::vec(pick(), 0..4)],
        1..6,
    );
    (records, picks).prop_map(|(types, picks)| {
        let mut definitions = Definitions::new();
        for (index, specs) in types.iter().enumerate() {
            define(&mut definitions, &format!("r{index}"), 'f', specs);
        }
        let (mut bytes, mut bounds, mut rows) = (Vec::new(), vec![0], Vec::new());
        for picks in picks {
            let mut frames = Vec::new();
            for (pick, seed) in &picks {
                let index = pick.index(types.len());
                let name = format!("r{index}");
                let mut record = Record::new(&definitions, &name).unwrap();
                let row = fill(&mut record.root(), 'f', &types[index], &mut Bits(*seed));
                rows.extend(rows_of(&types[index], row).into_iter().map(|row| (name.clone(), row)));
                frames.push(record.frame().unwrap());
            }
            bytes.extend(if picks.len() == 1 { frames.concat() } else { container(&frames) });
            bounds.push(bytes.len());
        }
        Stream { definitions, bytes, bounds, rows }
    })
}

/// A container as servers pack it: with an index that says where each record is.
fn container(frames: &[Vec<u8>]) -> Vec<u8> {
    let start = 8 + 8 * frames.len();
    let word = |number: usize| (number as u32).to_le_bytes();
    let mut data = [word(frames.len()), word(start)].concat();
    let mut offset = start;
    for frame in frames {
        data.extend([word(frame.len()), word(offset)].concat());
        offset += frame.len();
    }
    data.extend(frames.concat());
    encode::frame("conrec", &data).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_is_decoded_however_it_is_cut(stream in stream(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.bytes.len())).collect();
        cuts.sort_unstable();
        cuts.push(stream.bytes.len());
        let mut decoder = Decoder::new(stream.definitions.clone());
        let (mut rows, mut begin) = (Vec::new(), 0);
        for cut in cuts {
            for item in decoder.push(&stream.bytes[begin..cut]).unwrap() {
                let Item::Batch(batch) = item else { panic!("{item:?}") };
                rows.extend(decoded(&batch).into_iter().map(|row| (batch.record_type.clone(), row)));
            }
            begin = cut;
        }
        prop_assert_eq!(decoder.finish(), Ok(()));
        // Records without a decoded field have rows without columns, of which there is nothing to compare.
        let columns = |(_, row): &(String, Row)| !row.is_empty();
        rows.retain(columns);
        let wanted: Vec<_> = stream.rows.into_iter().filter(columns).collect();
        prop_assert_eq!(rows, wanted);
    }

    #[test]
    fn a_stream_cut_inside_a_record_is_an_error_that_names_the_record(stream in stream()) {
        for cut in 0..=stream.bytes.len() {
            let mut decoder = Decoder::new(stream.definitions.clone());
            decoder.push(&stream.bytes[..cut]).unwrap();
            let record = *stream.bounds.iter().rfind(|bound| **bound <= cut).unwrap();
            let wanted = if record == cut {
                Ok(())
            } else {
                Err(Fault::Truncated { offset: record as u64, received: (cut - record) as u64 }.into())
            };
            prop_assert_eq!(decoder.finish(), wanted);
        }
    }

    #[test]
    fn one_byte_a_chunk_gives_the_rows_of_one_chunk(stream in stream()) {
        let rows = |chunk: usize| {
            let mut decoder = Decoder::new(stream.definitions.clone());
            let items = stream.bytes.chunks(chunk).flat_map(|chunk| decoder.push(chunk).unwrap()).collect::<Vec<_>>();
            let batches = items.iter().filter_map(|item| if let Item::Batch(batch) = item { Some(batch) } else { None });
            batches.flat_map(|batch| decoded(batch).into_iter().map(|row| (batch.record_type.clone(), row))).collect::<Vec<_>>()
        };
        prop_assert_eq!(rows(1), rows(stream.bytes.len()));
    }
}
