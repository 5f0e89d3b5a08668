//! What an attacker can do, and what not.

use std::collections::VecDeque;
use std::hash::RandomState;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use proptest::prelude::*;
use sliderule_provisioning::time::Moment;

use super::{Accounts, GENERATION, LANES, Outcome, PLACES};
use crate::throttle::failures::AT_ONCE;
use crate::throttle::{Network, Wait};

/// The owner's network.
const HOME: [u8; 4] = [198, 51, 100, 7];

fn accounts() -> Accounts {
    Accounts::new(RandomState::new())
}

fn v4(address: [u8; 4]) -> Network {
    Network::of(IpAddr::V4(Ipv4Addr::from(address)))
}

/// One try, which is over at once.
fn try_once(accounts: &mut Accounts, network: Network, right: bool, now: Moment) -> Result<(), Wait> {
    let attempt = accounts.begin("ada", network, now)?;
    accounts.end(attempt, if right { Outcome::Right } else { Outcome::Wrong }, now);
    Ok(())
}

#[test]
fn a_few_failures_cost_nothing_and_then_the_wait_doubles_up_to_a_quarter_of_an_hour() {
    let mut accounts = accounts();
    let (stranger, mut now, mut waits) = (v4([192, 0, 2, 1]), Moment(0), Vec::new());
    for _ in 0..17 {
        let wait = match accounts.begin("ada", stranger, now) {
            Ok(attempt) => {
                accounts.end(attempt, Outcome::Withdrawn, now);
                Duration::ZERO
            }
            Err(Wait(wait)) => wait,
        };
        waits.push(wait.as_secs());
        // The lane waits for itself, up to a minute.
        now = now.after(wait.max(Duration::from_secs(60)));
        try_once(&mut accounts, stranger, false, now).unwrap();
    }
    let pair: Vec<_> = waits.iter().skip(11).collect();
    assert!(waits.iter().take(5).all(|&wait| wait == 0), "{waits:?}");
    assert_eq!(pair, [&64, &128, &256, &512, &900, &900], "{waits:?}");
}

#[test]
fn a_success_forgives_what_was_before() {
    let mut accounts = accounts();
    let home = v4(HOME);
    for _ in 0..4 {
        try_once(&mut accounts, home, false, Moment(0)).unwrap();
    }
    try_once(&mut accounts, home, true, Moment(0)).unwrap();
    for _ in 0..5 {
        try_once(&mut accounts, home, false, Moment(0)).unwrap();
    }
    assert_eq!(try_once(&mut accounts, home, true, Moment(0)), Err(Wait(Duration::from_secs(1))));
    try_once(&mut accounts, home, true, Moment(1000)).unwrap();
    assert_eq!((accounts.pairs.len(), accounts.lanes.len()), (0, 0), "nothing is left to remember");
}

#[test]
fn failures_are_forgotten_after_a_day() {
    let mut accounts = accounts();
    let (stranger, mut now) = (v4([192, 0, 2, 1]), Moment(0));
    for _ in 0..30 {
        now = now.after(Duration::from_secs(15 * 60));
        try_once(&mut accounts, stranger, false, now).unwrap();
    }
    now = now.after(Duration::from_secs(24 * 60 * 60));
    for _ in 0..5 {
        try_once(&mut accounts, stranger, false, now).unwrap();
    }
}

#[test]
fn what_was_known_before_can_be_learned() {
    let mut accounts = accounts();
    assert!(!accounts.knows("ada"));
    try_once(&mut accounts, v4(HOME), true, Moment(0)).unwrap();
    accounts.learn("Ada", (0..20).map(|number| v4([192, 0, 2, number])));
    accounts.learn("nobody", []);
    assert!(accounts.knows("ada") && accounts.knows("nobody"));
    for (network, regular) in [(HOME, true), ([192, 0, 2, 6], true), ([192, 0, 2, 7], false)] {
        let attempt = accounts.begin("ada", v4(network), Moment(0)).unwrap();
        assert_eq!(attempt.is_regular(), regular, "{network:?}");
        accounts.end(attempt, Outcome::Withdrawn, Moment(0));
    }
}

#[test]
fn many_programs_of_one_person_begin_together() {
    let mut accounts = accounts();
    let attempts: Vec<_> = (0..32).map(|_| accounts.begin("ada", v4(HOME), Moment(0)).unwrap()).collect();
    assert!(accounts.begin("ada", v4(HOME), Moment(0)).is_err());
    for attempt in attempts {
        accounts.end(attempt, Outcome::Right, Moment(0));
    }
    assert!(accounts.begin("ADA", v4(HOME), Moment(0)).unwrap().is_regular(), "in any case");
}

