//! What a cluster does from look to look, told one rule at a time.

use super::*;
use crate::account::{Allowance, Month, Prices};
use crate::grains::Grains;
use crate::hand::{self, Settings};
use crate::promise::books;
use crate::samples::{node, seconds};
use crate::size::BOOTS_TO_PROTECT;
use std::time::Duration;

fn ready(text: &str, began_at: i64, held_until: i64) -> Node {
    let mut node = node(text, NodeState::Ready, began_at);
    node.meter.held_until = seconds(held_until);
    node
}

fn outdated(mut node: Node) -> Node {
    node.version = "v4.0.3".parse().unwrap();
    node
}

fn registered(cluster: &mut Cluster, now: i64) {
    for node in cluster.nodes.iter_mut().filter(|node| node.state == NodeState::Booting) {
        (node.state, node.ready_at) = (NodeState::Ready, Some(seconds(now)));
        node.address = Some(format!("http://127.0.0.1:9000/{}", node.id));
    }
}

fn all_listed(cluster: &Cluster, now: i64) -> Sight {
    Sight {
        as_of: seconds(now),
        nodes: cluster.nodes.iter().map(|node| (node.id.clone(), Seen::Leased)).collect(),
    }
}

#[test]
fn what_demand_lacks_is_recorded_reserved_and_launched_together() {
    let (after, step) = looked(&wanting(3), &listed(&[], seconds(0)), seconds(0));
    assert_eq!(effects(&step), ["launch new-0-0", "launch new-0-1", "launch new-0-2"]);
    assert_eq!(after.nodes.len(), 3);
    assert!(
        after
            .nodes
            .iter()
            .all(|node| node.meter.began_at == seconds(0) && node.meter.held_until == seconds(60))
    );
    // Three nodes and the fixed part for 70 s.
    let reservation = after.account.reservation.unwrap();
    assert_eq!((reservation.number, reservation.amount), (0, MicroUsd(16_159)));
    assert_eq!(reservation.payers.len(), 1);
    assert_eq!(step.next_wake, Some(Moment(500)));
}

#[test]
fn a_cluster_of_the_right_size_is_left_alone_until_something_is_due() {
    let cluster = with(wanting(2), vec![ready("a", 0, 60), node("b", NodeState::Booting, 3)]);
    let (_, step) = looked(&cluster, &listed(&["a", "b"], seconds(5)), seconds(5));
    assert_eq!(step, Step { changes: vec![], effects: vec![], next_wake: Some(seconds(13)), answer: () });
}

#[test]
fn leases_are_renewed_together_and_what_ran_is_charged_once() {
    let cluster = with(wanting(2), vec![ready("a", 0, 60), ready("b", 10, 70)]);
    let (_, early) = looked(&cluster, &listed(&["a", "b"], Moment(29_999)), Moment(29_999));
    assert_eq!((early.changes.len(), early.next_wake), (0, Some(seconds(30))));
    let (after, step) = looked(&cluster, &listed(&["a", "b"], seconds(30)), seconds(30));
    assert!(after.nodes.iter().all(|node| node.meter.held_until == seconds(90)));
    assert_eq!(after.fixed.unwrap().held_until, seconds(90));
    // Each floored for itself: 1883.3, 1255.5 and 1275 micro-dollars.
    assert_eq!(charged(&step), MicroUsd(1883 + 1255 + 1275));
    let kinds: Vec<&str> = entries(&step).iter().map(|entry| entry.key.split(':').next().unwrap()).collect();
    assert_eq!(kinds, ["charge", "settle", "reserve"]);
    let free = |cluster| books(cluster, seconds(30), Terms::LOCAL).free();
    assert_eq!(free(&after), free(&cluster));
}

#[test]
fn the_last_lease_ends_at_the_expiry_it_serves() {
    let mut cluster = wanting(1);
    cluster.requests.push(request("bob", 1, 70));
    let cluster = with(cluster, vec![ready("a", 0, 60), ready("b", 0, 60)]);
    let (after, _) = looked(&cluster, &listed(&["a", "b"], seconds(30)), seconds(30));
    let ends: Vec<Moment> = after.nodes.iter().map(|node| node.meter.held_until).collect();
    assert_eq!(ends, [seconds(90), seconds(70)]);
    let (after, step) = looked(&after, &listed(&["a", "b"], seconds(70)), seconds(70));
    assert_eq!(effects(&step), ["withdraw", "terminate b"]);
    assert_eq!(states(&after)["b"], NodeState::Draining);
    assert_eq!(after.requests.len(), 1, "what has ended is closed when something is written anyway");
    let (after, _) = looked(&after, &listed(&["a", "b"], seconds(71)), seconds(71));
    assert_eq!(states(&after)["b"], NodeState::Stopping);
}

