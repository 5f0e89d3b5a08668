//! What happens at its time: people's intents, servers that start and stop, clocks that jump.

use std::time::Duration;

use sliderule_api::OrganizationName;
use sliderule_engines::sim::Dice;
use sliderule_provisioning::account::Month;
use sliderule_provisioning::cluster::Limits;
use sliderule_provisioning::hand::Settings;
use sliderule_provisioning::time::Moment;

use super::{Plan, Simulation};
use crate::deed::Deed;
use crate::kinds::Kind;
use crate::people::Intent;
use crate::server::Server;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// Something that happens at its time.
#[derive(Debug)]
pub(super) enum Event {
    /// A day begins.
    Midnight,
    /// It is time to see whether things took too long.
    Minute,
    /// Somebody has something in mind.
    Intent(OrganizationName, Intent),
    /// Somebody tries again.
    Again(OrganizationName, Deed),
    /// A server starts, if none is at work.
    Starts,
    /// The server stops, and none starts before then.
    Stops(Moment),
    /// Another server takes over, and the old one goes on for a while.
    TakesOver,
    /// That old server ends.
    Ends(u64),
    /// The wall clock jumps.
    Jumps(i64),
}

impl Simulation {
    /// What a seed has in store besides what single calls meet.
    pub(super) fn plan_trouble(&mut self, plan: &Plan, began: Moment, end: Moment) {
        let has = |kind| plan.kinds.contains(&kind);
        // Of its own, so that a seed of fewer days is the beginning of the same seed.
        let mut dice = Dice::new(plan.seed, "trouble");
        let before = dice.duration(MINUTE, 6 * HOUR);
        let after = dice.duration(MINUTE, 40 * HOUR);
        let month_ends = Month::of(began).ends();
        let stops = Moment(month_ends.0 - i64::try_from(before.as_millis()).unwrap_or(0));
        if has(Kind::Downtime) && dice.chance(500) && stops > began {
            self.queue(stops, Event::Stops(month_ends.after(after)));
        }
        let mut at = began;
        while at < end {
            let day = at;
            at = at.after(DAY);
            let later = dice.duration(Duration::ZERO, DAY);
            let stops = dice.one_in(6);
            let hours = if dice.one_in(4) { 50 * HOUR } else { 6 * HOUR };
            let back = day.after(later + dice.duration(MINUTE, hours));
            if has(Kind::Downtime) && stops {
                self.queue(day.after(later), Event::Stops(back));
            }
            let (later, takes_over) = (dice.duration(Duration::ZERO, DAY), dice.one_in(4));
            if has(Kind::StaleWriter) && takes_over {
                self.queue(day.after(later), Event::TakesOver);
            }
            let (later, jumps) = (dice.duration(Duration::ZERO, DAY), dice.one_in(5));
            let by = if dice.chance(500) { 3_600_000 } else { -3_600_000 };
            if has(Kind::ClockJump) && jumps {
                self.queue(day.after(later), Event::Jumps(by));
            }
        }
    }

    /// The last part begins: nobody wants anything new, and nothing goes wrong any more.
    pub(super) fn close(&mut self) {
        let now = self.site.shared.book().now;
        self.is_closing = true;
        // Servers get the time to look at everything once more.
        self.rests_from = now.after(5 * MINUTE);
        self.site.weather.calm();
        self.site.engine.world().calm();
        self.queue.clear();
        self.queue(now, Event::Minute);
        self.queue(now, Event::Starts);
        let limits: Vec<_> = {
            let book = self.site.shared.book();
            let limits =
                book.pages.iter().map(|(organization, page)| (organization.clone(), page.cluster.limits));
            limits.collect()
        };
        for (organization, limits) in limits {
            let limits = Some(Limits { min_nodes: 0, ..limits });
            let deed = Deed::Set(Settings { limits, ..Settings::default() });
            self.queue(now.after(MINUTE), Event::Again(organization, deed));
        }
    }

    /// Whether nothing runs, nothing is asked for, and nothing is set aside.
    pub(super) fn is_at_rest(&self) -> bool {
        let book = self.site.shared.book();
        let is_past = |at: Moment| at <= book.now;
        let at_rest = book.pages.values().all(|page| {
            let cluster = &page.cluster;
            cluster.nodes.is_empty()
                && cluster.fixed.is_none()
                && cluster.account.reservation.is_none()
                && cluster.limits.min_nodes == 0
                && cluster.requests.iter().all(|request| is_past(request.expires_at))
        });
        at_rest
            && is_past(self.rests_from)
            && self.site.engine.world().nodes().iter().all(|node| node.ended_at.is_some())
    }

    pub(super) fn happen(&mut self, event: Event, now: Moment) {
        match event {
            Event::Midnight => {
                for (at, organization, intent) in self.people.day(now) {
                    self.queue(at, Event::Intent(organization, intent));
                }
                self.queue(now.after(DAY), Event::Midnight);
            }
            Event::Minute => {
                let world = self.site.engine.world();
                self.watch.minute(&mut self.site.shared.book(), &world, self.up_since);
                drop(world);
                self.queue(now.after(MINUTE), Event::Minute);
            }
            Event::Intent(organization, intent) => {
                let cluster =
                    self.site.shared.book().pages.get(&organization).map(|page| page.cluster.clone());
                if let Some(deed) = cluster.and_then(|cluster| self.people.deed(intent, &cluster, now)) {
                    self.act(organization, deed, now);
                }
            }
            Event::Again(organization, deed) => self.act(organization, deed, now),
            Event::Starts if self.up_since.is_none() => self.start(now),
            Event::Starts => {}
            Event::Stops(back) => {
                while let Some(number) = self.servers.last().map(|server| server.number) {
                    self.end_server(number, now);
                }
                // None of the starts that the end of a server brings.
                self.queue.retain(|(at, _), event| *at > back || !matches!(event, Event::Starts));
                self.queue(back, Event::Starts);
            }
            Event::TakesOver => {
                if let Some(old) = self.servers.last().map(|server| server.number) {
                    self.start(now);
                    let ends = now.after(self.dice.duration(MINUTE, 30 * MINUTE));
                    self.queue(ends, Event::Ends(old));
                }
            }
            Event::Ends(number) => {
                if self.servers.last().is_some_and(|server| server.number != number) {
                    self.end_server(number, now);
                }
            }
            Event::Jumps(by) => self.site.machine.jump(by),
        }
    }

    fn start(&mut self, now: Moment) {
        let store = self.site.store.clone();
        let epoch = self.poller.finish(Box::pin(async move { store.begin_epoch().await }));
        match epoch {
            Some(Ok(epoch)) => {
                self.servers.push(Server::new(&self.site, epoch));
                self.up_since = Some(now);
            }
            _ => self.queue(now.after(MINUTE), Event::Starts),
        }
    }
}
