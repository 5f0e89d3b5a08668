//! The decoder of whole streams: what waits for a definition, what containers hold, what events say, and how
//! each kind of damage is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use sliderule_records::encode::{self, frame};
use sliderule_records::{Decoder, Definitions, Error, Event, Exception, Fault, Item, Values};

const POINT: &str = r#"{"__datasize": 8, "id": {"type": "UINT32", "offset": 0, "elements": 1, "flags": "LE"},
    "height": {"type": "FLOAT", "offset": 32, "elements": 1, "flags": "LE"}}"#;
const TRACK: &str =
    r#"{"__datasize": 0, "points": {"type": "point", "offset": 0, "elements": 0, "flags": "LE"}}"#;
const OLD_EVENT: &str = r#"{"time": {"type": "INT64", "offset": 0, "elements": 1, "flags": "LE"},
    "level": {"type": "UINT8", "offset": 216, "elements": 1, "flags": "LE"},
    "name": {"type": "STRING", "offset": 352, "elements": 32, "flags": "LE"},
    "attr": {"type": "STRING", "offset": 608, "elements": 0, "flags": "LE"}}"#;
const NEW_EVENT: &str = r#"{"time": {"type": "INT64", "offset": 0, "elements": 1, "flags": "LE"},
    "level": {"type": "UINT32", "offset": 64, "elements": 1, "flags": "LE"},
    "source": {"type": "STRING", "offset": 224, "elements": 32, "flags": "LE"},
    "message": {"type": "STRING", "offset": 480, "elements": 0, "flags": "LE"}}"#;
const EXCEPTION: &str = r#"{"code": {"type": "INT32", "offset": 0, "elements": 1, "flags": "LE"},
    "level": {"type": "INT32", "offset": 32, "elements": 1, "flags": "LE"},
    "text": {"type": "STRING", "offset": 64, "elements": 256, "flags": "LE"}}"#;

fn definitions(known: &[(&str, &str)]) -> Definitions {
    let mut definitions = Definitions::new();
    known.iter().for_each(|(name, json)| definitions.define(name, json).unwrap());
    definitions
}

fn point(id: u32) -> Vec<u8> {
    [id.to_le_bytes(), 1.5_f32.to_le_bytes()].concat()
}

fn record(record_type: &str, id: u32) -> Vec<u8> {
    frame(record_type, &point(id)).unwrap()
}

