//! Bytes and definitions that mean harm end in an error or in rows, never in a panic, and an error stays.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Value, json};
use sliderule_records::{Decoder, Definitions, Item, encode};

const TYPES: [&str; 9] = ["a", "b", "eventrec", "UINT8", "UINT64", "DOUBLE", "STRING", "BITFIELD", "TIME8"];

/// A definition that need not make sense: any offset, any count, types that nest each other.
fn definition() -> impl Strategy<Value = String> {
    let offset =
        prop_oneof![8 => (0..64_u64).prop_map(|bytes| bytes * 8), 1 => any::<u64>(), 1 => 0..200_u64];
    let elements = prop_oneof![4 => Just(1_i64), 3 => -1..1_i64, 3 => 2..9_i64, 1 => any::<i64>()];
    let flags = prop::sample::select(&["LE", "BE", "LE|PTR", "LE|BATCH", ""][..]);
    let names = prop::sample::select(&["level", "code", "text", "attr", "message", "time", "x", "y"][..]);
    let field = (names, prop::sample::select(&TYPES[..]), offset, elements, flags);
    let stride = prop_oneof![4 => 0..40_u64, 1 => any::<u64>()];
    (stride, prop::collection::vec(field, 0..6)).prop_map(|(stride, fields)| {
        let mut object = json!({ "__datasize": stride });
        for (name, kind, offset, elements, flags) in fields {
            object[name] = json!({ "type": kind, "offset": offset, "elements": elements, "flags": flags });
        }
        object.to_string()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn senseless_definitions_never_panic_and_give_consistent_batches(
        definitions in prop::collection::vec(definition(), 4),
        data in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut decoder = Decoder::default();
        let mut stream = Vec::new();
        for name in ["a", "b", "eventrec", "exceptrec", "conrec"] {
            encode::append_frame(&mut stream, name, &data).unwrap();
        }
        let mut items = decoder.push(&stream).unwrap_or_default();
        for (name, json) in ["a", "b", "eventrec", "exceptrec"].iter().zip(&definitions) {
            items.extend(decoder.define(name, json).unwrap_or_default());
        }
        for item in &items {
            let Item::Batch(batch) = item else { continue };
            for column in &batch.columns {
                let items = column.offsets.as_ref().map_or(batch.length, |offsets| {
                    assert_eq!(offsets.len(), batch.length + 1);
                    *offsets.last().unwrap() as usize
                });
                prop_assert_eq!(column.values.len(), items * column.width);
            }
        }
        let _ = decoder.finish();
    }

    #[test]
    fn random_bytes_never_panic_and_an_error_stays(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        version in any::<bool>(),
        chunk in 1..50_usize,
    ) {
        // Half of them get past the first check.
        let bytes = if version { [&[0, 2, 0][..], &bytes].concat() } else { bytes };
        let mut decoder = Decoder::default();
        let mut failure = None;
        for chunk in bytes.chunks(chunk) {
            let outcome = decoder.push(chunk).err();
            prop_assert!(failure.is_none() || failure == outcome);
            failure = outcome;
        }
        if failure.is_some() {
            prop_assert_eq!(decoder.finish().err(), failure);
        }
    }

    #[test]
    fn a_definition_that_is_any_text_is_an_error_or_kept(text in ".{0,80}") {
        let mut definitions = Definitions::new();
        let outcome = definitions.define("x", &text);
        prop_assert_eq!(definitions.get("x").is_some(), outcome.is_ok());
        let object = serde_json::from_str::<Value>(&text).is_ok_and(|value| value.is_object());
        prop_assert!(object || outcome.is_err());
    }
}