#[test]
fn the_end_of_the_last_node_settles_all_and_reserves_nothing() {
    let cluster = with(wanting(0), vec![node("a", NodeState::Stopping, 0)]);
    let (after, step) = looked(&cluster, &listed(&[], seconds(20)), seconds(20));
    assert_eq!((after.account.reservation, after.fixed), (None, None));
    assert_eq!(charged(&step), MicroUsd(1255 + 850));
    assert_eq!(after.account.balance, MicroUsd(25_000_000 - 1255 - 850));
    assert_eq!(step.next_wake, None);
}

#[test]
fn a_node_that_ended_while_nobody_looked_is_charged_to_its_tail_and_no_further() {
    let cluster = with(wanting(0), vec![node("a", NodeState::Ready, 0)]);
    let (_, step) = looked(&cluster, &listed(&[], seconds(5000)), seconds(5000));
    assert_eq!(charged(&step), MicroUsd(4394 + 2975));
}

#[test]
fn a_node_that_outlives_its_tail_is_an_alarm_and_an_overrun_once_a_lease() {
    let cluster = with(wanting(0), vec![node("a", NodeState::Stopping, 0)]);
    let (after, step) = looked(&cluster, &listed(&["a"], seconds(80)), seconds(80));
    assert_eq!(effects(&step), ["withdraw", "kill a"]);
    assert_eq!(notices(&step, NoticeKind::NodeOverrun).len(), 1);
    // 80 s of the node and of the fixed part, of which 10 s were not reserved.
    assert_eq!(charged(&step), MicroUsd(5022 + 3400));
    let (same, step) = looked(&after, &listed(&["a"], seconds(139)), seconds(139));
    assert_eq!(entries(&step).len(), 0, "{step:?}");
    let (after, step) = looked(&same, &listed(&["a"], seconds(140)), seconds(140));
    assert_eq!(charged(&step), MicroUsd(8788 - 5022 + 5950 - 3400));
    let (after, step) = looked(&after, &listed(&[], seconds(141)), seconds(141));
    assert_eq!((charged(&step), after.account.reservation), (MicroUsd::ZERO, None));
}

#[test]
fn an_old_listing_proves_no_overrun() {
    let cluster = with(wanting(0), vec![node("a", NodeState::Stopping, 0)]);
    let (_, step) = looked(&cluster, &listed(&["a"], seconds(70)), seconds(300));
    assert_eq!((charged(&step), effects(&step)), (MicroUsd::ZERO, vec!["withdraw".into(), "kill a".into()]));
}

#[test]
fn a_listed_node_that_nobody_recorded_is_killed_and_told() {
    let (_, step) = looked(&wanting(0), &listed(&["stray"], seconds(0)), seconds(0));
    assert_eq!(effects(&step), ["kill stray"]);
    assert_eq!(notices(&step, NoticeKind::OrphanKilled)[0].key, "orphan:stray");
    assert_eq!(looked(&wanting(0), &listed(&[], seconds(0)), seconds(0)).1.changes, []);
}

#[test]
fn scaling_down_gives_up_booting_nodes_first_and_then_the_newest() {
    let nodes = vec![
        ready("old", 0, 60),
        ready("new", 20, 80),
        ready("newest", 30, 90),
        node("booting", NodeState::Booting, 31),
    ];
    let cluster = with(wanting(1), nodes);
    let (_, step) = looked(&cluster, &all_listed(&cluster, 32), seconds(32));
    let ended: Vec<String> = effects(&step).into_iter().filter(|effect| effect != "withdraw").collect();
    assert_eq!(ended, ["terminate booting", "terminate newest", "terminate new"]);
    assert_eq!(effects(&step)[..3], ["withdraw"; 3], "nothing ends before all have left the gateway");
}

