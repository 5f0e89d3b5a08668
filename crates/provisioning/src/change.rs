//! What a decision makes durable, and what it does to the state.
//!
//! A decision is a list of changes; a store makes all of them or none. [`Cluster::apply`] says what each
//! one means: the model store applies nothing else, and every other store must come to the same state.

use sliderule_api::{MicroUsd, NodeId, ReleaseVersion, RequestId, UserName};

use crate::account::{Allowance, Entry, Posting, Prices, Reservation, Warning};
use crate::cluster::{Cluster, Limits, Node, NodeState, Request, Trouble};
use crate::meter::Meter;
use crate::time::Moment;

/// One durable step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A request counts from now on.
    Place {
        /// The request.
        request: Request,
        /// What it may cost at most beyond what was promised before.
        cost: MicroUsd,
    },
    /// An order led to a request, its own or an identical live one, and the caller's key stands for it from now on.
    Keyed {
        /// Who ordered.
        user: UserName,
        /// The caller's idempotency key.
        key: String,
        /// What was ordered, to tell another order under the same key.
        order: String,
        /// What it led to.
        request: RequestId,
    },
    /// A request has another size or end from now on.
    Alter {
        /// Which.
        id: RequestId,
        /// Its nodes.
        nodes: u32,
        /// Its age, for who is shortened first.
        created_at: Moment,
        /// Its end.
        expires_at: Moment,
    },
    /// A request no longer counts.
    Close {
        /// Which.
        id: RequestId,
        /// Since when.
        at: Moment,
    },
    /// A node shall exist: the intent, recorded before its launch.
    Begin(Node),
    /// The node is somewhere else in its life; its address and first registration with it.
    Move {
        /// Which.
        node: NodeId,
        /// Where it is now.
        state: NodeState,
        /// Its address, where that is known.
        address: Option<String>,
        /// When it first registered, if it did.
        ready_at: Option<Moment>,
    },
    /// A node's time was read or renewed.
    Meter {
        /// Which.
        node: NodeId,
        /// Its time.
        meter: Meter,
    },
    /// The node is seen gone.
    Gone {
        /// Which.
        node: NodeId,
        /// When it was seen.
        at: Moment,
        /// Whether that counts as a failed boot.
        failed_boot: bool,
    },
    /// The fixed part's time was read or renewed, began or ended.
    Fixed(Option<Meter>),
    /// How many rounds of boots failed in a row, and the latest that counted.
    FailedBoots {
        /// How many.
        rounds: u32,
        /// The latest.
        latest: Option<Moment>,
    },
    /// What last went wrong.
    Trouble(Option<Trouble>),
    /// An owner destroyed the cluster, or deploys it again.
    Paused(bool),
    /// The operator suspended the organization, or lifts that.
    Suspended(bool),
    /// The release its nodes shall run.
    Pin(ReleaseVersion),
    /// The owner's limits.
    Limit(Limits),
    /// The operator's cap on the owner's maximum.
    Cap(u32),
    /// The prices that count from now on.
    Reprice(Prices),
    /// The monthly credit, or the month up to which it was given.
    Allow(Allowance),
    /// A line of the ledger.
    Enter(Entry),
    /// A warning was given, and is not repeated until there is credit.
    Warned(Warning),
    /// Something people are told.
    Notify(Notice),
}

/// Something people are told. It is kept, and never repeated under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When it happened.
    pub at: Moment,
    /// What is told once under one key is told once.
    pub key: String,
    /// What kind of thing it is.
    pub kind: NoticeKind,
    /// Whom it concerns; `None` for the owners.
    pub user: Option<UserName>,
    /// What happened, and what to do.
    pub message: String,
}

