//! What holds of the registry whatever happens, in whatever order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use sliderule_api::discovery::SERVICE;

use super::{MAX_LOCKS, Registry};
use crate::NodeAddress;

/// Something that happens to a registry.
#[derive(Clone, Debug)]
enum Event {
    Register { port: u16, lifetime: u64, reset: bool },
    Admit { port: u16 },
    Withdraw { port: u16 },
    Forget { port: u16 },
    Lock { wanted: u32, timeout: u64 },
    Unlock { which: usize },
    Begin { random: u64 },
    Finish { which: usize },
    Wait { seconds: u64 },
}

fn events() -> impl Strategy<Value = Event> {
    let port = 1_u16..6;
    prop_oneof![
        (port.clone(), 0_u64..200, any::<bool>()).prop_map(|(port, lifetime, reset)| Event::Register {
            port,
            lifetime,
            reset
        }),
        port.clone().prop_map(|port| Event::Admit { port }),
        port.clone().prop_map(|port| Event::Withdraw { port }),
        port.prop_map(|port| Event::Forget { port }),
        (0_u32..20, 0_u64..900).prop_map(|(wanted, timeout)| Event::Lock { wanted, timeout }),
        any::<usize>().prop_map(|which| Event::Unlock { which }),
        any::<u64>().prop_map(|random| Event::Begin { random }),
        any::<usize>().prop_map(|which| Event::Finish { which }),
        (0_u64..300).prop_map(|seconds| Event::Wait { seconds }),
    ]
}

fn node(port: u16) -> NodeAddress {
    format!("http://127.0.0.1:{port}").parse().unwrap()
}

proptest! {
    /// The registry is held against a naive picture of itself: who may serve until when, which ids are
    /// out, what runs where.
    #[test]
    fn only_live_members_get_work_and_never_more_than_their_share(
        history in prop::collection::vec(events(), 0..120),
        first: u64,
    ) {
        let mut now = Instant::now();
        let mut registry = Registry::new(first);
        let mut alive: BTreeMap<NodeAddress, Instant> = BTreeMap::new();
        let mut given: BTreeSet<u64> = BTreeSet::new();
        let mut held: Vec<u64> = Vec::new();
        let mut running: Vec<NodeAddress> = Vec::new();
        for event in history {
            alive.retain(|_, until| *until > now);
            match event {
                Event::Register { port, lifetime, reset } => {
                    let lifetime = Duration::from_secs(lifetime);
                    let as_of = registry.as_of();
                    prop_assert!(registry.register(node(port), SERVICE, lifetime, reset, as_of, now).is_some());
                    alive.insert(node(port), now + lifetime);
                }
                Event::Admit { port } => {
                    registry.admit(node(port), now);
                    alive.entry(node(port)).or_insert(now + super::ADMITTED_LIFETIME);
                }
                Event::Withdraw { port } => {
                    let before = registry.as_of();
                    registry.withdraw(node(port));
                    prop_assert_ne!(registry.as_of(), before);
                    alive.remove(&node(port));
                }
                Event::Forget { port } => {
                    registry.forget(node(port));
                    alive.remove(&node(port));
                }
                Event::Lock { wanted, timeout } => {
                    let answer = registry.lock(SERVICE, wanted, Duration::from_secs(timeout), now);
                    prop_assert_eq!(answer.members.len(), answer.transactions.len());
                    prop_assert!(answer.members.len() <= wanted as usize);
                    for (member, id) in answer.members.iter().zip(&answer.transactions) {
                        prop_assert!(alive.contains_key(&member.parse().unwrap()), "{} is not alive", member);
                        prop_assert!(given.insert(*id), "{} was given twice", id);
                        prop_assert!(*id < 100_000_000_000_000);
                    }
                    held.extend(answer.transactions);
                }
                Event::Unlock { which } => {
                    if !held.is_empty() {
                        let id = held.swap_remove(which % held.len());
                        prop_assert_eq!(registry.unlock(&[id], now).complete, 1);
                        prop_assert_eq!(registry.unlock(&[id], now).fail, 1, "an id unlocks once");
                    }
                }
                Event::Begin { random } => match registry.begin(&[], random, now) {
                    Some(address) => {
                        prop_assert!(alive.get(&address).is_some_and(|until| *until > now));
                        running.push(address);
                    }
                    None => prop_assert!(alive.values().all(|until| *until <= now)),
                },
                Event::Finish { which } => {
                    if !running.is_empty() {
                        let address = running.swap_remove(which % running.len());
                        registry.finish(address);
                    }
                }
                Event::Wait { seconds } => now += Duration::from_secs(seconds),
            }
            prop_assert_eq!(
                registry.count(SERVICE, now),
                alive.values().filter(|until| **until > now).count()
            );
            for port in 1..6 {
                prop_assert!(registry.locks(node(port)) <= MAX_LOCKS);
                let expected = running.iter().filter(|address| **address == node(port)).count();
                prop_assert_eq!(registry.running(node(port)), expected);
            }
        }
    }
}
