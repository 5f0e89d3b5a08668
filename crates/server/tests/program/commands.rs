//! The commands that manage accounts: what they do, and how they refuse.

use std::path::Path;

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
    let user = run(&add_user("ada", "ada@example.org"), dir.path(), "secret\n");
    assert_eq!((user.code, user.stdout.as_str()), (Some(0), "added user ada\n"));
    let org = ["org", "add", "acme", "--owner", "ada", "--credit", "12.5", "--max-nodes", "8", "--public"];
    let org = run(&org, dir.path(), "");
    assert_eq!(org.stdout, "added organization acme with $12.50 for up to 8 nodes at $0.226 an hour each\n");
    run(&add_user("bob", "bob@example.org"), dir.path(), "secret");
    let member = run(&["member", "add", "acme", "bob"], dir.path(), "");
    assert_eq!(member.stdout, "bob is a member of acme\n");
}

#[test]
fn what_is_taken_or_unknown_is_refused_with_one() {
    let dir = acme("1");
    let org = |owner| ["org", "add", "other", "--owner", owner, "--credit", "1", "--max-nodes", "1"];
    let acme_again = ["org", "add", "acme", "--owner", "ada", "--credit", "1", "--max-nodes", "1"];
    let data = dir.path();
    refuses(&add_user("Ada", "new@example.org"), data, "x", 1, "already a user Ada");
    refuses(&add_user("eve", "ADA@example.org"), data, "x", 1, "e-mail address ADA@example.org");
    refuses(&acme_again, data, "", 1, "already an organization acme");
    refuses(&org("nobody"), data, "", 1, "no user nobody");
    refuses(&["member", "add", "nowhere", "ada"], data, "", 1, "no organization nowhere");
    refuses(&["member", "add", "acme", "nobody"], data, "", 1, "no user nobody");
    refuses(&["member", "add", "acme", "ada"], data, "", 1, "membership of ada in acme");
}

#[test]
fn what_cannot_be_meant_is_refused_with_two() {
    let dir = acme("1");
    let data = dir.path();
    let org = |name, credit, nodes| {
        ["org", "add", name, "--owner", "ada", "--credit", credit, "--max-nodes", nodes]
    };
    refuses(&add_user("a/b", "x@example.org"), data, "x", 2, "cannot be a user name");
    refuses(&add_user("eve", "no address"), data, "x", 2, "is not an e-mail address");
    refuses(&add_user("eve", "eve@example.org"), data, "\n", 2, "no password on standard input");
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

#[test]
fn a_data_directory_that_cannot_be_used_is_named() {
    refuses(&add_user("ada", "a@example.org"), Path::new("/dev/null/data"), "x", 1, "/dev/null/data");
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
    refuses(&add_user("ada", "x@example.org"), dir.path(), "x", 1, "already a user");
    refuses(&["member", "add", "acme", "nobody"], dir.path(), "", 1, "no user nobody");
    std::fs::write(dir.path().join("signing.key"), "no key").unwrap();
    refuses(&["serve", "--listen", "127.0.0.1:0"], dir.path(), "", 1, "signing.key");
    let mut left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["nodes", "server.lock", "signing.key", "sliderule.db"]);
}

#[test]
fn a_password_is_not_stored() {
    let dir = acme("1");
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
    }
}