/// Kinds of notices; stable names on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// Money came in.
    Credited,
    /// A threshold was crossed.
    FundsLow,
    /// Nothing is left to run on.
    OutOfFunds,
    /// Money fell short from outside, and a request ends earlier.
    RequestShortened,
    /// A node outlives its tail: an alarm.
    NodeOverrun,
    /// A node ran that nobody had a record of: an alarm.
    OrphanKilled,
    /// A round of boots failed.
    BootFailed,
    /// No further node is started.
    Protected,
    /// The cluster was destroyed, deployed, suspended or released by hand.
    ByHand,
    /// Nodes are replaced by those of another release.
    Rolling,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Credited,
        Self::FundsLow,
        Self::OutOfFunds,
        Self::RequestShortened,
        Self::NodeOverrun,
        Self::OrphanKilled,
        Self::BootFailed,
        Self::Protected,
        Self::ByHand,
        Self::Rolling,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credited => "credited",
            Self::FundsLow => "funds_low",
            Self::OutOfFunds => "out_of_funds",
            Self::RequestShortened => "request_shortened",
            Self::NodeOverrun => "node_overrun",
            Self::OrphanKilled => "orphan_killed",
            Self::BootFailed => "boot_failed",
            Self::Protected => "protected",
            Self::ByHand => "by_hand",
            Self::Rolling => "rolling",
        }
    }
}

/// A rule that a change would break. Nothing of the decision it belongs to is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breach {
    /// More would be reserved than is available.
    NotCovered,
    /// More would be charged to a reservation than it holds.
    PostedTooMuch,
    /// A second reservation beside the pending one, or one whose number is taken.
    AlreadyReserved,
    /// The reservation named is not the pending one.
    NotPending,
    /// The amount has a sign that its kind of line cannot have.
    WrongSign,
    /// A line, or a notice of money, stands under that key already.
    KeyTaken(String),
    /// The caller's idempotency key stands for another order.
    OrderKeyTaken,
    /// There is no such node, or it exists already.
    Node(NodeId),
    /// There is no such open request, or it exists already.
    Request(RequestId),
    /// Somebody is named whom a store that knows its users does not know.
    UnknownUser(UserName),
    /// Somebody asks for nodes whom a store that knows its members does not count among them.
    NotAMember(UserName),
    /// Another rule of the store, in its words.
    Other(String),
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotCovered => write!(f, "more would be reserved than is available"),
            Self::PostedTooMuch => write!(f, "more would be charged to a reservation than it holds"),
            Self::AlreadyReserved => write!(f, "another reservation is pending, or had that number"),
            Self::NotPending => write!(f, "the reservation is not pending"),
            Self::WrongSign => write!(f, "the amount has a sign that this kind of line cannot have"),
            Self::KeyTaken(key) => write!(f, "a line stands under the key {key} already"),
            Self::OrderKeyTaken => write!(f, "the idempotency key stands for another order"),
            Self::Node(node) => write!(f, "the node {node} is not there, or there already"),
            Self::Request(request) => write!(f, "the request {request} is not open, or there already"),
            Self::UnknownUser(user) => write!(f, "there is no user {user}"),
            Self::NotAMember(user) => write!(f, "{user} is not an active member"),
            Self::Other(rule) => f.write_str(rule),
        }
    }
}

impl std::error::Error for Breach {}

impl Cluster {
    /// Makes one change. Keys are for the store to keep unique.
    ///
    /// # Errors
    /// The rule it would break; the state is as before.
    pub fn apply(&mut self, change: &Change) -> Result<(), Breach> {
        match change {
            Change::Place { request, .. } => {
                if self.requests.iter().any(|open| open.id == request.id) {
                    return Err(Breach::Request(request.id.clone()));
                }
                self.requests.push(request.clone());
                self.requests.sort_by(|a, b| (a.expires_at, &a.id).cmp(&(b.expires_at, &b.id)));
            }
            Change::Alter { id, nodes, created_at, expires_at } => {
                let request = self.request_mut(id)?;
                (request.nodes, request.created_at, request.expires_at) = (*nodes, *created_at, *expires_at);
                self.requests.sort_by(|a, b| (a.expires_at, &a.id).cmp(&(b.expires_at, &b.id)));
            }
            Change::Close { id, .. } => {
                self.request_mut(id)?;
                self.requests.retain(|open| open.id != *id);
            }
            Change::Begin(node) => {
                if self.nodes.iter().any(|known| known.id == node.id) {
                    return Err(Breach::Node(node.id.clone()));
                }
                self.nodes.push(node.clone());
                self.sort_nodes();
            }
            Change::Move { node, state, address, ready_at } => {
                let found = self.node_mut(node)?;
                (found.state, found.ready_at) = (*state, *ready_at);
                found.address.clone_from(address);
            }
            Change::Meter { node, meter } => {
                self.node_mut(node)?.meter = *meter;
                self.sort_nodes();
            }
            Change::Gone { node, .. } => {
                self.node_mut(node)?;
                self.nodes.retain(|known| known.id != *node);
            }
            Change::Fixed(meter) => self.fixed = *meter,
            Change::FailedBoots { rounds, latest } => {
                (self.failed_boots, self.failed_round) = (*rounds, *latest);
            }
            Change::Trouble(trouble) => self.trouble.clone_from(trouble),
            Change::Paused(paused) => self.paused = *paused,
            Change::Suspended(suspended) => self.suspended = *suspended,
            Change::Pin(version) => self.version = *version,
            Change::Limit(limits) => self.limits = *limits,
            Change::Cap(nodes) => self.node_cap = *nodes,
            Change::Reprice(prices) => self.prices = *prices,
            Change::Allow(allowance) => self.account.allowance = *allowance,
            Change::Enter(entry) => self.account.enter(entry)?,
            Change::Warned(warning) => {
                self.account.warned.insert(*warning);
            }
            Change::Keyed { .. } | Change::Notify(_) => {}
        }
        Ok(())
    }

