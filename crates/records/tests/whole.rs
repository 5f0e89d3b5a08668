//! Records that are kept whole: one batch each, nothing flattened, nothing joined, nothing dropped, in their order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use sliderule_records::{Batch, Column, Decoder, Definitions, Item, Values, encode};

/// A definition from one line per field: name, type, byte offset, elements.
fn define(definitions: &mut Definitions, name: &str, stride: usize, fields: &[(&str, &str, usize, usize)]) {
    let mut object = json!({ "__datasize": stride });
    for (field, kind, offset, elements) in fields {
        object[field] = json!({ "type": kind, "offset": offset * 8, "elements": elements, "flags": "LE" });
    }
    definitions.define(name, &object.to_string()).unwrap();
}

/// An extent with a header and points, as `atl03rec` is one.
fn extents() -> Definitions {
    let mut definitions = Definitions::new();
    define(&mut definitions, "extent", 0, &[("id", "UINT8", 0, 1), ("points", "extent.point", 1, 0)]);
    define(&mut definitions, "extent.point", 2, &[("x", "INT8", 0, 1), ("y", "INT8", 1, 1)]);
    define(&mut definitions, "other", 0, &[("n", "UINT8", 0, 1)]);
    definitions
}

fn whole(definitions: Definitions, types: &[&str]) -> Decoder {
    let mut decoder = Decoder::new(definitions);
    types.iter().for_each(|name| decoder.keep_whole(name, &mut Vec::new()));
    decoder
}

fn stream(records: &[(&str, &[u8])]) -> Vec<u8> {
    records.iter().flat_map(|(name, data)| encode::frame(name, data).unwrap()).collect()
}

fn batches(items: Vec<Item>) -> Vec<Batch> {
    let batch = |item| match item {
        Item::Batch(batch) => batch,
        other => panic!("{other:?}"),
    };
    items.into_iter().map(batch).collect()
}

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values: values.into(), width: 1, offsets: None, nesting: Vec::new() }
}

#[test]
fn a_whole_record_is_a_batch_of_one_row_with_its_elements_as_lists() {
    let mut decoder = whole(extents(), &["extent"]);
    let batches = batches(decoder.push(&stream(&[("extent", &[7, 1, 2, 3, 4])])).unwrap());
    let list = |name, values| Column { offsets: Some(vec![0, 2]), nesting: vec![0], ..column(name, values) };
    assert_eq!(batches.len(), 1);
    assert_eq!((batches[0].record_type.as_str(), batches[0].length), ("extent", 1));
    assert_eq!(
        batches[0].columns,
        [
            column("id", Values::U8(vec![7])),
            list("points.x", Values::I8(vec![1, 3])),
            list("points.y", Values::I8(vec![2, 4])),
        ]
    );
}

#[test]
fn neighbours_of_a_type_stay_apart_and_a_header_without_elements_stays() {
    let bytes = stream(&[("extent", &[1, 9, 9]), ("extent", &[2]), ("extent", &[3, 5, 6])]);
    for chunk in [1, 7, bytes.len()] {
        let mut decoder = whole(extents(), &["extent"]);
        let mut items = Vec::new();
        bytes.chunks(chunk).for_each(|chunk| decoder.gather(chunk, &mut items));
        assert!(!decoder.is_gathering(), "whole records wait for nobody");
        let batches = batches(items);
        let ids: Vec<_> = batches.iter().map(|batch| batch.columns[0].values.integer(0).unwrap()).collect();
        assert_eq!(ids, [1, 2, 3]);
        let counts: Vec<_> = batches.iter().map(|batch| batch.column("points.x").unwrap()).collect();
        assert_eq!(counts[1].offsets, Some(vec![0, 0]));
        assert_eq!(counts[1].values, Values::I8(Vec::new()));
        decoder.finish().unwrap();
    }
}

#[test]
fn other_types_are_flattened_as_ever_and_the_order_is_kept() {
    let bytes = stream(&[
        ("other", &[1]),
        ("other", &[2]),
        ("extent", &[7]),
        ("other", &[3]),
        ("extent", &[8, 1, 2]),
        ("extent", &[9]),
    ]);
    let mut decoder = whole(extents(), &["extent"]);
    let mut items = Vec::new();
    decoder.gather(&bytes, &mut items);
    decoder.flush(&mut items);
    let said: Vec<_> = batches(items).into_iter().map(|batch| (batch.record_type, batch.length)).collect();
    let said: Vec<_> = said.iter().map(|(name, rows)| (name.as_str(), *rows)).collect();
    assert_eq!(said, [("other", 2), ("extent", 1), ("other", 1), ("extent", 1), ("extent", 1)]);

    let mut decoder = Decoder::new(extents());
    let flat = batches(decoder.push(&bytes).unwrap());
    assert_eq!(flat.iter().filter(|batch| batch.record_type == "extent").count(), 1);
    assert_eq!(flat[2].column("x").unwrap().nesting, [0; 0]);
}

#[test]
fn the_memory_of_a_record_that_was_handed_over_holds_the_next_one() {
    let mut decoder = whole(extents(), &["extent"]);
    decoder.push(&stream(&[("extent", &[1, 9, 9, 8, 8])])).unwrap();
    let second = batches(decoder.push(&stream(&[("extent", &[2, 5, 6])])).unwrap()).remove(0);
    assert_eq!(second.column("points.x").unwrap().offsets, Some(vec![0, 1]));
    assert_eq!(second.column("points.y").unwrap().values, Values::I8(vec![6]));
}

