//! The commands that manage accounts: what they do, and how they refuse.

use std::path::Path;

use sliderule_server::data::DataDir;
use sliderule_server::store::AuditOf;

use crate::ps::{PASSWORD, acme, run};

fn add_user<'a>(name: &'a str, email: &'a str) -> [&'a str; 6] {
    ["user", "add", name, "--email", email, "--password-stdin"]
}

fn refuses(arguments: &[&str], data: &Path, input: &str, code: i32, because: &str) {
    let outcome = run(arguments, data, input);
    assert_eq!(outcome.code, Some(code), "{arguments:?}: {outcome:?}");
    assert!(outcome.stderr.contains(because), "{arguments:?}: {outcome:?}");
    assert_eq!(outcome.stdout, "");
}

#[test]
fn what_was_done_is_said_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let user = run(&add_user("ada", "ada@example.org"), dir.path(), &format!("{PASSWORD}\n"));
    assert_eq!((user.code, user.stdout.as_str()), (Some(0), "added user ada\n"));
    let org = ["org", "add", "acme", "--owner", "ada", "--credit", "12.5", "--max-nodes", "8", "--public"];
    let org = run(&org, dir.path(), "");
    assert_eq!(
        org.stdout,
        "added organization acme with $12.50 for up to 8 nodes at $0.226 an hour each, and $0.153 an hour while it \
         runs\n"
    );
    run(&add_user("bob", "bob@example.org"), dir.path(), PASSWORD);
    let member = run(&["member", "add", "acme", "bob"], dir.path(), "");
    assert_eq!(member.stdout, "bob is a member of acme\n");
    run(&add_user("cyd", "cyd@example.org"), dir.path(), PASSWORD);
    let manager = run(&["member", "add", "acme", "cyd", "--role", "manager"], dir.path(), "");
    assert_eq!(manager.stdout, "cyd is a manager of acme\n");
}

#[test]
fn people_are_looked_after_by_command() {
    let dir = acme("1");
    let says = |arguments: &[&str], input: &str, what: &str| {
        let outcome = run(arguments, dir.path(), input);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), what), "{arguments:?}: {outcome:?}");
    };
    run(&add_user("bob", "bob@example.org"), dir.path(), PASSWORD);
    says(&["user", "staff", "bob"], "", "bob is one of the staff\n");
    says(&["user", "disable", "bob"], "", "bob can no longer sign in, and asks for no nodes\n");
    says(&["user", "list"], "", "ada\tada@example.org\nbob\tbob@example.org\tstaff, disabled\n");
    refuses(&["user", "password", "bob", "--password-stdin"], dir.path(), "a new sentence", 1, "disabled");
    says(&["user", "enable", "bob"], "", "bob can sign in\n");
    says(&["user", "staff", "bob", "--off"], "", "bob is none of the staff\n");
    says(
        &["user", "password", "BOB", "--password-stdin"],
        "a new sentence\n",
        "bob has another password now\n",
    );
    refuses(&["user", "password", "bob", "--password-stdin"], dir.path(), "qwertyuiop", 2, "3,000 commonest");

    says(&["member", "add", "acme", "bob", "--role", "owner"], "", "bob is an owner of acme\n");
    says(&["member", "role", "acme", "ada", "manager"], "", "ada: manager of acme, active\n");
    refuses(&["member", "role", "acme", "bob", "member"], dir.path(), "", 1, "nobody else owns");
    says(&["member", "deactivate", "acme", "ADA"], "", "ada: manager of acme, deactivated\n");
    refuses(&["member", "approve", "acme", "ada"], dir.path(), "", 1, "the membership is deactivated");
    says(&["member", "reactivate", "acme", "ada"], "", "ada: manager of acme, active\n");
}

#[test]
fn what_is_taken_or_unknown_is_refused_with_one() {
    let dir = acme("1");
    let org = |owner| ["org", "add", "other", "--owner", owner, "--credit", "1", "--max-nodes", "1"];
    let acme_again = ["org", "add", "acme", "--owner", "ada", "--credit", "1", "--max-nodes", "1"];
    let data = dir.path();
    refuses(&add_user("Ada", "new@example.org"), data, PASSWORD, 1, "already a user Ada");
    refuses(&add_user("eve", "ADA@example.org"), data, PASSWORD, 1, "e-mail address ADA@example.org");
    refuses(&acme_again, data, "", 1, "already an organization acme");
    refuses(&org("nobody"), data, "", 1, "no user nobody");
    refuses(&["member", "add", "nowhere", "ada"], data, "", 1, "no organization nowhere");
    refuses(&["member", "add", "acme", "nobody"], data, "", 1, "no user nobody");
    refuses(&["member", "add", "acme", "ada"], data, "", 1, "membership of ada in acme");
    refuses(&["member", "approve", "acme", "nobody"], data, "", 1, "no membership there");
    refuses(&["member", "role", "nowhere", "ada", "member"], data, "", 1, "no organization nowhere");
    for command in ["disable", "enable", "staff"] {
        refuses(&["user", command, "nobody"], data, "", 1, "no user nobody");
    }
    refuses(&["user", "password", "nobody", "--password-stdin"], data, PASSWORD, 1, "no user nobody");
}