#[test]
fn a_blocked_cluster_drains_all_and_launches_nothing() {
    let mut cluster = with(wanting(3), vec![ready("a", 0, 60), node("b", NodeState::Booting, 3)]);
    cluster.paused = true;
    let (after, step) = looked(&cluster, &listed(&["a", "b"], seconds(5)), seconds(5));
    assert!(effects(&step).iter().all(|effect| !effect.starts_with("launch")));
    assert!(after.nodes.iter().all(|node| node.state == NodeState::Draining));
}

#[test]
fn nodes_launched_together_fail_together_and_the_tenth_round_protects() {
    let nodes = ["a", "b", "c", "d"].map(|id| node(id, NodeState::Booting, 0)).into();
    let mut cluster = with(wanting(4), nodes);
    cluster.failed_boots = BOOTS_TO_PROTECT - 2;
    let (after, step) = looked(&cluster, &listed(&[], seconds(10)), seconds(10));
    assert_eq!(after.failed_boots, BOOTS_TO_PROTECT - 1);
    assert!(after.trouble.is_some());
    assert_eq!((after.nodes.len(), notices(&step, NoticeKind::BootFailed).len()), (4, 1));
    let (after, step) = looked(&after, &listed(&[], seconds(20)), seconds(20));
    assert_eq!((after.failed_boots, after.nodes.len()), (BOOTS_TO_PROTECT, 0));
    assert_eq!(notices(&step, NoticeKind::Protected).len(), 1);
    assert_eq!(looked(&after, &listed(&[], seconds(21)), seconds(21)).1.changes, []);
}

#[test]
fn a_boot_that_failed_counts_when_it_is_killed_and_not_again_when_it_is_gone() {
    let cluster = with(wanting(1), vec![node("a", NodeState::Booting, 0)]);
    let (after, _) = looked(&cluster, &listed(&["a"], seconds(11)), seconds(11));
    assert_eq!((after.failed_boots, after.nodes.len()), (1, 1));
    let (after, step) = looked(&after, &listed(&[], seconds(12)), seconds(12));
    assert_eq!(after.failed_boots, 1);
    assert_eq!(effects(&step), ["withdraw", "launch new-12000-0"]);
}

#[test]
fn only_the_first_renewal_of_a_ready_node_forgives_failed_boots() {
    let mut cluster = with(wanting(2), vec![ready("old", 0, 120), ready("new", 70, 130)]);
    cluster.failed_boots = 3;
    let (after, _) = looked(&cluster, &listed(&["old", "new"], seconds(95)), seconds(95));
    assert_eq!(after.failed_boots, 0);
    let mut cluster = with(wanting(2), vec![ready("old", 0, 120), node("new", NodeState::Booting, 90)]);
    cluster.failed_boots = 3;
    let (after, _) = looked(&cluster, &listed(&["old", "new"], seconds(95)), seconds(95));
    assert_eq!(after.nodes[0].meter.held_until, seconds(155));
    assert_eq!(after.failed_boots, 3);
}

#[test]
fn nodes_beyond_demand_run_on_free_money_only_and_to_its_end() {
    let mut cluster = wanting(0);
    cluster.limits.min_nodes = 2;
    // One node and the fixed part for 70 s cost 7,369.4 micro-dollars, another node 4,394.4.
    cluster.account.balance = MicroUsd(7_369);
    assert!(looked(&cluster, &listed(&[], seconds(0)), seconds(0)).0.nodes.is_empty());
    cluster.account.balance = MicroUsd(8_500);
    let (mut after, step) = looked(&cluster, &listed(&[], seconds(0)), seconds(0));
    assert_eq!(effects(&step), ["launch new-0-0"]);
    assert_eq!(after.account.reservation.as_ref().unwrap().payers[0].user, None);
    registered(&mut after, 1);
    let (after, _) = looked(&after, &all_listed(&after, 30), seconds(30));
    let last = after.nodes[0].meter.held_until;
    assert!(last > seconds(60) && last < seconds(90), "{last:?}");
    assert!(books(&after, seconds(30), Terms::LOCAL).free() >= Grains::ZERO);
    let (after, step) = looked(&after, &all_listed(&after, 71), seconds(71));
    assert_eq!(after.nodes[0].state, NodeState::Draining);
    assert_eq!(notices(&step, NoticeKind::OutOfFunds).len(), 1);
    let (after, _) = looked(&after, &listed(&[], seconds(75)), seconds(75));
    assert_eq!(after.nodes.len(), 0);
    assert!(after.account.balance >= MicroUsd::ZERO);
}

