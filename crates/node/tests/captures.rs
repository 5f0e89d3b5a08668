//! The built-in definitions are those recorded from the real servers, and so is the shape of a whole answer.
//! The recordings are not part of the repository; where they are absent, the tests say so and pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::PathBuf;

use serde_json::{Value, json};
use sliderule_records::Frames;
use support::{GRANULE, TestNode};

fn captures() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures"));
    if !folder.is_dir() {
        eprintln!("skipped: no recorded responses at {}", folder.display());
        return None;
    }
    Some(folder)
}

#[tokio::test]
async fn definitions_are_the_recorded_ones_with_the_other_names_of_event_fields_added() {
    let Some(captures) = captures() else { return };
    for (release, added) in [("v4.0.2", ["source", "message"]), ("v4.20.0", ["name", "attr"])] {
        let recorded = std::fs::read_to_string(captures.join(release).join("definitions.json")).unwrap();
        let recorded: Value = serde_json::from_str(&recorded).unwrap();
        let node = TestNode::alone(release).await;
        for name in ["atl06rec", "atl06rec.elevation", "eventrec", "exceptrec", "conrec", "conrec.entry"] {
            let mut served = node.get("definition", &json!({ "rectype": name }).to_string()).await.json();
            if name == "eventrec" {
                for field in added {
                    assert!(served.as_object_mut().unwrap().remove(field).is_some());
                }
            }
            assert_eq!(served, recorded[name], "{release} {name}");
        }
    }
}

/// The types of the records of a stream, in no order; data counts once, however many records it needs.
fn shape(mut stream: &[u8]) -> Vec<String> {
    let mut frames = Frames::new();
    let mut shape = Vec::new();
    while let Some(record) = frames.pull(&mut stream).unwrap() {
        shape.push(record.record_type.to_owned());
    }
    frames.finish().unwrap();
    shape.sort();
    shape.dedup_by(|a, b| a == b && a == "atl06rec");
    shape
}

#[tokio::test]
async fn a_whole_answer_has_the_records_of_the_recorded_one() {
    let Some(captures) = captures() else { return };
    for (release, capture) in [("v4.0.2", "atl06p"), ("v4.20.0", "atl06p-clean")] {
        let path = captures.join(release).join("gateway").join(format!("{capture}.body"));
        let recorded = std::fs::read(path).unwrap();
        let node = TestNode::alone(release).await;
        let request = json!({"resources": [GRANULE], "parms": {}}).to_string();
        let served = node.post("atl06p", &request).await.body;
        assert_eq!(shape(&served), shape(&recorded), "{release}");
    }
}
