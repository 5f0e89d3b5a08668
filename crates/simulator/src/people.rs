//! Who wants what when: a day's requests, mostly in business hours, and what comes from outside.

use std::time::Duration;

use sliderule_api::status::Block;
use sliderule_api::{MicroUsd, OrganizationName, ReleaseVersion, RequestId, UserName};
use sliderule_engines::sim::Dice;
use sliderule_provisioning::account::{Account, Allowance, Month, Prices};
use sliderule_provisioning::cluster::{Cluster, Limits, Request};
use sliderule_provisioning::hand::Settings;
use sliderule_provisioning::order::{Order, Refusal, Wish};
use sliderule_provisioning::time::Moment;

use crate::deed::Deed;
use crate::kinds::Kind;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// Everybody there can be.
pub const USERS: [&str; 8] = ["ada", "bob", "cai", "dee", "eva", "fox", "gus", "hal"];

/// What somebody has in mind; what exactly they do depends on how things are then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Nodes for a while.
    Place,
    /// The same, in place of all one has.
    Replace,
    /// More time for a request.
    Extend,
    /// Fewer nodes, or an earlier end.
    Shrink,
    /// No more nodes.
    Release,
    /// The cluster off.
    Destroy,
    /// The cluster on.
    Deploy,
    /// Another minimum, maximum or cap.
    Limit,
    /// Another release.
    Pin,
    /// Failed boots forgiven.
    Refresh,
    /// Money.
    Credit,
    /// Money taken back.
    Withdraw,
    /// A late bill.
    Bill,
    /// Another price.
    Price,
}

/// The people of a seed.
#[derive(Debug)]
pub struct People {
    dice: Dice,
    kinds: Vec<Kind>,
    organizations: Vec<OrganizationName>,
    users: Vec<UserName>,
    /// Everything they name gets a number of its own.
    named: u64,
}

impl People {
    /// 1 to 3 organizations and 3 to 8 users.
    #[must_use]
    pub fn drawn(seed: u64, kinds: &[Kind]) -> Self {
        let mut dice = Dice::new(seed, "people");
        let organizations = ["acme", "borealis", "cryo"].iter().filter_map(|name| name.parse().ok());
        let organizations = organizations.take(usize::try_from(dice.between(1, 4)).unwrap_or(1)).collect();
        let users = USERS.iter().filter_map(|name| name.parse().ok());
        let users = users.take(usize::try_from(dice.between(3, 9)).unwrap_or(3)).collect();
        Self { dice, kinds: kinds.to_vec(), organizations, users, named: 0 }
    }

    /// Their clusters as they are at the beginning.
    pub fn clusters(&mut self, now: Moment) -> Vec<Cluster> {
        let organizations = self.organizations.clone();
        organizations.into_iter().filter_map(|organization| self.cluster(organization, now)).collect()
    }

    fn cluster(&mut self, organization: OrganizationName, now: Moment) -> Option<Cluster> {
        let dice = &mut self.dice;
        let balance = MicroUsd(i64::try_from(dice.between(0, 40)).unwrap_or(0) * 1_000_000);
        let monthly = MicroUsd(i64::try_from(dice.between(0, 300)).unwrap_or(0) * 1_000_000);
        let cap = dice.chance(500).then(|| MicroUsd(monthly.0 * 2));
        let allowance = Allowance { monthly, cap, credited_through: Month::of(now) };
        let max_nodes = u32::try_from(dice.between(3, 13)).unwrap_or(3);
        let per_user = dice.chance(300).then_some(max_nodes.div_ceil(2));
        Some(Cluster {
            organization,
            limits: Limits { min_nodes: 0, max_nodes, per_user },
            node_cap: 1000,
            version: release(0)?,
            is_public: false,
            suspended: false,
            paused: false,
            failed_boots: 0,
            failed_round: None,
            trouble: None,
            prices: Prices::LIST,
            requests: Vec::new(),
            nodes: Vec::new(),
            fixed: None,
            account: Account { balance, credited: balance, allowance, ..Account::default() },
        })
    }

