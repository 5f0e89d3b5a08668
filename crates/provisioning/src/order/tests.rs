use std::time::Duration;

use super::*;
use crate::cluster::NodeState;
use crate::samples::{after, cluster, node, request, seconds};
use crate::size::{BOOTS_TO_PROTECT, size};
use crate::time::Terms;

fn policy() -> Policy {
    Policy::usual(Terms::LOCAL)
}

/// `ada` wants so many nodes until so many seconds.
fn place(nodes: u32, until: i64) -> Order {
    let wish = Wish::Place { id: "new".parse().unwrap(), nodes, until: seconds(until), replace: false };
    Order { user: "ada".parse().unwrap(), wish, key: None }
}

fn replace(nodes: u32, until: i64) -> Order {
    let wish = Wish::Place { id: "new".parse().unwrap(), nodes, until: seconds(until), replace: true };
    Order { wish, ..place(0, 0) }
}

fn alter(id: &str, nodes: Option<u32>, until: Option<i64>, shorten: bool) -> Order {
    let wish = Wish::Alter { id: id.parse().unwrap(), nodes, until: until.map(seconds), shorten };
    Order { wish, ..place(0, 0) }
}

/// A cluster of whose requests three are live at 10 s: two of ada's, one of bob's.
fn busy() -> Cluster {
    let requests =
        vec![request("eve", 1, 5), request("ada", 3, 50), request("bob", 4, 80), request("ada", 2, 100)];
    Cluster { requests, ..cluster() }
}

/// What is answered at 10 s, and the cluster afterwards.
fn granted(cluster: &Cluster, wanted: &Order) -> (Grant, Cluster) {
    let step = order(cluster, wanted, seconds(10), &policy()).unwrap();
    (step.answer, after(cluster, &step.changes))
}

fn refused(cluster: &Cluster, wanted: &Order) -> Refusal {
    order(cluster, wanted, seconds(10), &policy()).unwrap_err()
}

fn ids(cluster: &Cluster) -> Vec<&str> {
    cluster.requests.iter().map(|request| request.id.as_str()).collect()
}

/// What so many seconds of nodes and of the fixed part cost, rounded up.
fn cost_of(node_seconds: u64, fixed_seconds: u64) -> MicroUsd {
    let price = |per_hour, seconds| Grains::of(MicroUsd(per_hour), Duration::from_secs(seconds));
    (price(226_000, node_seconds) + price(153_000, fixed_seconds)).ceil()
}

#[test]
fn an_order_is_placed_for_what_it_costs_at_most_and_what_expired_is_closed() {
    let wanted = Order { key: Some(("k".into(), "5 until 100".into())), ..place(3, 3610) };
    let step = order(&busy(), &wanted, seconds(10), &policy()).unwrap();
    let grant = step.answer;
    assert!(grant.is_new && grant.was_asleep);
    assert_eq!((grant.asked, grant.request.nodes, grant.request.created_at), (3, 3, seconds(10)));
    // Beyond what was promised: one more from 50 s and three from 100 s on, and the fixed part from 100 s on.
    let node_seconds = 50 + 3 * 3510;
    assert_eq!(grant.cost, cost_of(node_seconds, 3510));
    assert_eq!(grant.runway.nodes, 7);
    assert_eq!(grant.sizing.target, 7);
    let key = ("k".to_owned(), "5 until 100".to_owned());
    let expected = [
        Change::Close { id: "eve-1-5".parse().unwrap(), at: seconds(5) },
        Change::Place { request: grant.request.clone(), cost: grant.cost },
        Change::Keyed { user: "ada".parse().unwrap(), key: key.0, order: key.1, request: grant.request.id },
    ];
    assert_eq!(step.changes, expected);
}

#[test]
fn what_is_asked_is_raised_to_the_minimum_and_cut_to_the_maximum_and_the_limit_per_user() {
    let mut cluster = cluster();
    let nodes = |cluster: &Cluster, asked| granted(cluster, &place(asked, 100)).0.request.nodes;
    assert_eq!(nodes(&cluster, 500), 10);
    cluster.limits.min_nodes = 2;
    assert_eq!(nodes(&cluster, 1), 2);
    cluster.limits.per_user = Some(6);
    assert_eq!((nodes(&cluster, 500), nodes(&cluster, 5)), (6, 5));
    cluster.limits.per_user = Some(1);
    assert_eq!(nodes(&cluster, 5), 1);
}

#[test]
fn an_identical_request_is_redundant_and_costs_nothing_even_if_nothing_is_left() {
    let mut cluster = busy();
    cluster.account.balance = MicroUsd(-1);
    let step = order(&cluster, &place(3, 50), seconds(10), &policy()).unwrap();
    assert_eq!((step.answer.is_new, step.answer.cost), (false, MicroUsd::ZERO));
    assert_eq!(step.answer.request, cluster.requests[1]);
    assert!(!step.changes.iter().any(|change| matches!(change, Change::Place { .. })));
    // Another user's is not identical.
    assert!(matches!(refused(&cluster, &place(4, 80)), Refusal::InsufficientFunds { .. }));
}

