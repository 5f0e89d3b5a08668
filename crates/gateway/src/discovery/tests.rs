//! Each rule of the registry, one by one.

use std::time::{Duration, Instant};

use sliderule_api::discovery::{SERVICE, UnlockAnswer};

use super::{ADMITTED_LIFETIME, MAX_LOCK_TIME, Registry};
use crate::NodeAddress;

const MINUTE: Duration = Duration::from_secs(60);

fn node(port: u16) -> NodeAddress {
    format!("http://127.0.0.1:{port}").parse().unwrap()
}

fn register(registry: &mut Registry, port: u16, now: Instant) {
    let as_of = registry.as_of();
    registry.register(node(port), SERVICE, 2 * MINUTE, false, as_of, now).unwrap();
}

/// A registry with nodes on ports 1 to `count`.
fn cluster(count: u16, now: Instant) -> Registry {
    let mut registry = Registry::new(7);
    (1..=count).for_each(|port| register(&mut registry, port, now));
    registry
}

#[test]
fn a_member_counts_until_its_lifetime_ends() {
    let now = Instant::now();
    let mut registry = cluster(2, now);
    assert_eq!(registry.count(SERVICE, now + 2 * MINUTE - Duration::from_millis(1)), 2);
    assert_eq!(registry.count("another", now), 0);
    assert!(registry.is_member(node(1), now) && !registry.is_member(node(3), now));
    assert!(!registry.is_member(node(1), now + 2 * MINUTE));
    assert_eq!(registry.count(SERVICE, now + 2 * MINUTE), 0);
    assert_eq!(registry.begin(&[], 0, now + 2 * MINUTE), None);
}

#[test]
fn locks_go_to_the_least_locked_and_around_until_three_on_each() {
    let now = Instant::now();
    let mut registry = cluster(2, now);
    assert_eq!(registry.lock(SERVICE, 1, MINUTE, now).members, ["http://127.0.0.1:1"]);
    let next = registry.lock(SERVICE, 3, MINUTE, now);
    assert_eq!(next.members, ["http://127.0.0.1:2", "http://127.0.0.1:1", "http://127.0.0.1:2"]);
    assert_eq!(registry.lock(SERVICE, 9, MINUTE, now).members.len(), 2, "six locks are all there are");
    assert!(registry.lock(SERVICE, 1, MINUTE, now).transactions.is_empty());
    assert!(registry.lock("another", 1, MINUTE, now).members.is_empty());
}

#[test]
fn a_missing_transaction_counts_as_complete_and_as_failed() {
    let now = Instant::now();
    let mut registry = cluster(1, now);
    let mut ids = registry.lock(SERVICE, 2, MINUTE, now).transactions;
    ids.push(u64::MAX);
    assert_eq!(registry.unlock(&ids, now), UnlockAnswer { complete: 3, fail: 1 });
    assert_eq!(registry.lock(SERVICE, 9, MINUTE, now).members.len(), 3, "all were given back");
}

#[test]
fn a_lock_lapses_with_its_timeout_and_at_the_latest_after_ten_minutes() {
    let now = Instant::now();
    let mut registry = cluster(1, now);
    registry.lock(SERVICE, 1, MINUTE, now);
    registry.lock(SERVICE, 2, 60 * MINUTE, now);
    assert!(registry.lock(SERVICE, 1, MINUTE, now).members.is_empty());
    let later = now + MINUTE;
    assert_eq!(registry.lock(SERVICE, 9, 60 * MINUTE, later).members.len(), 1);
    let latest = now + MAX_LOCK_TIME;
    register(&mut registry, 1, latest);
    assert_eq!(registry.lock(SERVICE, 9, MINUTE, latest).members.len(), 2);
}

#[test]
fn registering_again_keeps_the_locks_unless_the_node_asks_to_forget_them() {
    let now = Instant::now();
    let mut registry = cluster(1, now);
    registry.lock(SERVICE, 3, MINUTE, now);
    register(&mut registry, 1, now);
    assert!(registry.lock(SERVICE, 1, MINUTE, now).members.is_empty());
    let as_of = registry.as_of();
    registry.register(node(1), SERVICE, MINUTE, true, as_of, now);
    assert_eq!(registry.lock(SERVICE, 9, MINUTE, now).members.len(), 3);
}

#[test]
fn a_request_goes_to_a_node_with_the_least_to_do() {
    let now = Instant::now();
    let mut registry = cluster(3, now);
    registry.lock(SERVICE, 1, MINUTE, now);
    assert_eq!(registry.begin(&[], 1, now), Some(node(3)), "1 is locked, so 2 and 3 are drawn from");
    assert_eq!(registry.begin(&[], 1, now), Some(node(2)), "3 is busy too");
    registry.finish(node(3));
    assert_eq!(registry.begin(&[], 0, now), Some(node(3)));
    assert_eq!(registry.begin(&[node(1), node(2), node(3)], 0, now), None, "all were tried");
}

#[test]
fn a_withdrawn_node_gets_nothing_new_and_what_runs_on_it_stays_counted() {
    let now = Instant::now();
    let mut registry = cluster(1, now);
    assert_eq!(registry.begin(&[], 0, now), Some(node(1)));
    registry.withdraw(node(1));
    assert_eq!((registry.count(SERVICE, now), registry.running(node(1))), (0, 1));
    assert_eq!(registry.begin(&[], 0, now), None);
    registry.finish(node(1));
    assert_eq!(registry.running(node(1)), 0);
}

#[test]
fn a_registration_decided_before_a_withdrawal_does_not_undo_it() {
    let now = Instant::now();
    let mut registry = cluster(1, now);
    let as_of = registry.as_of();
    registry.withdraw(node(1));
    assert_eq!(registry.register(node(1), SERVICE, MINUTE, false, as_of, now), None);
    assert_eq!(registry.count(SERVICE, now), 0);
}

#[test]
fn admitting_a_member_changes_nothing_and_an_admitted_node_must_register_in_time() {
    let now = Instant::now();
    let mut registry = cluster(1, now);
    registry.admit(node(1), now + MINUTE);
    registry.admit(node(2), now + MINUTE);
    assert_eq!(registry.count(SERVICE, now + MINUTE), 2);
    assert_eq!(registry.count(SERVICE, now + 2 * MINUTE), 1);
    assert_eq!(registry.count(SERVICE, now + MINUTE + ADMITTED_LIFETIME), 0);
}
