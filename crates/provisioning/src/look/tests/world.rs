//! A world in which nodes boot, die, get stuck and outlive their tails, looked at for a few hundred steps.

use proptest::prelude::*;

use super::*;
use crate::cluster::{Limits, Request};
use crate::grains::Grains;
use crate::promise::books;
use crate::samples::seconds;

/// What happens between two looks.
#[derive(Clone, Debug)]
enum Event {
    /// A user wants nodes for so many seconds.
    Asked(u8, u32, i64),
    /// The oldest request is released.
    Released,
    /// The n-th node dies.
    Died(usize),
    /// The n-th node ignores from now on that it is told to end; or all obey again.
    Stuck(usize),
    Obeys,
    /// From now on nodes do not boot; or they do again.
    Broken(bool),
    /// Nobody looks for so many seconds.
    Asleep(i64),
    /// The next effects are lost.
    Lost,
    /// The release is another.
    Pinned(bool),
    /// Nothing.
    Quiet,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = prop_oneof![
        4 => (0u8..3, 1u32..4, 5i64..400).prop_map(|(user, nodes, time)| Event::Asked(user, nodes, time)),
        1 => Just(Event::Released),
        1 => (0usize..4).prop_map(Event::Died),
        1 => (0usize..4).prop_map(Event::Stuck),
        2 => Just(Event::Obeys),
        1 => prop::bool::weighted(0.3).prop_map(Event::Broken),
        1 => (1i64..120).prop_map(Event::Asleep),
        2 => Just(Event::Lost),
        1 => any::<bool>().prop_map(Event::Pinned),
        20 => Just(Event::Quiet),
    ];
    prop::collection::vec(one, 100..300)
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
    now: i64,
    drawn: u32,
    asked: u32,
    broken: bool,
    lose_next: bool,
    overran: bool,
    /// What was charged, and what the lives of all nodes and of the fixed part came to, each floored for itself.
    charged: i64,
    lives: i64,
}

impl World {
    fn new(balance: i64, min_nodes: u32) -> Self {
        let mut cluster = cluster();
        cluster.limits = Limits { min_nodes, max_nodes: 5, per_user: None };
        cluster.account.balance = MicroUsd(balance);
        cluster.account.credited = MicroUsd(balance);
        Self {
            cluster,
            real: BTreeMap::new(),
            now: 0,
            drawn: 0,
            asked: 0,
            broken: false,
            lose_next: false,
            overran: false,
            charged: 0,
            lives: 0,
        }
    }

    fn happens(&mut self, event: &Event) {
        let nth = |real: &BTreeMap<NodeId, Real>, n: usize| real.keys().nth(n).cloned();
        match event {
            Event::Asked(user, nodes, time) => self.ask(*user, *nodes, *time),
            Event::Released => {
                if let Some(request) = self.cluster.requests.first() {
                    let close = Change::Close { id: request.id.clone(), at: seconds(self.now) };
                    self.cluster.apply(&close).unwrap();
                }
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
            Event::Asleep(time) => self.now += time,
            Event::Lost => self.lose_next = true,
            Event::Pinned(newer) => {
                self.cluster.version = if *newer { "v4.0.5" } else { "v4.0.4" }.parse().unwrap();
            }
            Event::Quiet => {}
        }
    }

    /// Grants what free money covers, as orders are granted.
    fn ask(&mut self, user: u8, nodes: u32, time: i64) {
        self.asked += 1;
        let request = Request {
            id: format!("r{}", self.asked).parse().unwrap(),
            user: format!("u{user}").parse().unwrap(),
            nodes,
            created_at: seconds(self.now),
            expires_at: seconds(self.now + time),
        };
        let mut granted = self.cluster.clone();
        granted.apply(&Change::Place { request, cost: MicroUsd::ZERO }).unwrap();
        if books(&granted, seconds(self.now), Terms::LOCAL).free() >= Grains::ZERO {
            self.cluster = granted;
        }
    }

    /// Runners end their nodes with their leases, programs register once they have booted.
    fn passes(&mut self) {
        let (now, broken) = (self.now, self.broken);
        for node in &mut self.cluster.nodes {
            let Some(real) = self.real.get_mut(&node.id) else { continue };
            if !broken && now >= real.began + 2 {
                real.registered = true;
            }
            if real.registered && node.state == NodeState::Booting && node.meter.held_until > seconds(now) {
                (node.state, node.ready_at) = (NodeState::Ready, Some(seconds(now)));
                node.address = Some(format!("http://127.0.0.1:9000/{}", node.id));
            }
            if seconds(now) >= node.meter.held_until && real.ends_at.is_none() {
                real.ends_at = Some(now + 3);
            }
        }
        self.real.retain(|_, real| real.stuck || real.ends_at.is_none_or(|ends| now < ends));
    }

    fn look(&mut self) {
        let now = seconds(self.now);
        let nodes = self.real.keys().map(|id| (id.clone(), Seen::Leased)).collect();
        let sight = Sight { as_of: now, nodes };
        let drawn = &mut self.drawn;
        let mut draw = || {
            *drawn += 1;
            id(&format!("n{drawn}"))
        };
        let step = look(&self.cluster, &sight, now, &policy(), &mut draw);
        let mut keys: Vec<&str> = entries(&step).iter().map(|entry| entry.key.as_str()).collect();
        keys.dedup();
        assert_eq!(keys.len(), entries(&step).len());
        for change in &step.changes {
            if let Change::Gone { node, .. } = change {
                let meter = self.cluster.nodes.iter().find(|known| known.id == *node).unwrap().meter;
                let lived = meter.charged_until.since(meter.began_at);
                self.lives += Grains::of(meter.rate, lived).floor().0;
            }
            if let Change::Fixed(None) = change {
                let meter = self.cluster.fixed.unwrap();
                self.lives += Grains::of(meter.rate, meter.charged_until.since(meter.began_at)).floor().0;
            }
            self.overran |= matches!(change, Change::Enter(Entry { posting: Posting::Overrun { .. }, .. }));
            self.cluster.apply(change).unwrap_or_else(|breach| panic!("{breach}: {change:?}"));
        }
        self.charged += charged(&step).0;
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
    fn whatever_happens_inside_every_second_is_paid_once_and_money_suffices(
        events in events(), balance in 2_000i64..200_000, min_nodes in 0u32..3,
    ) {
        let mut world = World::new(balance, min_nodes);
        let mut late = false;
        for event in &events {
            world.happens(event);
            late |= matches!(event, Event::Asleep(_));
            world.passes();
            world.look();
            if !world.overran {
                prop_assert!(world.cluster.account.balance >= MicroUsd::ZERO);
                prop_assert!(world.cluster.account.available() >= MicroUsd::ZERO);
                if !late {
                    let free = books(&world.cluster, seconds(world.now), Terms::LOCAL).free();
                    prop_assert!(free >= Grains::ZERO, "{free:?} after {event:?} at {}", world.now);
                }
            }
            world.now += 1;
        }
        // All requests end, all obey, and nothing keeps a minimum.
        world.cluster.limits.min_nodes = 0;
        world.happens(&Event::Obeys);
        for _ in 0..600 {
            world.passes();
            world.look();
            world.now += 1;
        }
        prop_assert!(world.cluster.nodes.is_empty() && world.real.is_empty());
        prop_assert_eq!(&world.cluster.account.reservation, &None);
        prop_assert_eq!(world.cluster.requests.len(), 0);
        prop_assert_eq!(world.cluster.account.balance, MicroUsd(balance - world.charged));
        prop_assert_eq!(world.charged, world.lives);
    }
}