#[test]
fn a_type_can_be_kept_whole_once_its_records_have_come() {
    let mut decoder = Decoder::new(extents());
    let mut before = Vec::new();
    decoder.gather(&stream(&[("extent", &[1, 9, 9])]), &mut before);
    assert_eq!(before, []);
    decoder.keep_whole("extent", &mut before);
    assert_eq!(batches(before)[0].column("x").unwrap().values, Values::I8(vec![9]));
    let next = batches(decoder.push(&stream(&[("extent", &[2, 5, 6])])).unwrap()).remove(0);
    assert_eq!(next.column("points.x").unwrap().offsets, Some(vec![0, 1]));
}

#[test]
fn columns_say_what_they_are_nested_in() {
    let mut definitions = Definitions::new();
    define(
        &mut definitions,
        "r",
        0,
        &[
            ("pairs", "r.pair", 0, 2),
            ("one", "r.pair", 12, 1),
            ("plain", "UINT8", 18, 3),
            ("rest", "r.pair", 21, 0),
        ],
    );
    define(&mut definitions, "r.pair", 6, &[("v", "UINT8", 0, 2), ("ends", "r.end", 2, 2)]);
    define(&mut definitions, "r.end", 2, &[("at", "UINT16", 0, 1)]);
    let mut decoder = whole(definitions, &["r"]);
    let data: Vec<u8> = (0..21 + 6).collect();
    let batch = batches(decoder.push(&stream(&[("r", &data)])).unwrap()).remove(0);
    let shape = |column: &Column| (column.name.clone(), column.width, column.nesting.clone());
    assert_eq!(
        batch.columns.iter().map(shape).collect::<Vec<_>>(),
        [
            ("pairs.v".to_owned(), 4, vec![2]),
            ("pairs.ends.at".to_owned(), 4, vec![2, 2]),
            ("one.v".to_owned(), 2, vec![1]),
            ("one.ends.at".to_owned(), 2, vec![1, 2]),
            ("plain".to_owned(), 3, vec![]),
            ("rest.v".to_owned(), 2, vec![0]),
            ("rest.ends.at".to_owned(), 2, vec![0, 2]),
        ]
    );
    assert_eq!(batch.column("pairs.v").unwrap().values, Values::U8(vec![0, 1, 6, 7]));
    assert_eq!(batch.column("rest.v").unwrap().offsets, Some(vec![0, 1]));
}

#[test]
fn messages_that_are_kept_whole_are_messages_and_batches() {
    let mut definitions = extents();
    define(
        &mut definitions,
        "exceptrec",
        264,
        &[("code", "INT32", 0, 1), ("level", "INT32", 4, 1), ("text", "STRING", 8, 16)],
    );
    define(&mut definitions, "eventrec", 5, &[("level", "UINT32", 0, 1), ("message", "STRING", 4, 0)]);
    let mut exception = vec![255, 255, 255, 255, 1, 0, 0, 0];
    exception.extend(b"all went well\0\0\0");
    let bytes = stream(&[
        ("other", &[1]),
        ("exceptrec", &exception),
        ("eventrec", b"\x02\0\0\0hello"),
        ("other", &[2]),
    ]);
    let kinds = |types: &[&str]| {
        let items = whole(definitions.clone(), types).push(&bytes).unwrap();
        let kind = |item: &Item| match item {
            Item::Batch(batch) => batch.record_type.clone(),
            Item::Event(event) => format!("event: {}", event.text),
            Item::Exception(exception) => format!("exception: {}", exception.text),
        };
        items.iter().map(kind).collect::<Vec<_>>()
    };
    let (event, exception) = ("event: hello", "exception: all went well");
    assert_eq!(kinds(&[]), ["other", exception, event, "other"]);
    assert_eq!(kinds(&["exceptrec"]), ["other", exception, "exceptrec", event, "other"]);
    let both = ["other", exception, "exceptrec", event, "eventrec", "other"];
    assert_eq!(kinds(&["eventrec", "exceptrec"]), both);

    let items = whole(definitions, &["exceptrec"]).push(&bytes).unwrap();
    let Item::Batch(batch) = &items[2] else { panic!("{items:?}") };
    assert_eq!((batch.length, batch.column("code").unwrap().values.integer(0)), (1, Some(-1)));
    assert_eq!(batch.column("text").unwrap().values.text(0), Some("all went well"));
}

#[test]
fn records_that_waited_for_their_definition_or_came_in_a_container_are_whole_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/v4.0.2");
    let definitions = fs::read(folder.join("definitions.json")).unwrap();
    let definitions: Map<String, Value> = serde_json::from_slice(&definitions).unwrap();
    let mut decoder = whole(Definitions::new(), &["atl06anc"]);
    let mut items = decoder.push(&fs::read(folder.join("atl06-ancillary.body")).unwrap()).unwrap();
    while let Some(name) = decoder.needs().first() {
        items.extend(decoder.define(name, &definitions[name].to_string()).unwrap());
    }
    decoder.finish().unwrap();
    items.retain(|item| matches!(item, Item::Batch(_)));
    let batches = batches(items);
    assert_eq!((batches[0].record_type.as_str(), batches[0].length), ("atl06rec", 38));
    assert_eq!(batches.len(), 39);
    for batch in &batches[1..] {
        assert_eq!((batch.record_type.as_str(), batch.length), ("atl06anc", 1));
        assert_eq!(batch.column("extent_id").unwrap().values.len(), 1);
        assert_eq!(batch.column("fields.value").unwrap().offsets, Some(vec![0, 2]));
    }
    assert_eq!(batches[1].column("extent_id").unwrap().values, Values::U64(vec![4_715_269_254_386_024_450]));
}
