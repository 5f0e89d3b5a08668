//! How records become rows and columns, one shape at a time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use sliderule_records::{Batch, Column, Decoder, Definitions, Item, Values, encode};

/// A definition from one line per field: name, type, byte offset, elements, flags.
fn define(
    definitions: &mut Definitions,
    name: &str,
    stride: usize,
    fields: &[(&str, &str, usize, usize, &str)],
) {
    let mut object = serde_json::json!({ "__datasize": stride });
    for (field, kind, offset, elements, flags) in fields {
        object[field] =
            serde_json::json!({ "type": kind, "offset": offset * 8, "elements": elements, "flags": flags });
    }
    definitions.define(name, &object.to_string()).unwrap();
}

fn decode(definitions: Definitions, data: &[u8]) -> Result<Batch, String> {
    let mut decoder = Decoder::new(definitions);
    let items = decoder.push(&encode::frame("r", data).unwrap()).map_err(|error| error.to_string())?;
    match items.into_iter().next() {
        Some(Item::Batch(batch)) => Ok(batch),
        other => panic!("{other:?}"),
    }
}

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values: values.into(), width: 1, offsets: None, nesting: Vec::new() }
}

#[test]
fn one_open_array_of_records_gives_a_row_per_element_with_the_header_repeated() {
    let mut definitions = Definitions::new();
    define(
        &mut definitions,
        "r",
        0,
        &[("granule", "STRING", 0, 4, "LE"), ("id", "UINT8", 4, 1, "LE"), ("e", "r.e", 5, 0, "LE|BATCH")],
    );
    // The element has an `id` of its own: the record keeps the name.
    define(&mut definitions, "r.e", 3, &[("id", "UINT8", 0, 1, "LE"), ("x", "UINT16", 1, 1, "LE")]);
    let batch = decode(definitions, &[b'a', b'b', 0, b'c', 9, 1, 2, 0, 3, 4, 0, 77]).unwrap();
    assert_eq!(batch.length, 2);
    assert_eq!(
        batch.columns,
        [
            column("granule", Values::Text(vec!["ab".into(), "ab".into()])),
            column("id", Values::U8(vec![9, 9])),
            column("e.id", Values::U8(vec![1, 3])),
            column("x", Values::U16(vec![2, 4])),
        ]
    );
}

#[test]
fn two_open_fields_give_one_row_with_lists() {
    let mut definitions = Definitions::new();
    define(&mut definitions, "r", 0, &[("e", "r.e", 1, 0, "LE"), ("all", "UINT8", 0, 0, "LE")]);
    define(&mut definitions, "r.e", 2, &[("pair", "INT8", 0, 2, "LE")]);
    let batch = decode(definitions, &[1, 2, 3, 4, 255]).unwrap();
    assert_eq!(batch.length, 1);
    assert_eq!(
        batch.columns,
        [
            Column {
                name: "all".into(),
                values: Values::U8(vec![1, 2, 3, 4, 255]).into(),
                width: 1,
                offsets: Some(vec![0, 5]),
                nesting: Vec::new(),
            },
            Column {
                name: "e.pair".into(),
                values: Values::I8(vec![2, 3, 4, -1]).into(),
                width: 2,
                offsets: Some(vec![0, 2]),
                nesting: Vec::new(),
            },
        ]
    );
}

#[test]
fn fixed_arrays_are_wide_columns_and_dimensions_multiply() {
    let mut definitions = Definitions::new();
    define(&mut definitions, "r", 0, &[("a", "r.a", 0, 2, "LE"), ("b", "r.a", 10, 1, "LE")]);
    define(&mut definitions, "r.a", 5, &[("v", "UINT16", 0, 2, "BE"), ("name", "STRING", 4, 1, "LE")]);
    let batch = decode(definitions, &[0, 1, 0, 2, b'x', 0, 3, 0, 4, b'y', 0, 5, 0, 6, b'z']).unwrap();
    let wide = |name: &str, width, values| Column { width, ..column(name, values) };
    assert_eq!(
        batch.columns,
        [
            wide("a.v", 4, Values::U16(vec![1, 2, 3, 4])),
            wide("a.name", 2, Values::Text(vec!["x".into(), "y".into()])),
            wide("b.v", 2, Values::U16(vec![5, 6])),
            wide("b.name", 1, Values::Text(vec!["z".into()])),
        ]
    );
}

#[test]
fn overlapping_fields_read_the_same_bytes_and_elements_may_reach_into_the_next() {
    let mut definitions = Definitions::new();
    define(&mut definitions, "r", 0, &[("e", "r.e", 0, 0, "LE")]);
    define(&mut definitions, "r.e", 1, &[("narrow", "UINT8", 0, 1, "LE"), ("wide", "UINT16", 0, 1, "BE")]);
    let message = decode(definitions.clone(), &[1, 2, 3]).unwrap_err();
    assert!(message.contains("`wide` of the `r` at byte 0 of the stream ends at byte 4"), "{message}");

    define(&mut definitions, "r", 0, &[("e", "r.e", 0, 2, "LE")]);
    let batch = decode(definitions, &[1, 2, 3]).unwrap();
    assert_eq!(batch.column("e.wide").unwrap().values, Values::U16(vec![0x0102, 0x0203]));
    assert_eq!(batch.column("e.narrow").unwrap().values, Values::U8(vec![1, 2]));
}

#[test]
fn pointers_and_bit_fields_are_left_out_and_need_no_definitions() {
    let mut definitions = Definitions::new();
    define(
        &mut definitions,
        "r",
        0,
        &[
            ("p", "never.defined", 0, 1, "LE|PTR"),
            ("b", "BITFIELD", 4, 3, "BE"),
            ("t", "TIME8", 4, 1, "LE|T"),
        ],
    );
    let batch = decode(definitions, &[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 128]).unwrap();
    assert_eq!(batch.columns, [column("t", Values::Time(vec![i64::MIN + 1]))]);
}

#[test]
fn definitions_without_a_sensible_end_are_refused() {
    let refusal = |inner: &[(&str, &str, usize, usize, &str)], stride| {
        let mut definitions = Definitions::new();
        define(&mut definitions, "r", 0, &[("e", "r.e", 0, 0, "LE")]);
        define(&mut definitions, "r.e", stride, inner);
        decode(definitions, &[0; 8]).unwrap_err()
    };
    let open = refusal(&[("rest", "UINT8", 0, 0, "LE")], 4);
    assert!(open.contains("field `e.rest` is open-ended inside an element of an array"), "{open}");
    let endless = refusal(&[("x", "UINT8", 0, 1, "LE")], 0);
    assert!(
        endless.contains("field `e` is an array of elements whose `__datasize` is not given"),
        "{endless}"
    );
    let recursive = refusal(&[("again", "r.e", 0, 1, "LE")], 4);
    assert!(recursive.contains("nests too deeply, perhaps itself"), "{recursive}");
    let exploding = refusal(&[("a", "r.e", 0, 9, "LE"), ("b", "r.e", 0, 9, "LE")], 4);
    assert!(exploding.contains("the definition is too large"), "{exploding}");
}

#[test]
fn a_record_that_would_decode_to_many_times_its_size_is_refused() {
    let mut definitions = Definitions::new();
    define(&mut definitions, "r", 0, &[("header", "STRING", 0, 60_000, "LE"), ("e", "r.e", 0, 0, "LE")]);
    define(&mut definitions, "r.e", 1, &[("x", "UINT8", 0, 1, "LE")]);
    let message = decode(definitions, &[b'a'; 60_000]).unwrap_err();
    assert!(message.contains("more than the 3840000 allowed"), "{message}");
}
