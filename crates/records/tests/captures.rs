//! Streams of real servers decode to what an independent decoder made of them: every value of every
//! record of two releases, however the stream is cut.
//!
//! A few small streams live in `tests/data`. The rest are read from the folder `shared/captures` beside the
//! repository, and skipped with a printed reason where it is absent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use sliderule_records::{Batch, Decoder, Item, Packed, Values};

/// Uninitialised memory in v4.0.2.
const UNDEFINED: &str = "pflags";

/// What a stream says, with rows as JSON, so that it can be compared with the independent decoder.
#[derive(Debug, PartialEq)]
enum Said {
    Row(String, Value),
    Event { level: i64, source: String, text: String },
    Exception { code: i64, level: i64, text: String },
}

#[test]
fn the_streams_kept_here_decode_to_their_independent_decoding() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    assert_eq!(compare_all(&data), 4);
}

#[test]
fn every_capture_decodes_to_its_independent_decoding() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures");
    if !captures.is_dir() {
        eprintln!("skipped: there is no folder {}", captures.display());
        return;
    }
    assert!(compare_all(&captures) >= 9);
}

#[test]
fn the_worked_example_has_the_values_of_the_protocol_description() {
    let body = fs::read(data("v4.0.2/atl06-track1-small.body")).unwrap();
    let items = decode(&data("v4.0.2/definitions.json"), &body, body.len());
    let Some(Item::Batch(batch)) = items.iter().find(|item| matches!(item, Item::Batch(_))) else { panic!() };
    assert_eq!((batch.record_type.as_str(), batch.length), ("atl06rec", 38));
    let first = |name: &str| batch.column(name).unwrap().values.integer(0);
    assert_eq!(first("extent_id"), Some(4_715_269_253_312_282_626));
    assert_eq!(first("time"), Some(1_564_764_800_002_800_128));
    assert_eq!(first("segment_id"), Some(500_001));
    let Values::F64(heights) = batch.column("h_mean").unwrap().values.unpack() else { panic!() };
    assert_eq!(heights[0], 1_500.319_552_629_910_5);
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Compares every stream below `root` that has a `.decoded.json`; how many there are.
fn compare_all(root: &Path) -> usize {
    let mut compared = 0;
    for release in entries(root).filter(|path| path.is_dir()) {
        let definitions = release.join("definitions.json");
        for body in entries(&release)
            .flat_map(|path| if path.is_dir() { entries(&path).collect() } else { vec![path] })
        {
            let expected = body.with_extension("decoded.json");
            if body.extension().is_some_and(|extension| extension == "body") && expected.is_file() {
                compare(&definitions, &body, &expected);
                compared += 1;
            }
        }
    }
    compared
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
}

fn compare(definitions: &Path, body: &Path, expected: &Path) {
    let bytes = fs::read(body).unwrap();
    let expected: Vec<Value> = serde_json::from_slice(&fs::read(expected).unwrap()).unwrap();
    let mut wanted = Vec::new();
    expected.iter().for_each(|record| want(record, &mut wanted));
    for chunk in [bytes.len(), 1, 7, 1000] {
        let said: Vec<_> = decode(definitions, &bytes, chunk).iter().flat_map(said).collect();
        assert_eq!(said.len(), wanted.len(), "{} in chunks of {chunk}", body.display());
        for (index, (said, wanted)) in said.iter().zip(&wanted).enumerate() {
            assert_eq!(said, wanted, "{} in chunks of {chunk}, item {index}", body.display());
        }
    }
}

/// Decodes a stream, giving each definition only when it is asked for.
fn decode(definitions: &Path, bytes: &[u8], chunk: usize) -> Vec<Item> {
    let definitions: Map<String, Value> = serde_json::from_slice(&fs::read(definitions).unwrap()).unwrap();
    let mut decoder = Decoder::default();
    let mut items = Vec::new();
    for chunk in bytes.chunks(chunk) {
        items.extend(decoder.push(chunk).unwrap());
        while let Some(name) = decoder.needs().first() {
            items.extend(decoder.define(name, &definitions[name].to_string()).unwrap());
        }
    }
    decoder.finish().unwrap();
    items
}

/// What one item says.
fn said(item: &Item) -> Vec<Said> {
    match item {
        Item::Batch(batch) => {
            (0..batch.length).map(|row| Said::Row(batch.record_type.clone(), row_of(batch, row))).collect()
        }
        Item::Event(event) => vec![Said::Event {
            level: event.level.into(),
            source: event.source.clone(),
            text: event.text.clone(),
        }],
        Item::Exception(exception) => vec![Said::Exception {
            code: exception.code.into(),
            level: exception.level.into(),
            text: exception.text.clone(),
        }],
    }
}

fn row_of(batch: &Batch, row: usize) -> Value {
    let columns = batch.columns.iter().filter(|column| column.name != UNDEFINED);
    let fields = columns.map(|column| {
        let (from, to) = match &column.offsets {
            Some(offsets) => (offsets[row] as usize, offsets[row + 1] as usize),
            None => (row, row + 1),
        };
        let cells = from * column.width..to * column.width;
        let value = match (column.values.unpack(), column.width, &column.offsets) {
            // The independent decoder prints the beginning of long byte arrays.
            (Values::U8(bytes), 1, Some(_)) => {
                let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                json!({ "hex": hex(&bytes[from..to.min(from + 64)]), "bytes": to - from })
            }
            (_, 1, None) => cell(&column.values, from),
            _ => cells.map(|index| cell(&column.values, index)).collect(),
        };
        (column.name.clone(), value)
    });
    Value::Object(fields.collect())
}

fn cell(values: &Packed, index: usize) -> Value {
    if let Some(integer) = values.integer(index) {
        return json!(integer);
    }
    match values.unpack() {
        Values::F32(values) => float(f64::from(values[index])),
        Values::F64(values) => float(values[index]),
        Values::U64(values) => json!(values[index]),
        Values::Text(values) => json!(values[index]),
        other => panic!("no value of {other:?}"),
    }
}

/// A number as the file has it: printed with the fewest digits that tell it apart, then read by serde_json,
/// which may be off in the last bit. Both sides go that way, so that equal numbers stay equal.
fn float(value: f64) -> Value {
    serde_json::from_str(&format!("{value:?}")).unwrap()
}

/// What one record of the independent decoding says: a record with one array of records is a row per
/// element, with the record's own values in each.
fn want(record: &Value, wanted: &mut Vec<Said>) {
    if let Some(contained) = record["contained"].as_array() {
        return contained.iter().for_each(|record| want(record, wanted));
    }
    let fields = record["fields"].as_object().unwrap();
    let text =
        |new: &str, old: &str| fields.get(new).or(fields.get(old)).unwrap().as_str().unwrap().to_owned();
    let integer = |name: &str| fields[name].as_i64().unwrap();
    match record["rectype"].as_str().unwrap() {
        "eventrec" => wanted.push(Said::Event {
            level: integer("level"),
            source: text("source", "name"),
            text: text("message", "attr"),
        }),
        "exceptrec" => wanted.push(Said::Exception {
            code: integer("code"),
            level: integer("level"),
            text: text("text", "text"),
        }),
        record_type => {
            let elements =
                |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_object));
            let mut own = fields.clone();
            let nested = fields.iter().find(|(_, value)| elements(value)).map(|(name, _)| name.clone());
            let nested = nested.and_then(|name| own.remove(&name));
            let rows = nested.as_ref().and_then(Value::as_array).cloned().unwrap_or_else(|| vec![json!({})]);
            for row in rows {
                let mut all = own.clone();
                all.extend(row.as_object().unwrap().clone());
                all.remove(UNDEFINED);
                wanted.push(Said::Row(record_type.to_owned(), Value::Object(all)));
            }
        }
    }
}
