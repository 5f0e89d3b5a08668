//! Backup and restore as an operator runs them: beside a server, and to a server that goes on from there.

use rustix::process::Signal;
use serde_json::Value;

use crate::ps::{PASSWORD, Ps, acme, client, run};

#[tokio::test]
async fn a_server_goes_on_from_a_backup_with_its_people_its_money_and_its_tokens() {
    let dir = acme("5");
    let ps = Ps::serve(dir.path(), &[]);
    let http = client();
    let token = ps.sign_in(&http).await;
    let file = dir.path().join("nightly.tar");
    let path = file.to_str().unwrap();
    let made = run(&["backup", path], dir.path(), "");
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stdout.starts_with("backed up 3 files of ") && made.stdout.contains("keep it secret"),
        "{made:?}"
    );
    let again = run(&["backup", path], dir.path(), "");
    assert!(again.code == Some(1) && again.stderr.contains("choose another name"), "{again:?}");
    assert_eq!(run(&["org", "credit", "acme", "4"], dir.path(), "").code, Some(0));

    let served = run(&["restore", path], dir.path(), "");
    assert!(served.code == Some(1) && served.stderr.contains("server.lock"), "{served:?}");
    assert!(ps.end(Signal::TERM).success());
    let there = run(&["restore", path], dir.path(), "");
    assert!(there.code == Some(1) && there.stderr.contains("node.key"), "{there:?}");

    let new = dir.path().join("new");
    let restored = run(&["restore", path], &new, "");
    assert_eq!(restored.code, Some(0), "{restored:?}");
    for told in ["as of 20", "ledger is as it was", "end with their leases", "key revoke"] {
        assert!(restored.stdout.contains(told), "{restored:?}");
    }
    let ps = Ps::serve(&new, &[]);
    let status = http.get(format!("{}/api/v1/organizations/acme/status", ps.url)).bearer_auth(token);
    let status: Value = status.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
    assert_eq!(status["free_micro_usd"], 5_000_000, "as it was, with a token of before: {status}");
    ps.sign_in(&http).await;
    assert!(ps.end(Signal::TERM).success());
}

#[test]
fn what_cannot_be_restored_is_refused_and_leaves_nothing() {
    let dir = acme("5");
    let (file, new) = (dir.path().join("x.tar"), dir.path().join("new"));
    std::fs::write(&file, PASSWORD).unwrap();
    let refused = run(&["restore", file.to_str().unwrap()], &new, "");
    assert!(refused.code == Some(1) && refused.stderr.contains("x.tar"), "{refused:?}");
    assert!(!new.exists());
}