#[test]
fn an_identical_request_under_a_key_stands_beside_the_other_and_costs_nothing_even_if_nothing_is_left() {
    let mut cluster = busy();
    cluster.account.balance = MicroUsd(-1);
    let wanted = Order { key: Some(("k".into(), "text".into())), ..place(3, 50) };
    let (grant, cluster) = granted(&cluster, &wanted);
    assert_eq!((grant.request.id.as_str(), grant.is_new, grant.cost), ("new", true, MicroUsd::ZERO));
    assert_eq!(grant.sizing.target, 7, "of each user the largest counts");
    let step = release(&cluster, None, Some(&"new".parse().unwrap()), seconds(10));
    let left = after(&cluster, &step.changes);
    assert_eq!(size(&left, seconds(10), policy().terms).target, 7);
}

#[test]
fn a_request_that_takes_the_place_of_the_others_ends_them_in_the_same_step() {
    let (grant, cluster) = granted(&busy(), &replace(1, 60));
    assert_eq!(ids(&cluster), ["new", "bob-4-80"]);
    assert_eq!((grant.is_new, grant.cost), (true, MicroUsd::ZERO));
    let (grant, cluster) = granted(&busy(), &replace(2, 100));
    assert_eq!(ids(&cluster), ["bob-4-80", "ada-2-100"]);
    assert!(!grant.is_new);
}

#[test]
fn no_nodes_releases_all_that_the_user_has() {
    let wanted = Order { key: Some(("k".into(), "text".into())), ..place(0, 100) };
    let (grant, cluster) = granted(&busy(), &wanted);
    assert_eq!(ids(&cluster), ["bob-4-80"]);
    assert_eq!((grant.request.nodes, grant.is_new, grant.cost), (0, false, MicroUsd::ZERO));
    assert_eq!(grant.sizing.target, 4);
}

#[test]
fn an_extended_request_costs_its_extension_and_is_the_newest() {
    let (grant, cluster) = granted(&busy(), &alter("ada-2-100", None, Some(200), false));
    let altered = cluster.requests.iter().find(|request| request.id.as_str() == "ada-2-100").unwrap();
    assert_eq!((altered.nodes, altered.created_at, altered.expires_at), (2, seconds(10), seconds(200)));
    assert_eq!(grant.cost, cost_of(200, 100));
    assert!(!grant.is_new);
}

#[test]
fn a_shrunk_request_keeps_its_age_and_a_grown_one_does_not() {
    let (grant, cluster) = granted(&busy(), &alter("ada-3-50", Some(1), None, false));
    assert_eq!((grant.request.created_at, grant.cost), (seconds(0), MicroUsd::ZERO));
    assert_eq!(grant.sizing.target, 6, "the other request of the user counts now");
    let (grant, _) = granted(&cluster, &alter("ada-3-50", Some(5), None, false));
    assert_eq!((grant.request.created_at, grant.sizing.target), (seconds(10), 9));
}

#[test]
fn nothing_is_shortened_silently() {
    let wanted = alter("ada-2-100", Some(4), Some(60), false);
    assert_eq!(refused(&busy(), &wanted), Refusal::WouldShorten { until: seconds(100) });
    let (grant, _) = granted(&busy(), &alter("ada-2-100", None, Some(60), true));
    assert_eq!((grant.request.expires_at, grant.request.created_at), (seconds(60), seconds(0)));
}

#[test]
fn an_extension_that_changes_nothing_is_fine() {
    let step = order(&busy(), &alter("ada-2-100", None, Some(100), false), seconds(10), &policy()).unwrap();
    assert_eq!((step.answer.is_new, step.answer.cost), (false, MicroUsd::ZERO));
    assert_eq!(step.changes, [Change::Close { id: "eve-1-5".parse().unwrap(), at: seconds(5) }]);
}

#[test]
fn only_ones_own_open_requests_can_be_altered() {
    for id in ["bob-4-80", "eve-1-5", "never"] {
        assert_eq!(refused(&busy(), &alter(id, Some(1), None, false)), Refusal::UnknownRequest);
    }
    let mine = Order { user: "eve".parse().unwrap(), ..alter("eve-1-5", Some(2), None, false) };
    assert_eq!(refused(&busy(), &mine), Refusal::UnknownRequest, "it is over");
}

#[test]
fn altering_to_no_nodes_releases_that_one() {
    let (grant, cluster) = granted(&busy(), &alter("ada-3-50", Some(0), None, false));
    assert_eq!(ids(&cluster), ["bob-4-80", "ada-2-100"]);
    assert_eq!((grant.request.nodes, grant.request.id.as_str()), (0, "ada-3-50"));
}

