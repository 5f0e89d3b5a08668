//! The table of the module's documentation, exhaustively.

use super::*;
use crate::look::judge::{Verdict, judge};
use crate::samples::{node, seconds};

const STATES: [NodeState; 4] =
    [NodeState::Booting, NodeState::Ready, NodeState::Draining, NodeState::Stopping];

/// What is seen of a node: listed in one of three ways, absent and believed gone, or absent and not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Listed(Seen),
    Gone,
    Unsure,
}

const VIEWS: [View; 5] = [
    View::Listed(Seen::Leased),
    View::Listed(Seen::Unleased),
    View::Listed(Seen::Lost),
    View::Gone,
    View::Unsure,
];

/// Within the boot bound, within the lease, past the lease, past the tail.
const TIMES: [i64; 4] = [5, 40, 65, 75];

/// The listing's instant: young enough to believe, or too old to.
fn as_of(state: NodeState, view: View, now: i64) -> Option<Moment> {
    let ready_at = if state == NodeState::Booting { 10 } else { 1 };
    match view {
        View::Unsure => Some(Moment(seconds(ready_at).0.min(seconds(now).0) - 1)),
        _ if view == View::Gone && now < ready_at => None,
        _ => Some(seconds(now)),
    }
}

#[test]
fn every_pair_of_stored_and_seen_has_its_verdict_at_every_time() {
    use NodeState::{Booting, Draining, Ready, Stopping};
    use View::{Gone, Listed, Unsure};
    let (again, serves) = (Verdict::Serves { again: true }, Verdict::Serves { again: false });
    let (kill, kill_free) = (Verdict::Kill { occupies: true }, Verdict::Kill { occupies: false });
    let (gone, failed) = (Verdict::Gone { failed_boot: false }, Verdict::Gone { failed_boot: true });
    let mut seen = 0;
    for state in STATES {
        for view in VIEWS {
            for now in TIMES {
                let Some(as_of) = as_of(state, view, now) else { continue };
                let expected = match (state, view, now) {
                    (Booting | Ready, Listed(Seen::Unleased), 75) => kill_free,
                    (Booting | Ready, Listed(Seen::Unleased), _) => kill,
                    (Booting, Gone, _) => failed,
                    (Booting, Unsure, 5) => again,
                    (Booting, _, 5) => serves,
                    (Booting, _, 75) => kill_free,
                    (Booting, _, _) => kill,
                    (Ready, Gone, 5 | 40) => failed,
                    (Ready, Gone, _) => gone,
                    (Ready, _, 75) => kill_free,
                    (Ready, _, 65) | (Ready, Listed(Seen::Lost), _) => Verdict::Drain,
                    (Ready, _, _) => serves,
                    (Draining | Stopping, Gone, _) => gone,
                    (Draining | Stopping, Listed(Seen::Unleased), _) | (Draining | Stopping, _, 75) => {
                        kill_free
                    }
                    (Draining | Stopping, _, _) => Verdict::Terminate,
                };
                let listed = if let Listed(seen) = view { Some(seen) } else { None };
                let found = judge(&node("a", state, 0), listed, as_of, seconds(now), Terms::LOCAL);
                assert_eq!(found, expected, "{state:?}, {view:?}, at {now} s");
                seen += 1;
            }
        }
    }
    assert_eq!(
        seen, 79,
        "all but the one that cannot be: a booting node believed gone within the boot bound"
    );
}

#[test]
fn a_boot_cut_short_by_what_it_serves_is_no_failure() {
    let mut short = node("a", NodeState::Booting, 0);
    short.meter.held_until = seconds(5);
    let verdict = |seen, at| judge(&short, seen, seconds(at), seconds(at), Terms::LOCAL);
    assert_eq!(verdict(Some(Seen::Leased), 6), Verdict::Drain);
    assert_eq!(verdict(None, 6), Verdict::Drain);
    assert_eq!(verdict(None, 10), Verdict::Gone { failed_boot: false });
}

#[test]
fn a_node_that_was_renewed_once_has_booted() {
    let mut renewed = node("a", NodeState::Ready, 0);
    renewed.meter.held_until = seconds(95);
    assert_eq!(
        judge(&renewed, None, seconds(40), seconds(40), Terms::LOCAL),
        Verdict::Gone { failed_boot: false }
    );
}

#[test]
fn a_launch_is_repeated_only_once_the_listing_is_later_than_the_record() {
    let booting = node("a", NodeState::Booting, 3);
    let verdict = |as_of| judge(&booting, None, as_of, seconds(5), Terms::LOCAL);
    assert_eq!(verdict(seconds(3)), Verdict::Serves { again: false });
    assert_eq!(verdict(Moment(3_001)), Verdict::Serves { again: true });
}

/// What the verdicts come to, for a cluster that wants one node.
#[test]
fn every_pair_of_stored_and_listed_has_its_effects() {
    use NodeState::{Booting, Draining, Ready, Stopping};
    let end = |what: &str| vec!["withdraw".to_owned(), format!("{what} a")];
    let new = |now: i64| format!("launch new-{}-0", now * 1000);
    for (state, now, what, replaced) in [
        (Booting, 5, None, false),
        (Booting, 40, Some("kill"), false),
        (Booting, 75, Some("kill"), true),
        (Ready, 5, None, false),
        (Ready, 65, Some("terminate"), true),
        (Ready, 75, Some("kill"), true),
        (Draining, 5, Some("terminate"), true),
        (Draining, 75, Some("kill"), true),
        (Stopping, 65, Some("terminate"), true),
        (Stopping, 75, Some("kill"), true),
    ] {
        let cluster = with(wanting(1), vec![node("a", state, 0)]);
        let (_, step) = looked(&cluster, &listed(&["a"], seconds(now)), seconds(now));
        let mut expected = what.map(end).unwrap_or_default();
        expected.extend(replaced.then(|| new(now)));
        assert_eq!(effects(&step), expected, "{state:?}, listed at {now} s");
    }
    for (state, now) in [(Booting, 10), (Ready, 5), (Ready, 65), (Draining, 5), (Stopping, 75)] {
        let cluster = with(wanting(1), vec![node("a", state, 0)]);
        let (after, step) = looked(&cluster, &listed(&[], seconds(now)), seconds(now));
        assert_eq!(effects(&step), ["withdraw".to_owned(), new(now)], "{state:?}, absent at {now} s");
        assert!(!states(&after).contains_key("a"));
    }
}
