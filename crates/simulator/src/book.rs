//! What happened: the books of every organization, the last events of each, and what was found wrong.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sliderule_api::{NodeId, OrganizationName};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::{Moment, Terms};

use crate::page::{Cause, Page};

/// How many of the last events of an organization a violation shows.
const SHOWN: usize = 24;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When, in milliseconds since the seed's beginning.
    pub at: i64,
    /// The step during which it was seen.
    pub step: u64,
    /// Whose cluster.
    pub organization: String,
    /// What is wrong.
    pub what: String,
    /// What happened before, oldest first.
    pub trace: Vec<String>,
}

/// What is kept of an event until somebody wants to read it.
#[derive(Debug)]
enum Event {
    Made(Cause, Vec<Change>),
    Said(String),
}

/// What happened.
#[derive(Debug)]
pub struct Book {
    /// Now.
    pub now: Moment,
    /// When the seed began.
    pub began: Moment,
    /// The step that is being made.
    pub step: u64,
    /// Who decides at the moment.
    pub cause: Cause,
    /// The engine's promises.
    pub terms: Terms,
    /// Each organization's books.
    pub pages: BTreeMap<OrganizationName, Page>,
    /// The first thing found wrong; nothing is looked for after it.
    pub violation: Option<Violation>,
    /// How many changes were made.
    pub changes: u64,
    recent: BTreeMap<OrganizationName, VecDeque<(Moment, u64, Event)>>,
    journal: Option<String>,
}

/// The book, shared by everything in one simulation.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Mutex<Book>>);

impl Shared {
    /// An empty book, with or without a journal of everything.
    #[must_use]
    pub fn new(now: Moment, terms: Terms, with_journal: bool) -> Self {
        Self(Arc::new(Mutex::new(Book {
            now,
            began: now,
            step: 0,
            cause: Cause::Inside,
            terms,
            pages: BTreeMap::new(),
            violation: None,
            changes: 0,
            recent: BTreeMap::new(),
            journal: with_journal.then(String::new),
        })))
    }

    /// The book itself.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    /// Opens an organization's books.
    pub fn open(&mut self, cluster: Cluster) {
        self.recent.insert(cluster.organization.clone(), VecDeque::new());
        self.pages.insert(cluster.organization.clone(), Page::new(cluster));
    }

    /// Something was committed.
    pub fn made(&mut self, organization: &OrganizationName, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let (now, terms, cause) = (self.now, self.terms, self.cause);
        self.changes += changes.len() as u64;
        let Some(page) = self.pages.get_mut(organization) else { return };
        let outcome = page.commit(&changes, now, terms, cause);
        self.remember(organization, Event::Made(cause, changes));
        if let Err(wrong) = outcome {
            self.wrong(organization, wrong);
        }
    }

    /// Whose the node is or was.
    #[must_use]
    pub fn owner(&self, node: &NodeId) -> Option<OrganizationName> {
        let owner = self.pages.iter().find(|(_, page)| page.nodes.contains_key(node));
        owner.map(|(organization, _)| organization.clone())
    }

    /// Something happened that a reader wants to know about. It is put into words only if it may be read.
    pub fn said(&mut self, organization: &OrganizationName, what: impl FnOnce() -> String) {
        let what = what();
        self.remember(organization, Event::Said(what));
    }

    /// Something is not as it must be.
    pub fn wrong(&mut self, organization: &OrganizationName, what: String) {
        if self.violation.is_some() {
            return;
        }
        let began = self.began;
        let recent = self.recent.get(organization).into_iter().flatten();
        let trace = recent.map(|(at, step, event)| line(*at, began, *step, organization, event)).collect();
        self.violation = Some(Violation {
            at: self.now.0 - began.0,
            step: self.step,
            organization: organization.to_string(),
            what,
            trace,
        });
    }

    /// All that happened, if a journal was kept.
    pub fn journal(&mut self) -> String {
        self.journal.take().unwrap_or_default()
    }

    fn remember(&mut self, organization: &OrganizationName, event: Event) {
        if let Some(journal) = &mut self.journal {
            journal.push_str(&line(self.now, self.began, self.step, organization, &event));
            journal.push('\n');
        }
        if let Some(recent) = self.recent.get_mut(organization) {
            if recent.len() == SHOWN {
                recent.pop_front();
            }
            recent.push_back((self.now, self.step, event));
        }
    }
}

fn line(at: Moment, began: Moment, step: u64, organization: &OrganizationName, event: &Event) -> String {
    let passed = at.0 - began.0;
    let (days, seconds) = (passed.div_euclid(86_400_000), passed.rem_euclid(86_400_000) / 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut line = format!(
        "day {days} {hours:02}:{minutes:02}:{seconds:02}.{:03} step {step} {organization}: ",
        passed.rem_euclid(1000)
    );
    // Writing to a string cannot fail.
    let _ = match event {
        Event::Made(cause, changes) => write!(line, "{cause:?} made {changes:?}"),
        Event::Said(what) => write!(line, "{what}"),
    };
    line
}
