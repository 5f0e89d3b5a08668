//! Calls of nodes and people, and servers at work: futures that are begun, held up, dropped and done.

use std::time::Duration;

use sliderule_api::OrganizationName;
use sliderule_engines::sim::{NodeCall, Pulled};
use sliderule_provisioning::time::Moment;

use super::Simulation;
use super::events::Event;
use crate::deed::{Deed, Outcome};
use crate::poll::{Hold, Polled};
use crate::server::{Answer, Errand, Task, command};

impl Simulation {
    /// A node calls. Where no server answers, it has to try again.
    pub(super) fn call(&mut self, call: NodeCall, now: Moment) {
        let server = self.reached();
        let task = server.and_then(|number| self.servers.iter().find(|server| server.number == number));
        match (task, call) {
            (Some(server), call) => {
                let task = server.answer(call, now);
                self.tasks.push(task);
            }
            (None, NodeCall::Pull { node, .. }) => self.site.engine.world().pulled(&node, Pulled::Nothing),
            (None, NodeCall::Register { .. }) => {}
        }
    }

    /// Somebody does something.
    pub(super) fn act(&mut self, organization: OrganizationName, deed: Deed, now: Moment) {
        if deed.is_operator_s() {
            self.tasks.push(command(&self.site, organization, deed, now));
            return;
        }
        let server = self.reached();
        match server.and_then(|number| self.servers.iter().find(|server| server.number == number)) {
            Some(server) => {
                let task = server.serve(organization, deed, now);
                self.tasks.push(task);
            }
            None => self.try_again(organization, &deed, now),
        }
    }

    /// Which server a call reaches: mostly the latest, at times an old one that goes on.
    fn reached(&mut self) -> Option<u64> {
        let old = self.servers.len() > 1 && self.dice.chance(300);
        let server = if old { self.servers.first() } else { self.servers.last() };
        server.map(|server| server.number)
    }

    fn try_again(&mut self, organization: OrganizationName, deed: &Deed, now: Moment) {
        if self.is_closing {
            return;
        }
        if let Some(again) = self.people.again(deed) {
            let later = now.after(self.people.patience());
            self.queue(later, Event::Again(organization, again));
        }
    }

    /// Goes on with everything that can go on.
    pub(super) fn work(&mut self, now: Moment) {
        let mut index = 0;
        while let Some(task) = self.tasks.get_mut(index) {
            if task.resume > now {
                index += 1;
                continue;
            }
            self.site.shared.book().cause = task.errand.cause();
            match self.poller.poll(&mut task.future, &self.site.held) {
                Polled::Done(answer) => {
                    let task = self.tasks.remove(index);
                    self.done(task, answer, now);
                }
                Polled::Held(Hold::Until(later)) => {
                    task.resume = later.max(now.after(Duration::from_millis(1)));
                    index += 1;
                }
                Polled::Held(Hold::Crashed) => {
                    let task = self.tasks.remove(index);
                    self.crashed(task, now);
                    // Other tasks of its server are gone, too.
                    index = 0;
                }
                Polled::Lost => {
                    let task = self.tasks.remove(index);
                    let mut book = self.site.shared.book();
                    if let Some(organization) = book.pages.keys().next().cloned() {
                        book.wrong(
                            &organization,
                            format!("{:?} waits for something that never comes", task.errand),
                        );
                    }
                    return;
                }
            }
        }
    }

    fn done(&mut self, task: Task, answer: Answer, now: Moment) {
        let server = self.servers.iter_mut().find(|server| Some(server.number) == task.server);
        match answer {
            Answer::Ticked(next) => {
                if let Some(server) = server {
                    server.ticking = false;
                    // A server that a later one has replaced does nothing by itself any more.
                    server.wake =
                        next.map_or(Moment(i64::MAX), |next| next.max(now.after(Duration::from_millis(1))));
                }
            }
            Answer::Pulled(pulled) => {
                if let Errand::Pull(node) = &task.errand {
                    self.site.engine.world().pulled(node, pulled);
                }
            }
            Answer::Registered => {
                if let Some(server) = server {
                    server.wake = server.wake.min(now);
                }
            }
            Answer::Done(outcome) => {
                if let Some(server) = server {
                    server.wake = server.wake.min(now);
                }
                self.told(task, outcome, now);
            }
        }
    }

    /// Somebody is told what came of what they did.
    fn told(&mut self, task: Task, outcome: Outcome, now: Moment) {
        let Errand::Deed(organization, deed) = task.errand else { return };
        self.site.shared.book().said(&organization, || format!("{deed:?}: {outcome:?}"));
        match outcome {
            Outcome::Granted(_) => self.outcome.granted += 1,
            Outcome::Refused(refusal) => {
                self.outcome.refused += 1;
                if !self.is_closing
                    && let Some((later, intent)) = self.people.remedy(&refusal)
                {
                    self.queue(now.after(later), Event::Intent(organization, intent));
                }
            }
            Outcome::Done | Outcome::Before => {}
            Outcome::Unknown => self.try_again(organization, &deed, now),
            Outcome::Broken(breach) => {
                let what =
                    format!("the domain decided what the store had to refuse, since {breach}: {deed:?}");
                self.site.shared.book().wrong(&organization, what);
            }
        }
    }

    /// The process of a task ended in the middle of it.
    fn crashed(&mut self, task: Task, now: Moment) {
        self.outcome.crashes += 1;
        match task.server {
            Some(number) => {
                self.abandon(task, now);
                self.end_server(number, now);
            }
            None => self.abandon(task, now),
        }
    }

    /// What a task was for remains to be done.
    fn abandon(&mut self, task: Task, now: Moment) {
        match task.errand {
            Errand::Pull(node) => self.site.engine.world().pulled(&node, Pulled::Nothing),
            Errand::Deed(organization, deed) => {
                self.site.shared.book().said(&organization, || format!("{deed:?}: the server was gone"));
                self.try_again(organization, &deed, now);
            }
            Errand::Tick | Errand::Registration => {}
        }
    }

    /// A server is gone, with everything that it was doing.
    pub(super) fn end_server(&mut self, number: u64, now: Moment) {
        let was_latest = self.servers.last().is_some_and(|server| server.number == number);
        self.servers.retain(|server| server.number != number);
        let (gone, left): (Vec<Task>, Vec<Task>) =
            self.tasks.drain(..).partition(|task| task.server == Some(number));
        self.tasks = left;
        let mut organizations: Vec<_> = self.site.shared.book().pages.keys().cloned().collect();
        for organization in organizations.drain(..) {
            self.site.shared.book().said(&organization, || format!("server {number} is gone"));
        }
        for task in gone {
            self.abandon(task, now);
        }
        if was_latest {
            self.up_since = None;
            let later = now.after(self.dice.duration(Duration::from_millis(200), Duration::from_secs(20)));
            self.queue(later, Event::Starts);
        }
    }
}