#[test]
fn a_withdrawn_credit_shortens_the_newest_request_and_tells_its_owner() {
    let mut cluster = wanting(1);
    cluster.requests.push(crate::cluster::Request { created_at: seconds(1), ..request("bob", 1, 1000) });
    let mut cluster = with(cluster, vec![ready("a", 0, 60), ready("b", 0, 60)]);
    cluster.account.balance = MicroUsd(150_000);
    let (after, step) = looked(&cluster, &listed(&["a", "b"], seconds(5)), seconds(5));
    let told = notices(&step, NoticeKind::RequestShortened);
    assert_eq!((told.len(), told[0].user.as_ref().unwrap().as_str()), (1, "bob"));
    let ends: Vec<Moment> = after.requests.iter().map(|request| request.expires_at).collect();
    assert!(ends[0] < seconds(1000) && ends[1] == seconds(1000));
    assert!(books(&after, seconds(5), Terms::LOCAL).free() >= Grains::ZERO);
}

#[test]
fn what_is_held_stays_reserved_when_the_balance_no_longer_covers_it() {
    let mut cluster = with(wanting(2), vec![ready("a", 0, 60), ready("b", 0, 60)]);
    cluster.account.balance = MicroUsd(-7);
    let (after, step) = looked(&cluster, &listed(&["a"], seconds(5)), seconds(5));
    assert_eq!(notices(&step, NoticeKind::RequestShortened).len(), 1);
    assert_eq!(after.account.reservation.as_ref().unwrap().number, 0, "the pending reservation stands");
    assert_eq!(charged(&step), MicroUsd(313 + 313 + 212));
    let (after, step) = looked(&after, &listed(&[], seconds(9)), seconds(9));
    assert_eq!((after.account.reservation.as_ref(), after.nodes.len()), (None, 0));
    assert_eq!(charged(&step), MicroUsd(565 - 313 + 382 - 212));
}

#[test]
fn a_new_price_counts_for_what_runs_from_the_next_look_on() {
    let mut cluster = with(wanting(1), vec![ready("a", 0, 60)]);
    cluster.prices = Prices { node_hour: MicroUsd(452_000), fixed_hour: MicroUsd(153_000) };
    let (after, step) = looked(&cluster, &listed(&["a"], seconds(10)), seconds(10));
    assert_eq!(charged(&step), MicroUsd(627 + 425));
    assert_eq!(after.nodes[0].meter.rate, MicroUsd(452_000));
    assert_eq!(looked(&after, &listed(&["a"], seconds(11)), seconds(11)).1.changes, []);
}

