//! The fast decoder against the slow one: the same rows, messages and fault, however the stream is cut and handed over.

use std::collections::{BTreeMap, BTreeSet};

use sliderule_records::definition::Basic;
use sliderule_records::{Batch, Column, Decoder, Definitions, Error, Frames, Item, Packed};

use crate::slow::{self, Cell, Cells, Fault, Kind, Row, Said, each_record};

/// Larger results are left out: they take long, and show nothing that smaller ones do not.
const COSTLY: u64 = 4 << 20;

/// A stream, what is known of its types, and how it is cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    /// Definitions as a server would write them, by record type.
    pub(crate) definitions: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// The types whose records are kept whole.
    pub(crate) whole: &'static [&'static str],
    /// The sizes of the chunks, over and over; none means one chunk.
    pub(crate) cuts: Vec<usize>,
    /// The largest record allowed.
    pub(crate) limit: usize,
}

/// How a stream is handed to the fast decoder.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// In one piece.
    Whole,
    /// Chunk by chunk.
    Push,
    /// Chunk by chunk, in batches that grow, in memory that is given back.
    Gather,
    /// Chunk by chunk, with each definition given when it is asked for.
    Asked,
}

/// Compares every way of decoding a stream with the slow decoder's.
pub(crate) fn check_decoder(case: &Case) {
    let mut known = Definitions::new();
    for (record_type, json) in &case.definitions {
        let _ = known.define(record_type, json);
    }
    let told = slow::decode(&known, case.whole, &case.body, case.limit);
    if told.cost > COSTLY {
        return;
    }
    for way in [Way::Whole, Way::Push, Way::Gather, Way::Asked] {
        let (said, fault) = fast(case, way, &known);
        for (index, (fast, slow)) in said.iter().zip(&told.said).enumerate() {
            assert_eq!(fast, slow, "item {index}: fast, then slow ({way:?})");
        }
        assert_eq!(said.len(), told.said.len(), "how many items: fast, then slow ({way:?})");
        assert_eq!(fault, told.fault, "the fault: fast, then slow ({way:?})");
    }
}

/// Compares the records that the frame parser cuts a stream into with the slow one's.
pub(crate) fn check_frames(case: &Case) {
    let mut records = Vec::new();
    let end = each_record(&case.body, 0, case.limit, &mut |record| {
        records.push(*record);
        Ok(())
    });
    let (mut frames, mut next, mut failure) = (Frames::with_limit(case.limit), records.iter(), None);
    'chunks: for mut chunk in chunks(&case.body, &case.cuts) {
        loop {
            match frames.pull(&mut chunk) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    let record = next.next().expect("a record that is not there");
                    assert_eq!(
                        (frame.record_type, frame.data, frame.offset),
                        (record.record_type, record.data, record.offset)
                    );
                    let data = usize::try_from(frame.data_offset()).unwrap();
                    assert_eq!(case.body.get(data..data + frame.data.len()), Some(frame.data));
                }
                Err(error) => {
                    assert_eq!(frames.pull(&mut chunk), Err(error.clone()), "an error stays");
                    failure = Some(error);
                    break 'chunks;
                }
            }
        }
    }
    assert_eq!(next.next(), None, "a record was left out");
    let finish = frames.finish().err();
    assert!(failure.is_none() || failure == finish, "{failure:?} is not {finish:?}");
    assert_eq!(finish.as_ref().map(fault), end.err());
}

/// What the fast decoder makes of a stream.
fn fast(case: &Case, way: Way, known: &Definitions) -> (Vec<Said>, Option<Fault>) {
    let given = if matches!(way, Way::Asked) { Definitions::new() } else { known.clone() };
    let mut decoder = Decoder::with_limit(given, case.limit);
    case.whole.iter().for_each(|name| decoder.keep_whole(name, &mut Vec::new()));
    let mut taken = Taken { whole: case.whole, said: Vec::new(), failure: None };
    let mut asked = BTreeSet::new();
    let cuts = if matches!(way, Way::Whole) { &[][..] } else { &case.cuts };
    for (index, chunk) in chunks(&case.body, cuts).enumerate() {
        match way {
            Way::Whole | Way::Push => taken.take(decoder.push(chunk)),
            Way::Gather => {
                let mut items = Vec::new();
                decoder.gather(chunk, &mut items);
                taken.add(items);
                if index % 3 == 2 {
                    let gathering = decoder.is_gathering();
                    let mut items = Vec::new();
                    decoder.flush(&mut items);
                    assert_eq!(!items.is_empty(), gathering);
                    taken.add(items);
                }
            }
            Way::Asked => {
                taken.take(decoder.push(chunk));
                while let Some(name) = decoder.needs().into_iter().find(|name| !asked.contains(name)) {
                    // What is no definition changes nothing, and is found out at the end.
                    if let (Some(json), Some(_)) = (case.definitions.get(&name), known.get(&name)) {
                        taken.take(decoder.define(&name, json));
                    }
                    asked.insert(name);
                }
            }
        }
    }
    let mut items = Vec::new();
    decoder.flush(&mut items);
    taken.add(items);
    let end = decoder.finish().err();
    assert!(taken.failure.is_none() || taken.failure == end, "{:?} is not {end:?}", taken.failure);
    (taken.said, end.as_ref().map(fault))
}

