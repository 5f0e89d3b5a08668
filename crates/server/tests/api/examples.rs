//! The examples in `docs/API.md` do what they say.

use std::process::Stdio;

use tokio::process::Command;

use crate::test_app::{PASSWORD, TestApp};

#[tokio::test]
async fn the_examples_of_the_manual_run_from_first_to_last() {
    let manual = include_str!("../../../../docs/API.md");
    let blocks = manual.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let script = blocks.collect::<Vec<_>>().join("\necho\n");
    let app = TestApp::start().await.with_acme().await;
    let folder = tempfile::tempdir().unwrap();
    let shell = Command::new("sh")
        .args(["-eu", "-c", &script])
        .current_dir(folder.path())
        .env("PS", &app.url)
        .env("PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .output();
    let ran = shell.await.expect("a shell");
    let (told, wrong) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{}: {wrong}\n{told}", ran.status);
    for expected in [
        "\"state\":\"asleep\"",
        "\"type\":\"urn:sliderule:error:unknown_organization\"",
        "{\"items\":[],\"next\":null}",
        "\"kind\":\"credit\"",
        "\"clamped\":false",
        "{\"released\":1,",
        "\"max_nodes\":3,",
        "event: status\nid: ",
    ] {
        assert!(told.contains(expected), "no {expected} in:\n{told}\n{wrong}");
    }
}
