//! The fast decoder against the slow one: the same rows, messages and fault, however the stream is cut and handed over.

use std::collections::{BTreeMap, BTreeSet};

use sliderule_records::{Batch, Column, Decoder, Definitions, Error, Frames, Item, Values};

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
    case.whole.iter().for_each(|name| decoder.keep_whole(name));
    let mut taken = Taken { whole: case.whole, said: Vec::new(), failure: None };
    let mut asked = BTreeSet::new();
    let cuts = if matches!(way, Way::Whole) { &[][..] } else { &case.cuts };
    for (index, chunk) in chunks(&case.body, cuts).enumerate() {
        match way {
            Way::Whole | Way::Push => taken.take(decoder.push(chunk)),
            Way::Gather => {
                let batch = taken.take(decoder.gather(chunk));
                batch.into_iter().for_each(|batch| decoder.recycle(batch));
                if index % 3 == 2 {
                    let gathering = decoder.is_gathering();
                    let batch = taken.take(decoder.flush());
                    assert_eq!(batch.is_some(), gathering);
                    batch.into_iter().for_each(|batch| decoder.recycle(batch));
                }
                None
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
                None
            }
        };
    }
    taken.take(decoder.flush());
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
    /// Notes what came out of a call; the last batch of it. After an error nothing may come but the same error.
    fn take(&mut self, outcome: Result<Vec<Item>, Error>) -> Option<Batch> {
        let items = match (outcome, &self.failure) {
            (Ok(items), None) => items,
            (Err(error), None) => {
                self.failure = Some(error);
                return None;
            }
            (outcome, Some(before)) => {
                assert_eq!(outcome.as_ref(), Err(before), "an error stays");
                return None;
            }
        };
        let mut last = None;
        for item in items {
            match item {
                Item::Batch(batch) => {
                    assert!(batch.length > 0, "a batch without rows");
                    let whole = self.whole.contains(&batch.record_type.as_str());
                    assert!(!whole || batch.length == 1, "records that are kept whole are joined");
                    let row = |row| Said::Row(batch.record_type.clone(), row_of(&batch, row));
                    self.said.extend((0..batch.length).map(row));
                    last = Some(batch);
                }
                Item::Event(event) => self.said.push(Said::Event(event)),
                Item::Exception(exception) => self.said.push(Said::Exception(exception)),
            }
        }
        last
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

fn cell(values: &Values, index: usize) -> Cell {
    match values {
        Values::I8(values) => Cell::I8(values[index]),
        Values::I16(values) => Cell::I16(values[index]),
        Values::I32(values) => Cell::I32(values[index]),
        Values::I64(values) => Cell::I64(values[index]),
        Values::U8(values) => Cell::U8(values[index]),
        Values::U16(values) => Cell::U16(values[index]),
        Values::U32(values) => Cell::U32(values[index]),
        Values::U64(values) => Cell::U64(values[index]),
        Values::F32(values) => Cell::F32(values[index].to_bits()),
        Values::F64(values) => Cell::F64(values[index].to_bits()),
        Values::Time(values) => Cell::Time(values[index]),
        Values::Text(_) => Cell::Text(values.text(index).unwrap().to_owned()),
    }
}

/// What the slow decoder would call an error.
fn fault(error: &Error) -> Fault {
    let kind = match error {
        Error::Version { .. } => Kind::Version,
        Error::TypeName { .. } => Kind::TypeName,
        Error::Truncated { received, .. } => Kind::Truncated(*received),
        Error::Container { .. } => Kind::Container,
        Error::Undefined { .. } => Kind::Undefined,
        Error::TooLarge { .. }
        | Error::PastEnd { .. }
        | Error::Definition { .. }
        | Error::UnknownType { .. } => Kind::Unfit,
        Error::Encode { .. } => panic!("nothing is encoded here: {error}"),
    };
    Fault { offset: error.offset().expect("an error of a stream without its place"), kind }
}