#[test]
fn what_cannot_be_meant_is_refused_with_two() {
    let dir = acme("1");
    let data = dir.path();
    let org = |name, credit, nodes| {
        ["org", "add", name, "--owner", "ada", "--credit", credit, "--max-nodes", nodes]
    };
    refuses(&add_user("a/b", "x@example.org"), data, PASSWORD, 2, "cannot be a user name");
    refuses(&add_user("eve", "no address"), data, PASSWORD, 2, "is not an e-mail address");
    refuses(&add_user("eve", "eve@example.org"), data, "\n", 2, "no password on standard input");
    refuses(&add_user("eve", "eve@example.org"), data, "short", 2, "shorter than 8 characters");
    refuses(&add_user("eve", "eve@example.org"), data, "Password1", 2, "3,000 commonest");
    refuses(&add_user("eve", "eve@example.org"), data, &"x".repeat(2000), 2, "longer than 1024 bytes");
    refuses(&["user", "add", "eve", "--email", "eve@example.org"], data, "x", 2, "--password-stdin");
    refuses(&["user", "add", "eve", "--password", PASSWORD], data, "", 2, "--password");
    refuses(&org("Acme", "1", "1"), data, "", 2, "cannot be an organization");
    refuses(&org("www", "1", "1"), data, "", 2, "reserved");
    refuses(&org("other", "-1", "1"), data, "", 2, "--credit");
    refuses(&org("other", "1", "0"), data, "", 2, "--max-nodes");
    refuses(&org("other", "1", "1001"), data, "", 2, "--max-nodes");
    let limits = [org("other", "1", "1").as_slice(), &["--min-nodes", "2"]].concat();
    refuses(&limits, data, "", 2, "--min-nodes");
}

#[tokio::test]
async fn what_the_operator_does_to_an_organization_is_in_the_audit_log() {
    let dir = acme("1");
    for arguments in [
        &["org", "credit", "acme", "2.50", "--note", "a grant", "--key", "grant-1"][..],
        &["org", "credit", "acme", "2.50", "--note", "a grant", "--key", "grant-1"],
        &["org", "set", "acme", "--node-cap", "9", "--suspended", "true"],
        &["org", "set", "acme", "--suspended", "true"],
        &["org", "destroy", "acme"],
    ] {
        run(arguments, dir.path(), "");
    }
    let db = DataDir::existing(dir.path()).unwrap().database().await.unwrap();
    let lines = db.audit(AuditOf::Organization(&"acme".parse().unwrap()), None, 100).await.unwrap();
    db.close().await;
    let told: Vec<_> = lines.iter().map(|line| format!("{} {}", line.action, line.detail)).collect();
    assert_eq!(
        told.get(..3).unwrap(),
        [
            "cluster.destroyed it stays off until it is deployed",
            "organization.set node-cap 9, suspended true",
            "organization.credited $2.50: a grant",
        ],
        "what changed nothing is not told: {told:?}"
    );
    assert!(lines.iter().all(|line| line.user.is_none() && line.address == "command line"));
}

#[test]
fn money_is_given_once_under_its_key_and_corrected_either_way() {
    let dir = acme("1");
    let data = dir.path();
    let says = |arguments: &[&str], what: &str| {
        let outcome = run(arguments, data, "");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), what), "{arguments:?}: {outcome:?}");
    };
    let credit = ["org", "credit", "acme", "2.50", "--note", "a grant", "--key", "grant-1"];
    says(&credit, "acme has $3.50 now\n");
    refuses(&credit, data, "", 1, "already an entry with that key");
    says(&["org", "adjust", "acme", "-4", "--note", "a corrected bill"], "acme has -$0.50 now\n");
    says(&["org", "adjust", "acme", "+1", "--note", "and back"], "acme has $0.50 now\n");
    says(&["org", "credit", "acme", "1"], "acme has $1.50 now\n");
    says(&["org", "credit", "acme", "1", "--key", "credit:opening"], "acme has $2.50 now\n");
    refuses(&["org", "credit", "acme", "0"], data, "", 2, "more than nothing");
    refuses(&["org", "credit", "acme", "lots"], data, "", 2, "not an amount of dollars");
    refuses(&["org", "adjust", "acme", "-1"], data, "", 2, "--note");
    refuses(&["org", "adjust", "acme", "0", "--note", "x"], data, "", 2, "corrects nothing");
    refuses(&["org", "credit", "nowhere", "1"], data, "", 1, "no organization nowhere");
}