    /// What is wanted on the day that begins now: about twenty requests, most of them in business hours, and now and
    /// then something else.
    pub fn day(&mut self, midnight: Moment) -> Vec<(Moment, OrganizationName, Intent)> {
        let requests = self.dice.between(14, 27);
        let mut day = Vec::new();
        for _ in 0..requests {
            let at = match self.dice.chance(800) {
                true => self.dice.duration(8 * 60 * MINUTE, 18 * 60 * MINUTE),
                false => self.dice.duration(Duration::ZERO, DAY),
            };
            let intent = match self.dice.between(0, 100) {
                0..62 => Intent::Place,
                62..70 => Intent::Replace,
                70..80 => Intent::Extend,
                80..90 => Intent::Shrink,
                _ => Intent::Release,
            };
            self.add(&mut day, midnight.after(at), intent);
        }
        let rare = [
            (Kind::ByHand, 12, Intent::Destroy),
            (Kind::ByHand, 4, Intent::Limit),
            (Kind::ByHand, 5, Intent::Pin),
            (Kind::ByHand, 8, Intent::Refresh),
            (Kind::Withdrawn, 12, Intent::Withdraw),
            (Kind::Bill, 8, Intent::Bill),
            (Kind::Price, 10, Intent::Price),
        ];
        for (kind, days, intent) in rare {
            let (at, happens) = (self.dice.duration(Duration::ZERO, DAY), self.dice.one_in(days));
            if happens && self.kinds.contains(&kind) {
                self.add(&mut day, midnight.after(at), intent);
                if intent == Intent::Destroy {
                    let later = self.dice.duration(5 * MINUTE, 300 * MINUTE);
                    self.add(&mut day, midnight.after(at + later), Intent::Deploy);
                }
            }
        }
        if self.dice.one_in(3) {
            let at = self.dice.duration(Duration::ZERO, DAY);
            self.add(&mut day, midnight.after(at), Intent::Credit);
        }
        day
    }

    fn add(&mut self, day: &mut Vec<(Moment, OrganizationName, Intent)>, at: Moment, intent: Intent) {
        if let Some(organization) = self.dice.pick(&self.organizations) {
            day.push((at, organization.clone(), intent));
        }
    }

    /// What somebody does who has that in mind, as things are.
    pub fn deed(&mut self, intent: Intent, cluster: &Cluster, now: Moment) -> Option<Deed> {
        let user = self.dice.pick(&self.users)?.clone();
        Some(match intent {
            Intent::Place | Intent::Replace => self.place(user, intent == Intent::Replace, now)?,
            Intent::Deploy => match self.place(user, false, now)? {
                Deed::Order(order) => Deed::Deploy(order),
                other => other,
            },
            Intent::Extend | Intent::Shrink => {
                let request = self.dice.pick(&cluster.requests)?.clone();
                self.alter(&request, intent == Intent::Extend, now)
            }
            Intent::Release => {
                let request = self.dice.pick(&cluster.requests)?;
                Deed::Release(request.user.clone(), self.dice.chance(500).then(|| request.id.clone()))
            }
            Intent::Destroy => Deed::Destroy(user),
            Intent::Refresh => Deed::Refresh(user),
            Intent::Limit => {
                let max_nodes = u32::try_from(self.dice.between(2, 13)).ok()?;
                let min_nodes =
                    u32::try_from(self.dice.between(0, 3)).ok()? * u32::from(self.dice.chance(150));
                let limits = Limits { min_nodes, max_nodes, ..cluster.limits };
                Deed::Set(Settings { limits: Some(limits), ..Settings::default() })
            }
            Intent::Pin => {
                let version = Some(release(self.dice.between(1, 9))?);
                Deed::Set(Settings { version, ..Settings::default() })
            }
            Intent::Price => {
                let percent = i64::try_from(self.dice.between(60, 180)).ok()?;
                let node_hour = MicroUsd(Prices::LIST.node_hour.0 * percent / 100);
                let fixed_hour = MicroUsd(Prices::LIST.fixed_hour.0 * percent / 100);
                Deed::Set(Settings { prices: Some(Prices { node_hour, fixed_hour }), ..Settings::default() })
            }
            Intent::Credit => Deed::Credit(self.dollars(2, 90), self.key("credit")),
            Intent::Withdraw => Deed::Adjust(-self.dollars(1, 30), self.key("withdrawn")),
            Intent::Bill => {
                let amount = self.dollars(1, 8);
                Deed::Adjust(if self.dice.chance(600) { -amount } else { amount }, self.key("bill"))
            }
        })
    }