#[test]
fn after_failures_one_attempt_is_waited_for_before_the_next() {
    let mut accounts = accounts();
    let attempts: Vec<_> = (0..10).map(|_| accounts.begin("ada", v4(HOME), Moment(0)).unwrap()).collect();
    for attempt in attempts {
        accounts.end(attempt, Outcome::Wrong, Moment(0));
    }
    let later = Moment(3_600_000);
    let one = accounts.begin("ada", v4(HOME), later).unwrap();
    assert!(accounts.begin("ada", v4(HOME), later).is_err());
    accounts.end(one, Outcome::Withdrawn, later);
    let _next = accounts.begin("ada", v4(HOME), later).unwrap();
}

#[test]
fn whoever_shares_the_owners_network_makes_them_wait_for_a_minute_at_most() {
    let mut accounts = accounts();
    try_once(&mut accounts, v4(HOME), true, Moment(0)).unwrap();
    let mut now = Moment(0);
    for _ in 0..1000 {
        match try_once(&mut accounts, v4(HOME), false, now) {
            Ok(()) => {}
            Err(Wait(wait)) => {
                assert!(wait <= Duration::from_secs(60), "{wait:?}");
                now = now.after(wait);
            }
        }
    }
}

#[test]
fn whoever_has_networks_in_one_part_of_the_internet_slows_one_lane_only() {
    let mut accounts = accounts();
    // All of 10.0.0.0/16, and one network elsewhere a try.
    for number in 0..=u16::MAX {
        let [high, low] = number.to_be_bytes();
        let _ = try_once(&mut accounts, v4([10, 0, high, low]), false, Moment(0));
    }
    let elsewhere = (0..200u8).map(|number| v4([192, number, 2, 1]));
    let free = elsewhere.filter(|&network| try_once(&mut accounts, network, true, Moment(0)).is_ok()).count();
    assert!(free > 150, "{free} of 200 are not in that lane");
}

#[test]
fn memory_is_bounded_whoever_tries_what() {
    let mut accounts = accounts();
    for number in 0..300_000u32 {
        let network = Network::of(IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64)));
        let attempt = accounts.begin(&number.to_string(), network, Moment(0)).unwrap();
        let outcome = if number % 2 == 0 { Outcome::Wrong } else { Outcome::Right };
        accounts.end(attempt, outcome, Moment(0));
    }
    for kept in [accounts.pairs.len(), accounts.lanes.len(), accounts.places.len()] {
        assert!(kept <= 2 * GENERATION, "{kept}");
    }
}

/// A try of an attacker: from which of their networks, and after how many milliseconds.
fn tries() -> impl Strategy<Value = Vec<([u8; 4], i64)>> {
    prop::collection::vec((prop_oneof![any::<[u8; 4]>(), Just([10, 0, 0, 1])], 0i64..3_000), 1..2_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_owner_at_their_usual_place_always_gets_in(tries in tries()) {
        let mut accounts = accounts();
        let (mut now, home) = (Moment(0), v4(HOME));
        try_once(&mut accounts, home, true, now).unwrap();
        for (address, pause) in tries {
            now = Moment(now.0 + pause);
            if v4(address) != home {
                let _ = try_once(&mut accounts, v4(address), false, now);
            }
            prop_assert!(try_once(&mut accounts, home, true, now).is_ok());
        }
    }

    #[test]
    fn a_place_is_usual_until_enough_others_were_used(others in prop::collection::vec(any::<[u8; 4]>(), 0..20)) {
        let mut accounts = accounts();
        try_once(&mut accounts, v4(HOME), true, Moment(0)).unwrap();
        for &address in &others {
            try_once(&mut accounts, v4(address), true, Moment(0)).unwrap();
        }
        if others.len() < PLACES {
            let attempt = accounts.begin("ada", v4(HOME), Moment(0)).unwrap();
            prop_assert!(attempt.is_regular());
            accounts.end(attempt, Outcome::Withdrawn, Moment(0));
        }
    }

    #[test]
    fn all_strangers_together_get_so_many_tries_and_no_more(tries in tries(), hold in 0usize..50) {
        let mut accounts = accounts();
        let (mut now, mut made, mut open) = (Moment(0), 0, VecDeque::new());
        for (address, pause) in tries {
            now = Moment(now.0 + pause);
            if let Ok(attempt) = accounts.begin("ada", v4(address), now) {
                made += 1;
                open.push_back(attempt);
            }
            if open.len() > hold {
                accounts.end(open.pop_front().unwrap(), Outcome::Wrong, now);
            }
        }
        // A lane has ten for nothing, as many as may be under way by then, six more until its wait has grown to a
        // minute, then one a minute.
        let lanes = i64::try_from(LANES).unwrap();
        let under_way = i64::from(AT_ONCE.min(u16::try_from(hold).unwrap()));
        prop_assert!(made <= lanes * (10 + under_way + 7 + now.0 / 60_000), "{made} in {} s", now.0 / 1000);
    }
}
