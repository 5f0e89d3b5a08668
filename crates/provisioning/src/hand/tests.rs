use sliderule_api::status::Block;

use super::*;
use crate::cluster::{NodeState, Trouble};
use crate::order::Wish;
use crate::samples::{after, cluster, node, request, seconds};
use crate::size::{BOOTS_TO_PROTECT, size};
use crate::time::Terms;

fn policy() -> Policy {
    Policy::usual(Terms::LOCAL)
}

fn two_nodes_for_an_hour() -> Order {
    let wish = Wish::Place { id: "deploy".parse().unwrap(), nodes: 2, until: seconds(3600), replace: false };
    Order { user: "ada".parse().unwrap(), wish, key: None }
}

fn notices(changes: &[Change]) -> Vec<NoticeKind> {
    let notified = changes.iter().filter_map(|change| match change {
        Change::Notify(notice) => Some(notice.kind),
        _ => None,
    });
    notified.collect()
}

#[test]
fn a_destroyed_cluster_stays_off_until_it_is_deployed_like_any_other_order() {
    let ada = "ada".parse().unwrap();
    let mut running = cluster();
    running.requests = vec![request("old", 1, 5), request("ada", 2, 100), request("bob", 1, 200)];
    running.nodes = vec![node("a", NodeState::Ready, 0)];
    let step = destroy(&running, Some(&ada), seconds(10));
    assert_eq!(step.answer, 2, "the one that is over was not released");
    assert_eq!(notices(&step.changes), [NoticeKind::ByHand]);
    let destroyed = after(&running, &step.changes);
    assert!(destroyed.paused && destroyed.requests.is_empty());
    assert_eq!(size(&destroyed, seconds(10), Terms::LOCAL).target, 0);
    assert_eq!(destroy(&destroyed, Some(&ada), seconds(11)), super::step(Vec::new(), 0));

    let asked = order::order(&destroyed, &two_nodes_for_an_hour(), seconds(20), &policy());
    assert!(matches!(asked, Err(Refusal::Blocked(Block::Paused, _))), "asking does not deploy: {asked:?}");
    let step = deploy(&destroyed, &two_nodes_for_an_hour(), seconds(20), &policy()).unwrap();
    assert!(step.answer.is_new);
    let deployed = after(&destroyed, &step.changes);
    assert!(!deployed.paused);
    assert_eq!(size(&deployed, seconds(20), Terms::LOCAL).target, 2);
}

#[test]
fn a_deploy_that_money_does_not_cover_leaves_the_cluster_destroyed() {
    let mut poor = cluster();
    poor.paused = true;
    poor.account.balance = MicroUsd(1000);
    let refused = deploy(&poor, &two_nodes_for_an_hour(), seconds(0), &policy());
    assert!(matches!(refused, Err(Refusal::InsufficientFunds { .. })));
}

#[test]
fn deploying_what_nobody_destroyed_is_an_order() {
    let order = two_nodes_for_an_hour();
    let deployed = deploy(&cluster(), &order, seconds(0), &policy()).unwrap();
    assert_eq!(deployed, order::order(&cluster(), &order, seconds(0), &policy()).unwrap());
}

#[test]
fn a_refresh_lets_a_protected_cluster_try_again_and_forgets_no_round() {
    let mut failed = cluster();
    failed.requests = vec![request("ada", 1, 100)];
    failed.failed_boots = BOOTS_TO_PROTECT;
    failed.failed_round = Some(seconds(3));
    failed.trouble = Some(Trouble { at: seconds(3), what: "nothing boots".to_owned() });
    let step = refresh(&failed, None, seconds(10));
    assert_eq!(notices(&step.changes), [NoticeKind::ByHand]);
    let fresh = after(&failed, &step.changes);
    assert_eq!((fresh.failed_boots, fresh.failed_round, &fresh.trouble), (0, Some(seconds(3)), &None));
    assert_eq!(size(&fresh, seconds(10), Terms::LOCAL).target, 1);
    assert_eq!(refresh(&fresh, None, seconds(11)).changes, []);
}

#[test]
fn money_comes_and_is_corrected_under_its_key_and_owners_are_told() {
    let step = credit(&cluster(), MicroUsd(5_000_000), "c1", "for November", seconds(0));
    assert_eq!(notices(&step.changes), [NoticeKind::Credited]);
    let credited = after(&cluster(), &step.changes);
    assert_eq!(credited.account.balance, MicroUsd(30_000_000));
    let step = adjust(&credited, MicroUsd(-31_000_000), "a1", "withdrawn", seconds(1));
    let corrected = after(&credited, &step.changes);
    assert_eq!(corrected.account.balance, MicroUsd(-1_000_000));
    assert_eq!(corrected.account.credited, MicroUsd(30_000_000));
    assert_eq!(adjust(&corrected, MicroUsd::ZERO, "a2", "nothing", seconds(2)).changes, []);
}