    /// An order of the same meaning, under a new request id: what a server makes of a repeated call.
    pub fn again(&mut self, deed: &Deed) -> Option<Deed> {
        let mut deed = deed.clone();
        if let Deed::Order(order) | Deed::Deploy(order) = &mut deed
            && let Wish::Place { id, .. } = &mut order.wish
        {
            *id = self.request()?;
        }
        Some(deed)
    }

    /// What somebody does about a refusal, and how much later.
    pub fn remedy(&mut self, refusal: &Refusal) -> Option<(Duration, Intent)> {
        let (in_a_thousand, longest, intent) = match refusal {
            Refusal::Blocked(Block::Paused, _) => (500, 60 * MINUTE, Intent::Deploy),
            Refusal::Blocked(Block::Protected, _) => (700, 60 * MINUTE, Intent::Refresh),
            Refusal::Blocked(Block::OutOfFunds, _) | Refusal::InsufficientFunds { .. } => {
                (300, 600 * MINUTE, Intent::Credit)
            }
            _ => return None,
        };
        let later = self.dice.duration(MINUTE, longest);
        self.dice.chance(in_a_thousand).then_some((later, intent))
    }

    /// How long it takes until something is tried again.
    pub fn patience(&mut self) -> Duration {
        self.dice.duration(MINUTE / 12, 3 * MINUTE)
    }

    fn place(&mut self, user: UserName, replace: bool, now: Moment) -> Option<Deed> {
        let nodes = u32::try_from(self.dice.between(1, 5)).ok()?;
        let until = now.after(self.dice.duration(20 * MINUTE, 150 * MINUTE));
        let key = self.dice.chance(700).then(|| (self.key("order"), format!("{nodes} until {}", until.0)));
        Some(Deed::Order(Order {
            user,
            wish: Wish::Place { id: self.request()?, nodes, until, replace },
            key,
        }))
    }

    fn alter(&mut self, request: &Request, extend: bool, now: Moment) -> Deed {
        let dice = &mut self.dice;
        let (nodes, until) = if extend {
            let until = request.expires_at.after(dice.duration(10 * MINUTE, 120 * MINUTE));
            (dice.chance(300).then_some(request.nodes + 1), Some(until))
        } else {
            let earlier = now.after(dice.duration(MINUTE, 30 * MINUTE)).min(request.expires_at);
            (dice.chance(600).then_some(request.nodes / 2), dice.chance(500).then_some(earlier))
        };
        let wish = Wish::Alter { id: request.id.clone(), nodes, until, shorten: !extend };
        Deed::Order(Order { user: request.user.clone(), wish, key: None })
    }

    fn dollars(&mut self, from: u64, to: u64) -> MicroUsd {
        MicroUsd(i64::try_from(self.dice.between(from * 1_000_000, to * 1_000_000)).unwrap_or(0))
    }

    fn request(&mut self) -> Option<RequestId> {
        self.key("r").parse().ok()
    }

    fn key(&mut self, what: &str) -> String {
        self.named += 1;
        format!("{what}-{}", self.named)
    }
}

fn release(number: u64) -> Option<ReleaseVersion> {
    format!("v4.{number}.0").parse().ok()
}