#[test]
fn what_blocks_a_cluster_refuses_what_asks_for_more_and_never_what_saves() {
    type Blocking = fn(&mut Cluster);
    let blocks: [(Block, Blocking); 3] = [
        (Block::Suspended, |cluster| cluster.suspended = true),
        (Block::Paused, |cluster| cluster.paused = true),
        (Block::Protected, |cluster| cluster.failed_boots = BOOTS_TO_PROTECT),
    ];
    for (expected, block) in blocks {
        let mut cluster = busy();
        block(&mut cluster);
        for wanted in [place(1, 60), place(3, 50), replace(3, 60), alter("ada-3-50", None, Some(101), false)]
        {
            match refused(&cluster, &wanted) {
                Refusal::Blocked(block, message) => {
                    assert_eq!(block, expected);
                    assert_eq!(message, describe(&cluster, seconds(10), Terms::LOCAL).message);
                }
                other => panic!("{other:?}"),
            }
        }
        let saving = [place(0, 0), replace(2, 50), alter("ada-3-50", Some(1), None, false)];
        assert!(saving.iter().all(|wanted| order(&cluster, wanted, seconds(10), &policy()).is_ok()));
    }
}

#[test]
fn a_refusal_says_what_it_would_cost_what_is_missing_and_what_would_fit() {
    let mut cluster = cluster();
    cluster.account.balance = MicroUsd(850_000);
    let Refusal::InsufficientFunds { message, fits, cost, free } =
        order(&cluster, &place(5, 3600), seconds(0), &policy()).unwrap_err()
    else {
        panic!("there is no money for that");
    };
    assert_eq!(fits, [(3, 60), (5, 39)]);
    assert_eq!((cost, free), (MicroUsd(1_286_564), MicroUsd(850_000)));
    assert_eq!(
        message,
        "5 nodes for 60 minutes would cost $1.286564 more, and $0.85 is free: $0.436564 is missing. \
         What would fit: 3 nodes for 60 minutes, or 5 for 39."
    );
}

#[test]
fn without_any_money_a_refusal_promises_nothing() {
    let mut cluster = cluster();
    cluster.account.balance = MicroUsd(-5);
    let Refusal::InsufficientFunds { message, fits, .. } = refused(&cluster, &place(1, 3610)) else {
        panic!("there is no money for that");
    };
    assert_eq!(fits, []);
    assert!(message.contains("$0.00 is free") && message.contains("there must be credit"), "{message}");
}

#[test]
fn a_request_that_must_not_end_earlier_is_offered_no_less_time_than_it_has() {
    let mut cluster = cluster();
    cluster.requests = vec![request("ada", 1, 1200)];
    cluster.account.balance = MicroUsd(379_000);
    let fits = |wanted| match order(&cluster, &wanted, seconds(0), &policy()) {
        Err(Refusal::InsufficientFunds { fits, .. }) => fits,
        other => panic!("{other:?}"),
    };
    assert_eq!(fits(alter("ada-1-1200", None, Some(7200), false)), [(1, 59)]);
    assert_eq!(fits(alter("ada-1-1200", Some(9), None, false)), [(4, 20)]);
    assert_eq!(fits(alter("ada-1-1200", Some(9), None, true)), [(4, 20), (9, 10)]);
}

#[test]
fn a_release_also_takes_the_request_that_counts_now_and_the_last_one_lets_the_cluster_sleep() {
    let mut cluster = busy();
    cluster.nodes = vec![node("a", NodeState::Ready, 0)];
    let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
    let one = release(&cluster, Some(&ada), Some(&"ada-3-50".parse().unwrap()), seconds(10));
    assert_eq!(one.answer, 1);
    let cluster = after(&cluster, &one.changes);
    assert_eq!(size(&cluster, seconds(10), Terms::LOCAL).target, 6);
    let others = release(&cluster, Some(&bob), Some(&"ada-2-100".parse().unwrap()), seconds(10));
    assert_eq!((others.answer, others.changes), (0, Vec::new()), "not bob's");
    let cluster = after(&cluster, &release(&cluster, Some(&ada), None, seconds(10)).changes);
    let last = release(&cluster, Some(&bob), None, seconds(10));
    let cluster = after(&cluster, &last.changes);
    assert_eq!(size(&cluster, seconds(10), Terms::LOCAL).target, 0);
    assert_eq!(release(&cluster, Some(&bob), None, seconds(11)).changes, []);
}

#[test]
fn the_owner_releases_everybodys_and_people_are_told() {
    let step = release(&busy(), None, None, seconds(10));
    assert_eq!(step.answer, 3);
    assert!(matches!(step.changes.last(), Some(Change::Notify(notice)) if notice.kind == NoticeKind::ByHand));
    assert_eq!(after(&busy(), &step.changes).requests, []);
}
