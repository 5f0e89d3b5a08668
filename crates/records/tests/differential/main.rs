//! The fast decoder does what a slow and obvious one does: over arbitrary definitions and streams, damaged ones too,
//! over everything recorded here, and over what the fuzz targets start from and have found.
//!
//! The comparison and the streams that are made from bytes are those of the targets in `fuzz/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod compare;
mod definition;
mod made;
mod slow;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use compare::{Case, check_decoder, check_frames};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sliderule_records::encode;

/// Bytes of a stream made by [`made::case`] whose definitions and records fit together more often than chance has it.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop_oneof![20 => 0..26_u8, 6 => 26..30_u8, 1 => 30..32_u8];
    let offset = prop_oneof![30 => 0..24_u8, 1 => 250..=255_u8];
    let elements = prop_oneof![30 => 0..16_u8, 1 => 250..=255_u8];
    let field = (0..16_u8, kind, offset, elements, 0..8_u8).prop_map(|(n, k, o, e, f)| vec![n, k, o, e, f]);
    let definition = (0..40_u8, prop::collection::vec(field, 0..5))
        .prop_map(|(stride, fields)| [vec![fields.len() as u8, stride], fields.concat()].concat());
    let length = prop_oneof![1 => 0..60_u8, 4 => 60..=255_u8];
    // As long as it says, or with zeros at the end.
    let record =
        (0..32_u8, length, any::<bool>(), any::<[u8; 32]>()).prop_map(|(name, length, short, data)| {
            // Seldom a type of which nothing is known.
            let name = if name < 31 { name % 6 } else { 6 };
            let whole = data.repeat(8);
            let (step, used) = if short { (128, length / 8) } else { (0, length) };
            [&[step, name, length][..], &whole[..usize::from(used)]].concat()
        });
    let step = prop_oneof![
        16 => record,
        1 => (12..14_u8, 0..4_u8, 0..160_u8).prop_map(|(step, count, start)| vec![step, count, start]),
        1 => (14..16_u8, any::<[u8; 3]>()).prop_map(|(step, rest)| [&[step][..], &rest].concat()),
    ];
    let settings = prop_oneof![6 => Just(0_u8), 3 => Just(16_u8), 1 => Just(8_u8)];
    let definitions = prop::collection::vec(definition, 6);
    (settings, 0..30_u8, definitions, prop::collection::vec(step, 0..8)).prop_map(
        |(settings, cut, definitions, steps)| {
            [vec![settings, cut, 0, cut / 2], definitions.concat(), steps.concat()].concat()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn streams_over_arbitrary_definitions_decode_as_the_slow_decoder_has_it(bytes in bytes()) {
        check_decoder(&made::case(&bytes));
    }

    #[test]
    fn any_bytes_make_a_stream_that_decodes_as_the_slow_decoder_has_it(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let case = made::case(&bytes);
        check_decoder(&case);
        check_frames(&case);
    }
}

/// A definition from one line per field: name, type, bit offset, elements.
fn fields(stride: usize, fields: &[(&str, &str, usize, usize)]) -> String {
    let mut object = json!({ "__datasize": stride });
    for (name, kind, offset, elements) in fields {
        object[name] = json!({ "type": kind, "offset": offset, "elements": elements, "flags": "LE" });
    }
    object.to_string()
}

/// Compares what the decoders make of one record of type `r`.
fn check_record(definitions: &[(String, String)], data: &[u8]) {
    let body = encode::frame("r", data).unwrap();
    let definitions = definitions.iter().cloned().collect();
    check_decoder(&Case { definitions, body, limit: 1 << 20, ..Case::default() });
}

#[test]
fn records_may_nest_as_deeply_as_the_slow_decoder_has_it() {
    for depth in 14..19 {
        let name = |level| if level == 0 { "r".to_owned() } else { format!("r{level}") };
        let nested = |level| fields(1, &[("f", &name(level + 1), 0, 1)]);
        let mut definitions: Vec<_> = (0..depth).map(|level| (name(level), nested(level))).collect();
        definitions.push((name(depth), fields(1, &[("x", "UINT8", 0, 1)])));
        check_record(&definitions, &[7]);
    }
}

#[test]
fn arrays_of_elements_without_a_size_are_refused_as_the_slow_decoder_has_it() {
    for (stride, elements) in (0..3).flat_map(|stride| (0..4).map(move |elements| (stride, elements))) {
        let outer = fields(0, &[("f", "e", 0, elements)]);
        let element = fields(stride, &[("x", "UINT8", 0, 1)]);
        check_record(&[("r".to_owned(), outer), ("e".to_owned(), element)], &[1, 2, 3, 4, 5]);
    }
}

#[test]
fn a_record_may_decode_to_as_much_as_the_slow_decoder_has_it() {
    // 200 elements of one byte, each with the header repeated: 64 times the record, and a little less and more.
    for header in 6374..6377 {
        let outer = fields(0, &[("header", "STRING", 0, header), ("elements", "e", 0, 0)]);
        let element = fields(100, &[("x", "UINT8", 0, 1)]);
        check_record(&[("r".to_owned(), outer), ("e".to_owned(), element)], &[b'a'; 20_000]);
    }
}

#[test]
fn headers_without_a_name_are_refused_as_the_slow_parser_has_it() {
    for (name_size, data_size) in (0..3_u8).flat_map(|name| (0..3).map(move |data| (name, data))) {
        for rest in 0..5 {
            let body = [&[0, 2, 0, name_size, 0, 0, 0, data_size][..], &vec![0; rest]].concat();
            check_frames(&Case { body, limit: 1 << 20, ..Case::default() });
        }
    }
}

#[test]
fn recorded_streams_decode_as_the_slow_decoder_has_it_whole_cut_and_damaged() {
    let mut streams = 0;
    for release in ["v4.0.2", "v4.20.0"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(release);
        let all: Map<String, Value> =
            serde_json::from_slice(&fs::read(folder.join("definitions.json")).unwrap()).unwrap();
        let definitions: BTreeMap<_, _> =
            all.into_iter().map(|(name, definition)| (name, definition.to_string())).collect();
        for file in
            files(&folder).into_iter().filter(|file| file.extension().is_some_and(|end| end == "body"))
        {
            let body = fs::read(file).unwrap();
            let case = |body: &[u8], cuts| Case {
                definitions: definitions.clone(),
                body: body.to_vec(),
                cuts,
                limit: 1 << 20,
                ..Case::default()
            };
            for cuts in [vec![], vec![1], vec![7, 64], vec![1000, 3]] {
                let case = case(&body, cuts);
                check_frames(&case);
                check_decoder(&case);
                check_decoder(&Case { whole: &["atl06rec"], ..case });
            }
            for at in (0..body.len()).step_by(61) {
                let mut damaged = body.clone();
                damaged[at] ^= 1 << (at % 8);
                check_decoder(&case(&damaged, vec![200, 33]));
                check_decoder(&case(&body[..at], vec![200, 33]));
            }
            streams += 1;
        }
    }
    assert_eq!(streams, 4);
}

#[test]
fn what_the_fuzz_targets_start_from_passes() {
    let corpus = |target: &str| {
        let seeds = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target));
        assert!(!seeds.is_empty(), "no seeds for {target}");
        seeds.into_iter().map(|file| fs::read(file).unwrap())
    };
    corpus("frames").for_each(|bytes| check_frames(&made::plain(&bytes)));
    corpus("decoder").for_each(|bytes| check_decoder(&made::case(&bytes)));
    corpus("definition").for_each(|bytes| definition::check_definition(&String::from_utf8_lossy(&bytes)));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}