#[test]
fn what_is_set_shows_and_the_rest_stays() {
    let dir = acme("25");
    let data = dir.path();
    let show = || run(&["org", "show", "acme"], data, "").stdout;
    let shown = show();
    for line in [
        "cluster    acme is asleep. ",
        "nodes      0 booting, 0 ready, 0 draining, 0 stopping; 0 wanted",
        "why        nobody asks for nodes; at most 2",
        "limits     0 to 2 nodes, release v4.0.4",
        "balance    $25.00",
        "free       $25.00",
        "lasts      3957 minutes at 1 node",
        "prices     $0.226 an hour for a node, $0.153 for a running cluster",
        "allowance  $0.00 a month",
    ] {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
    let set = |more: &[&str]| {
        let outcome = run(&[&["org", "set", "acme"], more].concat(), data, "");
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    };
    set(&["--max-nodes", "8", "--min-nodes", "1", "--per-user", "3", "--node-version", "4.1.0"]);
    set(&["--node-hour", "1", "--monthly-allowance", "10", "--allowance-cap", "30"]);
    let shown = show();
    for line in [
        "limits     1 to 8 nodes, at most 3 per user, release v4.1.0",
        "prices     $1.00 an hour for a node, $0.153 for a running cluster",
        "allowance  $10.00 a month up to a balance of $30.00, given up to 20",
        "balance    $25.00",
    ] {
        assert!(shown.contains(line), "{line:?} is not in\n{shown}");
    }
    set(&["--per-user", "0", "--allowance-cap", "none", "--suspended", "true"]);
    let shown = show();
    assert!(shown.contains("1 to 8 nodes, release") && shown.contains("$10.00 a month, given"), "{shown}");
    assert!(shown.contains("The operator suspended acme"), "{shown}");
    refuses(&["org", "set", "acme"], data, "", 2, "--min-nodes");
    refuses(&["org", "set", "acme", "--min-nodes", "9"], data, "", 2, "the maximum 8");
    refuses(&["org", "set", "acme", "--suspended", "perhaps"], data, "", 2, "--suspended");
    refuses(&["org", "set", "nowhere", "--max-nodes", "9"], data, "", 1, "no organization nowhere");
}

#[test]
fn a_cluster_is_destroyed_and_refreshed_by_command() {
    let dir = acme("1");
    let destroyed = run(&["org", "destroy", "acme"], dir.path(), "");
    assert!(
        destroyed.stdout.starts_with("destroyed the cluster of acme: 0 requests released"),
        "{destroyed:?}"
    );
    assert!(run(&["org", "show", "acme"], dir.path(), "").stdout.contains("must deploy it again"));
    assert_eq!(run(&["org", "refresh", "acme"], dir.path(), "").code, Some(0));
    refuses(&["org", "destroy", "nowhere"], dir.path(), "", 1, "no organization nowhere");
}

#[test]
fn a_data_directory_that_cannot_be_used_is_named() {
    refuses(&add_user("ada", "a@example.org"), Path::new("/dev/null/data"), PASSWORD, 1, "/dev/null/data");
}

#[test]
fn only_the_command_that_begins_makes_a_data_directory() {
    let dir = tempfile::tempdir().unwrap();
    let org = ["org", "add", "acme", "--owner", "ada", "--credit", "1", "--max-nodes", "1"];
    for data in [dir.path().to_owned(), dir.path().join("new")] {
        refuses(&org, &data, "", 1, "no sliderule.db");
        refuses(&["member", "add", "acme", "ada"], &data, "", 1, "user add");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_command_that_fails_leaves_nothing_beside_the_database() {
    let dir = acme("1");
    let org = ["org", "add", "other", "--owner", "nobody", "--credit", "1", "--max-nodes", "1"];
    refuses(&org, dir.path(), "", 1, "no user nobody");
    refuses(&add_user("ada", "x@example.org"), dir.path(), PASSWORD, 1, "already a user");
    refuses(&["member", "add", "acme", "nobody"], dir.path(), "", 1, "no user nobody");
    std::fs::write(dir.path().join("node.key"), "no key").unwrap();
    refuses(&["serve", "--listen", "127.0.0.1:0"], dir.path(), "", 1, "node.key");
    let mut left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["node.key", "nodes", "server.lock", "sliderule.db", "steady.json"]);
}

#[test]
fn a_password_is_not_stored() {
    let dir = acme("1");
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
    }
}