/// What came out so far.
struct Taken {
    whole: &'static [&'static str],
    said: Vec<Said>,
    failure: Option<Error>,
}

impl Taken {
    /// Notes what came out of a call. After an error nothing may come but the same error.
    fn take(&mut self, outcome: Result<Vec<Item>, Error>) {
        match (outcome, &self.failure) {
            (Ok(items), None) => self.add(items),
            (Err(error), None) => self.failure = Some(error),
            (outcome, Some(before)) => assert_eq!(outcome.as_ref(), Err(before), "an error stays"),
        }
    }

    /// Notes what was handed over, which after an error may be nothing.
    fn add(&mut self, items: Vec<Item>) {
        assert!(self.failure.is_none() || items.is_empty(), "{items:?} after an error");
        for item in items {
            match item {
                Item::Batch(batch) => {
                    assert!(batch.length > 0, "a batch without rows");
                    let whole = self.whole.contains(&batch.record_type.as_str());
                    assert!(!whole || batch.length == 1, "records that are kept whole are joined");
                    let row = |row| Said::Row(batch.record_type.clone(), row_of(&batch, row));
                    self.said.extend((0..batch.length).map(row));
                }
                Item::Event(event) => self.said.push(Said::Event(event)),
                Item::Exception(exception) => self.said.push(Said::Exception(exception)),
            }
        }
    }
}

fn chunks<'b>(body: &'b [u8], cuts: &[usize]) -> impl Iterator<Item = &'b [u8]> {
    let mut sizes = cuts.iter().copied().cycle();
    let mut rest = body;
    std::iter::from_fn(move || {
        let size = sizes.next().unwrap_or(usize::MAX).clamp(1, rest.len().max(1)).min(rest.len());
        let (chunk, others) = rest.split_at(size);
        rest = others;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// One row of a batch.
fn row_of(batch: &Batch, row: usize) -> Row {
    let cells = |column: &Column| {
        let Column { name, values, width, offsets, nesting } = column;
        let (from, to) = match offsets {
            Some(offsets) => {
                assert_eq!(offsets.len(), batch.length + 1);
                (offsets[row] as usize, offsets[row + 1] as usize)
            }
            None => (row, row + 1),
        };
        let items = offsets.as_ref().map_or(batch.length, |offsets| offsets[batch.length] as usize);
        assert_eq!(values.len(), items * width, "values of {name}");
        let cells = (from * width..to * width).map(|index| cell(values, index)).collect();
        let (name, nesting) = (name.clone(), nesting.clone());
        Cells { name, width: *width, list: offsets.is_some(), nesting, cells }
    };
    batch.columns.iter().map(cells).collect()
}

fn cell(values: &Packed, index: usize) -> Cell {
    let size = values.basic().size();
    let bytes = values.bytes().chunks_exact(size).nth(index).unwrap_or_default();
    match values.basic() {
        Basic::I8 => Cell::I8(i8::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::I16 => Cell::I16(i16::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::I32 => Cell::I32(i32::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::I64 => Cell::I64(i64::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::U8 => Cell::U8(u8::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::U16 => Cell::U16(u16::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::U32 => Cell::U32(u32::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::U64 => Cell::U64(u64::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::F32 => Cell::F32(u32::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::F64 => Cell::F64(u64::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::Time => Cell::Time(i64::from_ne_bytes(bytes.try_into().unwrap())),
        Basic::Text => Cell::Text(values.text(index).unwrap().to_owned()),
        Basic::Bits => panic!("bit fields are left out"),
    }
}

/// What the slow decoder would call an error.
fn fault(error: &Error) -> Fault {
    let kind = match &**error {
        sliderule_records::Fault::Version { .. } => Kind::Version,
        sliderule_records::Fault::TypeName { .. } => Kind::TypeName,
        sliderule_records::Fault::Truncated { received, .. } => Kind::Truncated(*received),
        sliderule_records::Fault::Container { .. } => Kind::Container,
        sliderule_records::Fault::Undefined { .. } => Kind::Undefined,
        sliderule_records::Fault::TooLarge { .. }
        | sliderule_records::Fault::PastEnd { .. }
        | sliderule_records::Fault::Definition { .. }
        | sliderule_records::Fault::UnknownType { .. } => Kind::Unfit,
        sliderule_records::Fault::Encode { .. } => panic!("nothing is encoded here: {error}"),
    };
    Fault { offset: error.offset().expect("an error of a stream without its place"), kind }
}