#[test]
fn what_is_set_to_what_it_is_changes_nothing() {
    let before = cluster();
    let settings = Settings {
        suspended: Some(false),
        node_cap: Some(before.node_cap),
        limits: Some(before.limits),
        version: Some(before.version),
        prices: Some(before.prices),
        allowance: Some(before.account.allowance),
    };
    assert_eq!(set(&before, &settings, seconds(0)).changes, []);
}

#[test]
fn another_release_is_announced_and_another_price_leaves_what_is_held_at_its_rate() {
    let mut before = cluster();
    before.nodes = vec![node("a", NodeState::Ready, 0)];
    let prices = Prices { node_hour: MicroUsd(300_000), ..Prices::LIST };
    let settings =
        Settings { version: Some("v4.1.0".parse().unwrap()), prices: Some(prices), ..Settings::default() };
    let step = set(&before, &settings, seconds(5));
    assert_eq!(notices(&step.changes), [NoticeKind::Rolling]);
    let set = after(&before, &step.changes);
    assert_eq!((set.prices, set.nodes[0].meter), (prices, before.nodes[0].meter));
}

#[test]
fn a_suspension_and_its_end_are_told() {
    let suspended = Settings { suspended: Some(true), ..Settings::default() };
    let step = set(&cluster(), &suspended, seconds(0));
    assert_eq!(notices(&step.changes), [NoticeKind::ByHand]);
    assert_eq!(
        size(&after(&cluster(), &step.changes), seconds(0), Terms::LOCAL).blocked,
        Some(Block::Suspended)
    );
}

#[test]
fn a_lower_cap_brings_the_limits_down_to_it_and_no_limit_goes_above_it() {
    let mut before = cluster();
    before.limits = Limits { min_nodes: 4, max_nodes: 10, per_user: Some(8) };
    let settings = Settings { node_cap: Some(3), ..Settings::default() };
    let capped = after(&before, &set(&before, &settings, seconds(0)).changes);
    let lowered = Limits { min_nodes: 3, max_nodes: 3, per_user: Some(8) };
    assert_eq!((capped.node_cap, capped.limits), (3, lowered));
    let settings = Settings { limits: Some(before.limits), ..Settings::default() };
    assert_eq!(set(&capped, &settings, seconds(1)).changes, []);
}

#[test]
fn a_cluster_that_is_switched_on_again_wants_nothing_by_itself() {
    let mut paused = cluster();
    paused.paused = true;
    let ada = "ada".parse().unwrap();
    let step = unpause(&paused, Some(&ada), seconds(0));
    assert_eq!(notices(&step.changes), [NoticeKind::ByHand]);
    let on = after(&paused, &step.changes);
    assert!(!on.paused && on.requests.is_empty());
    assert_eq!(unpause(&on, Some(&ada), seconds(1)).changes, []);
}

#[test]
fn a_configuration_is_brought_about_whole_and_owners_are_told_of_each_thing() {
    let ada = "ada".parse().unwrap();
    let mut running = cluster();
    running.requests = vec![request("bob", 2, 100)];
    let as_it_is = Configuration { limits: running.limits, version: running.version, paused: false };
    assert_eq!(configure(&running, &ada, &as_it_is, seconds(0)).changes, []);
    let limits = Limits { min_nodes: 1, max_nodes: 3, per_user: Some(2) };
    let wanted = Configuration { limits, version: "v4.1.0".parse().unwrap(), paused: true };
    let step = configure(&running, &ada, &wanted, seconds(0));
    assert_eq!(notices(&step.changes), [NoticeKind::Rolling, NoticeKind::ByHand, NoticeKind::ByHand]);
    let off = after(&running, &step.changes);
    assert_eq!((off.limits, off.version, off.paused), (limits, wanted.version, true));
    assert_eq!(off.requests, [], "as after a destroy");
    let on = Configuration { paused: false, ..wanted };
    let on = after(&off, &configure(&off, &ada, &on, seconds(1)).changes);
    assert_eq!(size(&on, seconds(1), Terms::LOCAL).target, 1, "the minimum needs no request");
}

#[test]
fn a_maximum_that_makes_more_count_than_is_covered_lacks_money() {
    let mut before = cluster();
    before.account.balance = MicroUsd(1_000_000);
    before.limits.max_nodes = 2;
    before.requests = vec![request("ada", 2, 3600), request("bob", 2, 3600)];
    let limits = |max_nodes| Limits { max_nodes, ..before.limits };
    // Four nodes and the fixed part for an hour, with their tails, are a little more than $1.05.
    let missing = lacking(&before, limits(4), seconds(0), Terms::LOCAL);
    assert!(MicroUsd(57_000) < missing && missing < MicroUsd(62_000), "{missing}");
    assert_eq!(lacking(&before, limits(3), seconds(0), Terms::LOCAL), MicroUsd::ZERO);
    assert_eq!(lacking(&before, limits(1), seconds(0), Terms::LOCAL), MicroUsd::ZERO);
    before.account.balance = MicroUsd(-5);
    assert_eq!(
        lacking(&before, limits(1), seconds(0), Terms::LOCAL),
        MicroUsd::ZERO,
        "a lower one is never refused"
    );
}
