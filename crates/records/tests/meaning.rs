//! What real servers said about their results: whole ones hold nothing that means missing data, partial ones do.
//!
//! Read from the folder `shared/captures` beside the repository, and skipped with a printed reason where it is absent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sliderule_records::{Decoder, ExceptionKind, Item, Meaning};

/// The captures, or nothing where there are none.
fn captures() -> Option<PathBuf> {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures");
    if !captures.is_dir() {
        eprintln!("skipped: there is no folder {}", captures.display());
        return None;
    }
    Some(captures)
}

/// The kind of each exception (`event` for events) of a captured stream, with what it means.
fn meanings(captures: &Path, release: (u32, u32), stream: &str) -> Vec<(&'static str, Meaning)> {
    let folder =
        captures.join(format!("v{}.{}.{}", release.0, release.1, if release == (4, 0) { 2 } else { 0 }));
    let definitions = fs::read(folder.join("definitions.json")).unwrap();
    let definitions: Map<String, Value> = serde_json::from_slice(&definitions).unwrap();
    let body = fs::read(folder.join(format!("{stream}.body"))).unwrap();
    let mut decoder = Decoder::default();
    let mut items = decoder.push(&body).unwrap();
    while let Some(name) = decoder.needs().first() {
        items.extend(decoder.define(name, &definitions[name].to_string()).unwrap());
    }
    decoder.finish().unwrap();
    let meaning = |item: Item| match item {
        Item::Event(event) => Some(("event", Meaning::of_event(event.level))),
        Item::Exception(exception) => {
            let kind = ExceptionKind::of(exception.code, Some(release));
            Some((kind.as_str(), kind.meaning(exception.level)))
        }
        Item::Batch(_) => None,
    };
    items.into_iter().filter_map(meaning).collect()
}

#[test]
fn the_messages_of_whole_results_are_progress() {
    let Some(captures) = captures() else { return };
    let whole = [
        ((4, 0), "node/atl06-track1-small"),
        ((4, 0), "node/atl06-ancillary"),
        ((4, 0), "node/atl03s-ancillary"),
        ((4, 0), "gateway/atl06p"),
        ((4, 20), "gateway/atl06p-clean"),
        ((4, 20), "gateway/atl06p-parquet-checksum-clean"),
    ];
    for (release, stream) in whole {
        let meanings = meanings(&captures, release, stream);
        assert!(meanings.len() >= 2, "{stream}");
        for (kind, meaning) in meanings {
            assert!(matches!(kind, "event" | "status"), "{stream}: {kind}");
            assert_eq!(meaning, Meaning::Progress, "{stream}: {kind}");
        }
    }
}

#[test]
fn a_beam_that_cannot_be_read_is_missing_though_the_other_rows_come() {
    let Some(captures) = captures() else { return };
    let meanings = meanings(&captures, (4, 20), "gateway/atl06p");
    let missing: Vec<_> = meanings.iter().filter(|(_, meaning)| *meaning == Meaning::Missing).collect();
    assert_eq!(missing, [&("error", Meaning::Missing); 3]);
    assert!(meanings.contains(&("status", Meaning::Progress)));
    assert_eq!(meanings.len(), 8);
}

#[test]
fn a_resource_that_is_missing_is_a_generic_error_in_old_releases_and_missing() {
    let Some(captures) = captures() else { return };
    let meanings = meanings(&captures, (4, 0), "node/atl06-missing-resource");
    let missing = meanings.iter().filter(|found| **found == ("error", Meaning::Missing)).count();
    let events = meanings.iter().filter(|found| **found == ("event", Meaning::Progress)).count();
    assert_eq!((missing, events, meanings.len()), (6, 3, 9));
}

#[test]
fn a_region_without_data_is_no_missing_data() {
    let Some(captures) = captures() else { return };
    let meanings = meanings(&captures, (4, 0), "node/atl06-empty-region");
    let empty = meanings.iter().filter(|found| **found == ("empty", Meaning::Progress)).count();
    let events = meanings.iter().filter(|found| **found == ("event", Meaning::Progress)).count();
    assert_eq!((empty, events, meanings.len()), (6, 3, 9));
}

#[test]
fn what_newer_releases_say_of_a_missing_resource_and_of_an_asset_is_missing() {
    // No capture holds these; the texts and codes are those of v4.20.
    for (code, level, kind) in [(-3, 4, "resource"), (-1, 1, "error")] {
        let found = ExceptionKind::of(code, Some((4, 20)));
        assert_eq!((found.as_str(), found.meaning(level)), (kind, Meaning::Missing));
    }
}