    /// Oldest first; the order must follow from the nodes alone, so that every store reads the same cluster.
    fn sort_nodes(&mut self) {
        self.nodes.sort_by(|a, b| (a.meter.began_at, &a.id).cmp(&(b.meter.began_at, &b.id)));
    }

    fn node_mut(&mut self, id: &NodeId) -> Result<&mut Node, Breach> {
        self.nodes.iter_mut().find(|node| node.id == *id).ok_or_else(|| Breach::Node(id.clone()))
    }

    fn request_mut(&mut self, id: &RequestId) -> Result<&mut Request, Breach> {
        self.requests.iter_mut().find(|open| open.id == *id).ok_or_else(|| Breach::Request(id.clone()))
    }
}

impl crate::account::Account {
    /// Adds a line.
    ///
    /// # Errors
    /// The rule it would break.
    fn enter(&mut self, entry: &Entry) -> Result<(), Breach> {
        match &entry.posting {
            Posting::Credit { amount } => {
                if *amount <= MicroUsd::ZERO {
                    return Err(Breach::WrongSign);
                }
                self.balance = self.balance + *amount;
                self.credited = self.credited + *amount;
                self.warned.clear();
            }
            Posting::Reserve(new) => {
                if new.amount < MicroUsd::ZERO {
                    return Err(Breach::WrongSign);
                }
                if self.reservation.is_some() || new.number != self.reservations_made {
                    return Err(Breach::AlreadyReserved);
                }
                if new.amount > self.balance {
                    return Err(Breach::NotCovered);
                }
                self.reservations_made += 1;
                self.reservation = Some(Reservation { ..new.clone() });
            }
            Posting::Charge { reservation, amount, .. } => {
                if *amount < MicroUsd::ZERO {
                    return Err(Breach::WrongSign);
                }
                let pending = self.pending_mut(*reservation)?;
                if *amount > pending.amount {
                    return Err(Breach::PostedTooMuch);
                }
                // What was charged is no longer set aside; a reservation is read back only as what is left of it.
                pending.amount = pending.amount - *amount;
                self.balance = self.balance - *amount;
            }
            Posting::Settle { reservation } => {
                self.pending_mut(*reservation)?;
                self.reservation = None;
            }
            Posting::Overrun { amount, .. } => {
                if *amount <= MicroUsd::ZERO {
                    return Err(Breach::WrongSign);
                }
                self.balance = self.balance - *amount;
            }
            Posting::Adjust { amount } => {
                if *amount == MicroUsd::ZERO {
                    return Err(Breach::WrongSign);
                }
                self.balance = self.balance + *amount;
            }
        }
        Ok(())
    }

    fn pending_mut(&mut self, number: u64) -> Result<&mut Reservation, Breach> {
        self.reservation.as_mut().filter(|pending| pending.number == number).ok_or(Breach::NotPending)
    }
}