/// Which record types came with which ids.
fn ids(items: &[Item]) -> Vec<(String, Vec<u32>)> {
    let of_item = |item: &Item| match item {
        Item::Batch(batch) => match batch.column("id").unwrap().values.unpack() {
            Values::U32(ids) => (batch.record_type.clone(), ids),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    items.iter().map(of_item).collect()
}

fn container(count: u32, start: u32, records: &[u8]) -> Vec<u8> {
    frame("conrec", &[&count.to_le_bytes()[..], &start.to_le_bytes(), records].concat()).unwrap()
}

#[test]
fn records_that_wait_for_a_definition_keep_their_place() {
    let mut decoder = Decoder::new(definitions(&[("point", POINT)]));
    let early = decoder.push(&record("point", 1)).unwrap();
    assert_eq!(ids(&early), [("point".to_owned(), vec![1])]);

    assert_eq!(decoder.push(&record("unknown", 2)).unwrap(), []);
    assert_eq!(decoder.needs(), ["unknown"]);
    assert_eq!(decoder.push(&[record("point", 3), record("track", 4)].concat()).unwrap(), []);
    assert_eq!(decoder.needs(), ["unknown", "track"]);

    let released = decoder.define("unknown", POINT).unwrap();
    assert_eq!(ids(&released), [("unknown".to_owned(), vec![2]), ("point".to_owned(), vec![3])]);
    assert_eq!(decoder.needs(), ["track"]);
    assert!(matches!(&*decoder.finish().unwrap_err(), Fault::Undefined { names, .. } if names == &["track"]));

    let rest = decoder.define("track", TRACK).unwrap();
    assert_eq!(ids(&rest), [("track".to_owned(), vec![4])]);
    assert_eq!(decoder.needs(), [""; 0]);
    assert_eq!(decoder.finish(), Ok(()));
}

#[test]
fn nested_definitions_are_asked_for_when_they_turn_up() {
    let mut decoder = Decoder::default();
    decoder.push(&record("track", 1)).unwrap();
    assert_eq!(decoder.needs(), ["track"]);
    assert_eq!(decoder.define("track", TRACK).unwrap(), []);
    assert_eq!(decoder.needs(), ["point"]);
    assert_eq!(ids(&decoder.define("point", POINT).unwrap()), [("track".to_owned(), vec![1])]);
}

#[test]
fn a_type_that_the_server_does_not_know_is_named_with_the_record_that_needs_it() {
    let mut decoder = Decoder::new(definitions(&[("point", POINT)]));
    let first = record("point", 1);
    decoder.push(&[first.clone(), record("strange", 2)].concat()).unwrap();
    let offset = Some(first.len() as u64);
    assert_eq!(
        decoder.define("strange", "null"),
        Err(Fault::UnknownType { record_type: "strange".to_owned(), offset }.into())
    );
    // Nothing changed: another answer still helps.
    assert_eq!(decoder.needs(), ["strange"]);
    assert_eq!(decoder.define("strange", POINT).unwrap().len(), 1);
}

#[test]
fn consecutive_records_of_one_type_are_one_batch() {
    let mut decoder = Decoder::new(definitions(&[("point", POINT), ("track", TRACK)]));
    let items = decoder
        .push(&[record("track", 1), record("track", 2), record("point", 3), record("track", 4)].concat());
    let wanted = [("track", vec![1, 2]), ("point", vec![3]), ("track", vec![4])];
    assert_eq!(ids(&items.unwrap()), wanted.map(|(name, ids)| (name.to_owned(), ids)));
}

#[test]
fn a_track_without_points_and_an_empty_record_give_no_rows() {
    let mut decoder = Decoder::new(definitions(&[("point", POINT), ("track", TRACK)]));
    let stream = [vec![0, 2, 0, 0, 0, 0, 0, 0], frame("track", b"").unwrap(), record("track", 1)].concat();
    let items: Vec<_> = stream.chunks(3).flat_map(|chunk| decoder.push(chunk).unwrap()).collect();
    assert_eq!(ids(&items), [("track".to_owned(), vec![1])]);
    assert_eq!(decoder.finish(), Ok(()));
}

#[test]
fn events_of_either_layout_say_the_same() {
    let event =
        Event { time: Some(1_479_499_450_060), level: 1, source: "sendlog".into(), text: "ready ...".into() };
    for json in [OLD_EVENT, NEW_EVENT, &aliased()] {
        let known = definitions(&[("eventrec", json)]);
        let bytes = event.record(&known).unwrap().frame().unwrap();
        assert_eq!(Decoder::new(known).push(&bytes).unwrap(), [Item::Event(event.clone())], "{json}");
    }
}

/// The old layout, with the new names for the same bytes: what a node that serves both clients declares.
fn aliased() -> String {
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(OLD_EVENT).unwrap();
    for (new, old) in [("source", "name"), ("message", "attr")] {
        fields.insert(new.to_owned(), fields[old].clone());
    }
    serde_json::Value::Object(fields).to_string()
}

#[test]
fn an_event_without_a_final_nul_keeps_its_last_letter() {
    let known = definitions(&[("eventrec", OLD_EVENT)]);
    let mut data = vec![0; 76];
    data.extend_from_slice(b"the end");
    let items = Decoder::new(known).push(&frame("eventrec", &data).unwrap()).unwrap();
    assert!(matches!(&items[..], [Item::Event(event)] if event.text == "the end"), "{items:?}");
}

#[test]
fn an_exception_is_read_by_its_definition_and_cut_to_its_field() {
    let known = definitions(&[("exceptrec", EXCEPTION)]);
    let exception = Exception { code: -3, level: 3, text: "é".repeat(200) };
    let bytes = exception.record(&known).unwrap().frame().unwrap();
    assert_eq!(bytes.len(), 282);
    let items = Decoder::new(known).push(&bytes).unwrap();
    let cut = Exception { text: "é".repeat(127), ..exception };
    assert_eq!(items, [Item::Exception(cut)]);
}

#[test]
fn an_exception_whose_code_cannot_be_read_is_an_error() {
    let json = EXCEPTION.replace("code", "kind");
    let mut decoder = Decoder::new(definitions(&[("exceptrec", &json)]));
    let error = decoder.push(&frame("exceptrec", &[0; 264]).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the definition of the record type `exceptrec` cannot be used (needed at byte 0 of the stream): \
         it has no whole number `code`"
    );
}

#[test]
fn the_records_of_a_container_take_its_place() {
    let mut decoder = Decoder::new(definitions(&[("point", POINT)]));
    let index = [0; 16];
    let inside = [&index[..], &record("point", 2), &record("point", 3)].concat();
    let stream = [record("point", 1), container(2, 24, &inside), record("point", 4)].concat();
    assert_eq!(ids(&decoder.push(&stream).unwrap()), [("point".to_owned(), vec![1, 2, 3, 4])]);
    // And they wait like others.
    let mut decoder = Decoder::default();
    assert_eq!(decoder.push(&stream).unwrap(), []);
    assert_eq!(ids(&decoder.define("point", POINT).unwrap()), [("point".to_owned(), vec![1, 2, 3, 4])]);
}

#[test]
fn a_container_that_contradicts_itself_is_an_error() {
    let inside = record("point", 1);
    let fails =
        |bytes: &[u8]| Decoder::new(definitions(&[("point", POINT)])).push(bytes).map(|items| items.len());
    let problem = |problem| Err(Fault::Container { offset: 0, problem }.into());
    assert_eq!(fails(&frame("conrec", b"short").unwrap()), problem("it is too short for its own header"));
    assert_eq!(fails(&container(1, 99, &inside)), problem("its records begin outside of it"));
    assert_eq!(fails(&container(1, 4, &inside)), problem("its records begin outside of it"));
    // What was whole before the fault comes first; then the fault.
    let mut decoder = Decoder::new(definitions(&[("point", POINT)]));
    assert_eq!(decoder.push(&container(2, 8, &inside)).unwrap().len(), 1);
    assert_eq!(
        decoder.push(b""),
        Err(Fault::Container { offset: 0, problem: "it holds another number of records than it says" }.into())
    );
    // Cut inside: the byte of the stream at which the cut record begins.
    let start = 8 + "conrec\0".len() as u64 + 8;
    let cut = &inside[..inside.len() - 1];
    assert_eq!(
        fails(&container(1, 8, cut)),
        Err(Fault::Truncated { offset: start, received: cut.len() as u64 }.into())
    );
    // Containers in containers, without end.
    let mut nested = inside;
    for _ in 0..6 {
        nested = container(1, 8, &nested);
    }
    assert!(matches!(
        *fails(&nested).unwrap_err(),
        Fault::Container { problem: "containers are nested too deeply", .. }
    ));
}

#[test]
fn what_came_whole_before_the_fault_comes_out_before_the_error() {
    let mut decoder = Decoder::new(definitions(&[("point", POINT)]));
    let whole = record("point", 1);
    let stream = [whole.as_slice(), b"HTTP/1.1 502 Bad Gateway"].concat();
    assert_eq!(ids(&decoder.push(&stream).unwrap()), [("point".to_owned(), vec![1])]);
    let error = Error::from(Fault::Version { offset: whole.len() as u64, found: u16::from_be_bytes(*b"HT") });
    assert_eq!(decoder.finish(), Err(error.clone()));
    // And it stays an error, whatever comes.
    assert_eq!(decoder.push(&whole), Err(error.clone()));
    assert_eq!(decoder.define("other", POINT), Err(error));
}

#[test]
fn records_that_wait_come_before_a_fault_behind_them_however_the_stream_is_cut() {
    let misfit = frame("point", &point(2)[..7]).unwrap();
    let (one, garbage) = (record("point", 1), b"HTTP/1.1 502 Bad Gateway".to_vec());
    for (stream, offset) in [
        ([one.clone(), garbage.clone()].concat(), one.len() as u64),
        ([one.clone(), misfit, garbage].concat(), one.len() as u64),
    ] {
        for size in [stream.len(), 7] {
            let mut decoder = Decoder::default();
            let (mut items, mut failure) = (Vec::new(), None);
            // As a caller drives it that ends at the first error.
            for chunk in stream.chunks(size) {
                let outcome = decoder.push(chunk).and_then(|mut items| {
                    while let Some(name) = decoder.needs().first() {
                        items.extend(decoder.define(name, POINT)?);
                    }
                    Ok(items)
                });
                match outcome {
                    Ok(more) => items.extend(more),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            assert_eq!(ids(&items), [("point".to_owned(), vec![1])], "in chunks of {size}");
            let end = decoder.finish().unwrap_err();
            assert_eq!(end.offset(), Some(offset));
            assert!(failure.is_none_or(|failure| failure == end));
        }
    }
}

#[test]
fn a_header_is_refused_before_its_data_comes() {
    let header = |type_size: u16, data_size: u32| {
        [&2_u16.to_be_bytes()[..], &type_size.to_be_bytes(), &data_size.to_be_bytes()].concat()
    };
    let fails = |bytes: &[u8]| {
        let mut decoder = Decoder::with_limit(Definitions::new(), 1000);
        bytes.chunks(1).try_for_each(|byte| decoder.push(byte).map(drop)).unwrap_err()
    };
    assert_eq!(*fails(&header(4, 1000)), Fault::TooLarge { offset: 0, size: 1012, limit: 1000 });
    assert_eq!(*fails(&header(4, u32::MAX)), Fault::TooLarge { offset: 0, size: 4_294_967_307, limit: 1000 });
    assert_eq!(*fails(&header(0, 1)), Fault::TypeName { offset: 0 });
    assert_eq!(*fails(&[header(4, 0), b"abcd".to_vec()].concat()), Fault::TypeName { offset: 0 });
    assert_eq!(*fails(&[header(4, 0), b"a\x80b\0".to_vec()].concat()), Fault::TypeName { offset: 0 });
    assert_eq!(*fails(&[header(1, 0), vec![0]].concat()), Fault::TypeName { offset: 0 });
}

#[test]
fn a_field_that_reaches_past_its_record_is_an_error_and_leaves_no_half_row() {
    let mut decoder = Decoder::new(definitions(&[("point", POINT)]));
    let whole = record("point", 1);
    let items = decoder.push(&[whole.clone(), frame("point", &point(2)[..7]).unwrap()].concat()).unwrap();
    let [Item::Batch(batch)] = &items[..] else { panic!("{items:?}") };
    assert_eq!(batch.length, 1);
    assert!(batch.columns.iter().all(|column| column.values.len() == 1));
    assert_eq!(
        decoder.finish().unwrap_err().to_string(),
        format!(
            "field `height` of the `point` at byte {} of the stream ends at byte 8 of a record of 7 bytes: \
             the definition does not fit the record",
            whole.len()
        )
    );
}

#[test]
fn definitions_learned_serve_the_next_stream() {
    let mut decoder = Decoder::default();
    decoder.push(&record("point", 1)).unwrap();
    decoder.define("point", POINT).unwrap();
    let mut next = Decoder::new(decoder.into_definitions());
    assert_eq!(ids(&next.push(&record("point", 2)).unwrap()), [("point".to_owned(), vec![2])]);
}

#[test]
fn a_record_cannot_be_built_from_what_does_not_fit() {
    let known = definitions(&[("point", POINT), ("track", TRACK), ("exceptrec", EXCEPTION)]);
    let mut record = encode::Record::new(&known, "point").unwrap();
    let problem = |result: Result<(), Error>| result.unwrap_err().to_string();
    assert_eq!(
        problem(record.root().set("width", 1)),
        "cannot encode `width` of `point`: the definition has no such field"
    );
    assert_eq!(problem(record.root().set("id", -1)), "cannot encode `id` of `point`: the value does not fit");
    assert_eq!(
        problem(record.root().set("id", 1.0)),
        "cannot encode `id` of `point`: the value does not fit"
    );
    assert_eq!(
        problem(record.root().set("height", "high")),
        "cannot encode `height` of `point`: the value does not fit"
    );
    assert_eq!(
        problem(record.root().set_all("id", [1, 2])),
        "cannot encode `id` of `point`: it has fewer elements"
    );
    assert_eq!(
        problem(record.root().element("id", 0).map(drop)),
        "cannot encode `id` of `point`: it is not a nested record"
    );
    let mut exception = encode::Record::new(&known, "exceptrec").unwrap();
    assert_eq!(
        problem(exception.root().set("text", "x".repeat(257).as_str())),
        "cannot encode `text` of `exceptrec`: the text is longer than the field"
    );
    assert!(frame("two words", b"").is_err());
}

#[test]
fn rows_gathered_from_small_chunks_are_those_of_the_whole() {
    let definition = r#"{"height": {"type": "FLOAT", "offset": 0, "elements": 1, "flags": "LE"}}"#;
    let stream: Vec<u8> = (0..1000_u16)
        .flat_map(|height| encode::frame("point", &f32::from(height).to_le_bytes()).unwrap())
        .collect();
    let mut definitions = Definitions::new();
    definitions.define("point", definition).unwrap();
    let mut decoder = Decoder::new(definitions);
    let mut heights = Vec::new();
    for (index, chunk) in stream.chunks(5).enumerate() {
        let mut items = Vec::new();
        decoder.gather(chunk, &mut items);
        assert!(items.is_empty());
        if index % 700 == 699 {
            assert!(decoder.is_gathering());
            decoder.flush(&mut items);
        }
        take(items, &mut heights);
    }
    let mut items = Vec::new();
    decoder.flush(&mut items);
    take(items, &mut heights);
    assert!(!decoder.is_gathering());
    decoder.finish().unwrap();
    assert_eq!(heights, (0..1000_u16).map(f32::from).collect::<Vec<_>>());

    fn take(items: Vec<Item>, heights: &mut Vec<f32>) {
        for item in items {
            let Item::Batch(batch) = item else { panic!("{item:?}") };
            let Some(Values::F32(values)) = batch.column("height").map(|column| column.values.unpack())
            else {
                panic!()
            };
            heights.extend(values);
        }
    }
}
