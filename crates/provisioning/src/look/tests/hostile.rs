//! A world in which the operator meddles, prices change, listings are old and nobody looks for hours.

use std::collections::{BTreeSet, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::account::Prices;
use crate::cluster::Limits;
use crate::hand::{self, Settings};
use crate::life;
use crate::order::{self, Order, Wish};
use crate::samples::seconds;

/// What happens between two looks.
#[derive(Clone, Debug)]
enum Event {
    /// An order: whose, how many, for how many seconds, in place of the others.
    Asked(u8, u32, i64, bool),
    /// The n-th request is altered, and may be shortened.
    Altered(usize, u32, i64),
    /// A user's requests are released.
    Released(u8),
    Priced(i64, i64),
    Corrected(i64),
    Credited(i64),
    Paused(bool),
    Suspended(bool),
    Limited(u32, u32, Option<u32>),
    Pinned(bool),
    Refreshed,
    Died(usize),
    Stuck(usize),
    Obeys,
    Broken(bool),
    /// The listing is so many seconds old from now on.
    Stale(usize),
    Asleep(i64),
    Lost,
    Quiet,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let limit = (0u32..3, 1u32..6, prop::option::of(1u32..4));
    let one = prop_oneof![
        6 => (0u8..3, 1u32..5, 5i64..600, any::<bool>()).prop_map(|(a, b, c, d)| Event::Asked(a, b, c, d)),
        2 => (0usize..4, 0u32..5, 5i64..600).prop_map(|(a, b, c)| Event::Altered(a, b, c)),
        1 => (0u8..3).prop_map(Event::Released),
        2 => (0i64..900_000, 0i64..600_000).prop_map(|(a, b)| Event::Priced(a, b)),
        1 => (-60_000i64..30_000).prop_map(Event::Corrected),
        2 => (1i64..90_000).prop_map(Event::Credited),
        2 => prop::bool::weighted(0.2).prop_map(Event::Paused),
        2 => prop::bool::weighted(0.2).prop_map(Event::Suspended),
        1 => limit.prop_map(|(a, b, c)| Event::Limited(a.min(b), b, c)),
        1 => any::<bool>().prop_map(Event::Pinned),
        1 => Just(Event::Refreshed),
        1 => (0usize..4).prop_map(Event::Died),
        1 => (0usize..4).prop_map(Event::Stuck),
        2 => Just(Event::Obeys),
        2 => prop::bool::weighted(0.3).prop_map(Event::Broken),
        2 => prop_oneof![Just(0usize), 0usize..300].prop_map(Event::Stale),
        1 => prop_oneof![1i64..120, Just(3_600i64)].prop_map(Event::Asleep),
        2 => Just(Event::Lost),
        30 => Just(Event::Quiet),
    ];
    prop::collection::vec(one, 100..400)
}

/// A node as it is, whatever the store says of it.
struct Real {
    began: i64,
    registered: bool,
    ends_at: Option<i64>,
    stuck: bool,
}

struct World {
    cluster: Cluster,
    real: BTreeMap<NodeId, Real>,
    past: VecDeque<(i64, Vec<NodeId>)>,
    now: i64,
    drawn: u32,
    named: u32,
    stale: i64,
    broken: bool,
    lose_next: bool,
    /// What came in and what went out, as the ledger's lines say.
    given: i64,
    spent: i64,
    overrun: i64,
    keys: BTreeSet<String>,
}

impl World {
    fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::Enter(entry) = change {
                assert!(self.keys.insert(entry.key.clone()), "{} twice", entry.key);
                match &entry.posting {
                    Posting::Credit { amount } | Posting::Adjust { amount } => self.given += amount.0,
                    Posting::Charge { amount, .. } => self.spent += amount.0,
                    Posting::Overrun { amount, .. } => self.overrun += amount.0,
                    _ => {}
                }
            }
            self.cluster.apply(change).unwrap_or_else(|breach| panic!("{breach}: {change:?}"));
        }
    }

    fn order(&mut self, wish: Wish, user: sliderule_api::UserName) {
        let order = Order { user, wish, key: None };
        let now = seconds(self.now);
        if let Ok(step) = order::order(&self.cluster, &order, now, &policy()) {
            assert_eq!(order::estimate(&self.cluster, &order, now, &policy()).unwrap(), step.answer);
            self.apply(&step.changes);
        }
    }

    fn happens(&mut self, event: &Event) {
        let now = seconds(self.now);
        let nth = |real: &BTreeMap<NodeId, Real>, n: usize| real.keys().nth(n).cloned();
        self.named += 1;
        let set = |world: &mut Self, settings: Settings| {
            let step = hand::set(&world.cluster, &settings, now);
            world.apply(&step.changes);
        };
        match event {
            Event::Asked(user, nodes, time, replace) => {
                let wish = Wish::Place {
                    id: format!("r{}", self.named).parse().unwrap(),
                    nodes: *nodes,
                    until: seconds(self.now + time),
                    replace: *replace,
                };
                self.order(wish, format!("u{user}").parse().unwrap());
            }
            Event::Altered(n, nodes, time) => {
                if let Some(open) = self.cluster.requests.get(*n).cloned() {
                    let until = Some(seconds(self.now + time));
                    self.order(
                        Wish::Alter { id: open.id, nodes: Some(*nodes), until, shorten: true },
                        open.user,
                    );
                }
            }
            Event::Released(user) => {
                let user = format!("u{user}").parse().unwrap();
                let step = order::release(&self.cluster, Some(&user), None, now);
                self.apply(&step.changes);
            }
            Event::Priced(node, fixed) => {
                let prices = Prices { node_hour: MicroUsd(*node), fixed_hour: MicroUsd(*fixed) };
                set(self, Settings { prices: Some(prices), ..Settings::default() });
            }
            Event::Corrected(amount) => {
                let step =
                    hand::adjust(&self.cluster, MicroUsd(*amount), &format!("a{}", self.named), "x", now);
                self.apply(&step.changes);
            }
            Event::Credited(amount) => {
                let step =
                    hand::credit(&self.cluster, MicroUsd(*amount), &format!("c{}", self.named), "x", now);
                self.apply(&step.changes);
            }
            Event::Paused(true) => {
                let step = hand::destroy(&self.cluster, None, now);
                self.apply(&step.changes);
            }
            Event::Paused(false) => self.apply(&[Change::Paused(false)]),
            Event::Suspended(suspended) => {
                set(self, Settings { suspended: Some(*suspended), ..Settings::default() });
            }
            Event::Limited(min_nodes, max_nodes, per_user) => {
                let limits = Limits { min_nodes: *min_nodes, max_nodes: *max_nodes, per_user: *per_user };
                set(self, Settings { limits: Some(limits), ..Settings::default() });
            }
            Event::Pinned(newer) => {
                let version = if *newer { "v4.0.5" } else { "v4.0.4" }.parse().unwrap();
                set(self, Settings { version: Some(version), ..Settings::default() });
            }
            Event::Refreshed => {
                let step = hand::refresh(&self.cluster, None, now);
                self.apply(&step.changes);
            }
            Event::Died(n) => {
                nth(&self.real, *n).map(|id| self.real.remove(&id));
            }
            Event::Stuck(n) => {
                if let Some(real) = nth(&self.real, *n).and_then(|id| self.real.get_mut(&id)) {
                    real.stuck = true;
                }
            }
            Event::Obeys => self.real.values_mut().for_each(|real| real.stuck = false),
            Event::Broken(broken) => self.broken = *broken,
            Event::Stale(age) => self.stale = i64::try_from(*age).unwrap(),
            Event::Asleep(time) => self.now += time,
            Event::Lost => self.lose_next = true,
            Event::Quiet => {}
        }
    }

    /// Runners end their nodes with their leases, programs register once they have booted.
    fn passes(&mut self) {
        let now = seconds(self.now);
        for id in self.real.keys().cloned().collect::<Vec<_>>() {
            let address = format!("http://127.0.0.1:9000/{id}");
            let pull = life::pulled(&self.cluster, &id, &address, now, policy().terms);
            self.apply(&pull.changes);
            let real = self.real.get_mut(&id).unwrap();
            real.registered |= !self.broken && self.now >= real.began + 2;
            if pull.answer.is_none() && real.ends_at.is_none() {
                real.ends_at = Some(self.now + 3);
            }
            if real.registered && real.ends_at.is_none() {
                let step = life::registered(&self.cluster, &address, now);
                self.apply(&step.changes);
            }
        }
        let now = self.now;
        self.real.retain(|_, real| real.stuck || real.ends_at.is_none_or(|ends| now < ends));
        self.past.push_back((now, self.real.keys().cloned().collect()));
        while self.past.len() > 1 && self.past[0].0 < now - self.stale {
            self.past.pop_front();
        }
    }

    fn look(&mut self) {
        let now = seconds(self.now);
        let (at, listed) = self.past[0].clone();
        let sight =
            Sight { as_of: seconds(at), nodes: listed.into_iter().map(|id| (id, Seen::Leased)).collect() };
        let drawn = &mut self.drawn;
        let mut draw = || {
            *drawn += 1;
            id(&format!("n{drawn}"))
        };
        let step = look(&self.cluster, &sight, now, &policy(), &mut draw);
        self.apply(&step.changes);
        if !std::mem::take(&mut self.lose_next) {
            step.effects.iter().for_each(|effect| self.carry_out(effect));
        }
    }

    fn carry_out(&mut self, effect: &Effect) {
        match effect {
            Effect::Launch { node, .. } => {
                let real = Real { began: self.now, registered: false, ends_at: None, stuck: false };
                self.real.entry(node.clone()).or_insert(real);
            }
            Effect::Terminate { node } => {
                let ends = self.now + 3;
                if let Some(real) = self.real.get_mut(node) {
                    real.ends_at = Some(real.ends_at.unwrap_or(ends));
                }
            }
            Effect::Kill { node } => {
                if self.real.get(node).is_some_and(|real| !real.stuck) {
                    self.real.remove(node);
                }
            }
            Effect::Withdraw { .. } => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_from_outside_no_rule_is_broken_and_all_comes_to_rest(
        events in events(), balance in 2_000i64..200_000, min_nodes in 0u32..3,
    ) {
        let mut cluster = cluster();
        cluster.limits = Limits { min_nodes, max_nodes: 5, per_user: None };
        cluster.account.balance = MicroUsd(balance);
        cluster.account.credited = MicroUsd(balance);
        let mut world = World {
            cluster, real: BTreeMap::new(), past: VecDeque::new(), now: 0, drawn: 0, named: 0, stale: 0,
            broken: false, lose_next: false, given: balance, spent: 0, overrun: 0, keys: BTreeSet::new(),
        };
        let mut withdrawn = false;
        for event in &events {
            withdrawn |= matches!(event, Event::Corrected(amount) if *amount < 0);
            world.happens(event);
            world.passes();
            world.look();
            let account = &world.cluster.account;
            prop_assert_eq!(account.balance.0, world.given - world.spent - world.overrun);
            if !withdrawn {
                prop_assert!(account.balance.0 >= -world.overrun, "{account:?} after {event:?}");
            }
            world.now += 1;
        }
        world.happens(&Event::Obeys);
        world.cluster.limits.min_nodes = 0;
        world.stale = 0;
        for _ in 0..1_300 {
            world.passes();
            world.look();
            world.now += 1;
        }
        prop_assert!(world.cluster.nodes.is_empty() && world.real.is_empty(), "{:?}", world.cluster);
        prop_assert_eq!(&world.cluster.account.reservation, &None);
        prop_assert_eq!((world.cluster.fixed, world.cluster.requests.len()), (None, 0));
    }
}