#[test]
fn a_new_release_rolls_node_by_node_and_only_while_all_is_well() {
    let mut cluster = with(wanting(2), vec![outdated(ready("a", 0, 60)), outdated(ready("b", 1, 61))]);
    let mut now = 5;
    let mut seen = Vec::new();
    for _ in 0..8 {
        let sight = all_listed(&cluster, now);
        let (mut after, step) = looked(&cluster, &sight, seconds(now));
        seen.extend(effects(&step).into_iter().filter(|effect| effect != "withdraw"));
        assert!(after.nodes.iter().filter(|node| node.state == NodeState::Ready).count() >= 2);
        // What was told to end has ended by the next look, and what was started has registered.
        let ended: Vec<NodeId> = after
            .nodes
            .iter()
            .filter(|node| node.state == NodeState::Draining)
            .map(|node| node.id.clone())
            .collect();
        registered(&mut after, now + 1);
        now += 2;
        let mut sight = all_listed(&after, now);
        sight.nodes.retain(|id, _| !ended.contains(id));
        if !ended.is_empty() {
            let (gone, step) = looked(&after, &sight, seconds(now));
            seen.extend(effects(&step).into_iter().filter(|effect| effect != "withdraw"));
            after = gone;
            registered(&mut after, now + 1);
            now += 2;
        }
        cluster = after;
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(seen[0].starts_with("launch") && seen[1] == "terminate a", "{seen:?}");
    assert!(seen[2].starts_with("launch") && seen[3] == "terminate b", "{seen:?}");
    assert!(cluster.nodes.iter().all(|node| node.version == cluster.version));
}

#[test]
fn a_release_that_does_not_boot_stops_the_roll_and_the_old_nodes_keep_serving() {
    let cluster = with(wanting(2), vec![outdated(ready("a", 0, 60)), outdated(ready("b", 1, 61))]);
    let (after, step) = looked(&cluster, &listed(&["a", "b"], seconds(5)), seconds(5));
    assert_eq!(effects(&step), ["launch new-5000-0"]);
    let (after, step) = looked(&after, &listed(&["a", "b", "new-5000-0"], seconds(15)), seconds(15));
    assert_eq!(effects(&step), ["kill new-5000-0"]);
    let (after, step) = looked(&after, &listed(&["a", "b"], seconds(16)), seconds(16));
    assert_eq!((after.failed_boots, effects(&step).len(), after.nodes.len()), (1, 0, 2));
    let (mut after, step) = looked(&after, &listed(&["a", "b"], seconds(20)), seconds(20));
    assert_eq!(effects(&step), [""; 0]);
    let repaired = Settings { version: Some("v4.0.6".parse().unwrap()), ..Settings::default() };
    for change in hand::set(&after, &repaired, seconds(21)).changes {
        after.apply(&change).unwrap();
    }
    let (_, step) = looked(&after, &listed(&["a", "b"], seconds(22)), seconds(22));
    assert_eq!(effects(&step), ["launch new-22000-0"]);
}

#[test]
fn without_money_for_one_more_the_oldest_is_drained_before_its_replacement_starts() {
    let mut cluster = with(wanting(2), vec![outdated(ready("a", 0, 60)), outdated(ready("b", 1, 61))]);
    let short = books(&cluster, seconds(5), Terms::LOCAL).free() - Grains::from(MicroUsd(100));
    cluster.account.balance = cluster.account.balance - short.floor();
    let (after, step) = looked(&cluster, &listed(&["a", "b"], seconds(5)), seconds(5));
    assert_eq!(effects(&step), ["withdraw", "terminate a"]);
    let (after, step) = looked(&after, &listed(&["b"], seconds(6)), seconds(6));
    assert_eq!(effects(&step), ["withdraw", "launch new-6000-0"]);
    assert!(books(&after, seconds(6), Terms::LOCAL).free() >= Grains::ZERO);
}

#[test]
fn the_allowance_comes_first_and_pays_what_the_same_look_starts() {
    let mut cluster = wanting(0);
    cluster.limits.min_nodes = 1;
    cluster.account.balance = MicroUsd::ZERO;
    let now = Moment(1_796_000_000_000);
    let agreed = Month(Month::of(now).0 - 2);
    cluster.account.allowance = Allowance { monthly: MicroUsd(9_000), cap: None, credited_through: agreed };
    let (after, step) = looked(&cluster, &listed(&[], now), now);
    assert_eq!(notices(&step, NoticeKind::Credited).len(), 2);
    assert_eq!((after.nodes.len(), after.account.balance), (1, MicroUsd(18_000)));
    let later = Moment(now.0 + Duration::from_secs(1).as_millis() as i64);
    let (_, step) = looked(&after, &listed(&[], now), later);
    assert_eq!(notices(&step, NoticeKind::Credited).len(), 0);
}

#[test]
fn shared_nodes_are_charged_to_those_who_asked_for_them() {
    let mut cluster = wanting(2);
    cluster.requests.push(request("bob", 1, 1000));
    let (mut after, _) = looked(&cluster, &listed(&[], seconds(0)), seconds(0));
    registered(&mut after, 1);
    let (_, step) = looked(&after, &all_listed(&after, 30), seconds(30));
    let parts: Vec<(String, i64)> = entries(&step)
        .iter()
        .filter_map(|entry| match &entry.posting {
            Posting::Charge { payer, amount, .. } => Some((payer.as_ref().unwrap().to_string(), amount.0)),
            _ => None,
        })
        .collect();
    // Three nodes at 1,883 and the fixed part at 1,275: 6,924, of which ada pays two thirds.
    assert_eq!(parts, [("ada".to_owned(), 4_616), ("bob".to_owned(), 2_308)]);
}
