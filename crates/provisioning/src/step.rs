//! The shape of every decision: a function of state, event and time that yields what to record and what to do.
//!
//! The order is always: record all changes in one transaction, then carry out the effects. An effect may be lost
//! or repeated; the next look at the cluster makes up for it.

use sliderule_api::{NodeId, ReleaseVersion};

use crate::account::Warning;
use crate::change::Change;
use crate::time::{Moment, Terms};

/// What came of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<A = ()> {
    /// What to record, all or nothing, in this order.
    pub changes: Vec<Change>,
    /// What to do once that is recorded, in this order.
    pub effects: Vec<Effect>,
    /// When something changes by itself. Whatever else changes must wake whoever decides.
    pub next_wake: Option<Moment>,
    /// What to tell whoever asked.
    pub answer: A,
}

/// Something to do outside. Every effect can be repeated without harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Start the node. Its id is the idempotency key.
    Launch {
        /// Which.
        node: NodeId,
        /// The release it shall run.
        version: ReleaseVersion,
    },
    /// The node gets no new requests.
    Withdraw {
        /// Its address.
        address: String,
    },
    /// Let the node finish what it has, and end it within its tail.
    Terminate {
        /// Which.
        node: NodeId,
    },
    /// End the node now.
    Kill {
        /// Which.
        node: NodeId,
    },
}

/// What decisions depend on besides the cluster's own state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What the engine promises.
    pub terms: Terms,
    /// When owners are warned that money runs short.
    pub warnings: Vec<Warning>,
}

impl Policy {
    /// The usual thresholds, over an engine's terms.
    #[must_use]
    pub fn usual(terms: Terms) -> Self {
        let warnings = vec![
            Warning::Percent(50),
            Warning::Percent(80),
            Warning::Percent(95),
            Warning::Dollars(5_000_000),
            Warning::Dollars(1_000_000),
            Warning::Minutes(60),
            Warning::Minutes(15),
            Warning::Minutes(5),
            Warning::OutOfFunds,
        ];
        Self { terms, warnings }
    }
}
