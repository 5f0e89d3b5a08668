//! What a cluster cost, in our own API: `GET /api/v1/organizations/<org>/costs`.

use serde::{Deserialize, Serialize};

use crate::{MicroUsd, OrganizationName, UtcTime};

/// Answer of `GET /api/v1/organizations/<org>/costs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Costs {
    /// Whose money.
    pub organization: OrganizationName,
    /// Credits less charges, at this moment.
    pub balance_micro_usd: MicroUsd,
    /// All that was ever credited.
    pub credited_micro_usd: MicroUsd,
    /// All that was ever charged, less what was given back.
    pub spent_micro_usd: MicroUsd,
    /// List price of one node for an hour.
    pub node_hour_micro_usd: MicroUsd,
    /// The newest entries of the ledger, newest first, at most 100.
    pub entries: Vec<LedgerEntry>,
}

/// Why an amount stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Money given to the organization: positive.
    Credit,
    /// A node's lease, paid before it begins: negative.
    Charge,
    /// The unused part of a lease, given back once the node is seen gone: positive.
    Refund,
}

/// One line of the ledger; lines are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// When it was written.
    pub at: UtcTime,
    /// Why.
    pub kind: EntryKind,
    /// How much, with its sign.
    pub amount_micro_usd: MicroUsd,
    /// For people: which node, which lease, which credit.
    pub note: String,
}
