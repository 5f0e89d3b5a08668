//! What a cluster cost, in our own API: `GET /api/v1/organizations/<org>/costs`, `…/costs/spend` and `…/ledger`.

use serde::{Deserialize, Serialize};

use crate::{MicroUsd, OrganizationName, UserName, UtcTime};

/// Answer of `GET /api/v1/organizations/<org>/costs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Costs {
    /// Whose money.
    pub organization: OrganizationName,
    /// Credits less charges and overruns, with adjustments, at this moment.
    pub balance_micro_usd: MicroUsd,
    /// All that was ever credited.
    pub credited_micro_usd: MicroUsd,
    /// All that was ever charged, overruns and adjustments included: what was credited less the balance.
    pub spent_micro_usd: MicroUsd,
    /// What has run and is paid for, and is not charged yet: charges are written when leases are renewed.
    #[serde(default)]
    pub running_up_micro_usd: MicroUsd,
    /// List price of one node for an hour.
    pub node_hour_micro_usd: MicroUsd,
    /// List price of a running cluster for an hour, besides its nodes.
    #[serde(default)]
    pub fixed_hour_micro_usd: MicroUsd,
    /// What is set aside for time that nodes hold already.
    #[serde(default)]
    pub reserved_micro_usd: MicroUsd,
    /// What the live requests will cost beyond that.
    #[serde(default)]
    pub promised_micro_usd: MicroUsd,
    /// What is left for further requests; negative after money was taken away.
    #[serde(default)]
    pub free_micro_usd: MicroUsd,
    /// The newest entries of the ledger, newest first, at most 100.
    pub entries: Vec<LedgerEntry>,
}

/// Why a line stands in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Money given to the organization: positive.
    Credit,
    /// Money set aside for the time that nodes hold: the balance stays.
    Reserve,
    /// A payer's part of what was used of a reservation, or a lease of an older server: negative.
    Charge,
    /// The end of a reservation: what was not charged is free again, and the balance stays.
    Settle,
    /// Time that a node ran on after its lease and tail: negative.
    Overrun,
    /// A corrected bill, or a credit withdrawn: of either sign.
    Adjustment,
    /// The unused part of a lease, given back by an older server: positive.
    Refund,
}

/// One line of the ledger; lines are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerEntry {
    /// Its number within the organization, from 1; 0 from an older server.
    #[serde(default)]
    pub number: u64,
    /// When it was written.
    pub at: UtcTime,
    /// Why.
    pub kind: EntryKind,
    /// What it adds to the balance, with its sign: these of all lines sum to the balance.
    pub amount_micro_usd: MicroUsd,
    /// What it adds to the money set aside, with its sign.
    #[serde(default)]
    pub reserved_micro_usd: MicroUsd,
    /// Who pays, on a charge; `None` for the organization itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<UserName>,
    /// For people: which node, which lease, which credit.
    pub note: String,
}

/// By what spending is summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SpendBy {
    /// By who pays.
    #[default]
    User,
    /// By day, in UTC.
    Day,
    /// By month, in UTC.
    Month,
}

/// Answer of `GET /api/v1/organizations/<org>/costs/spend?by=user|day|month&from=&to=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Spend {
    /// Whose money.
    pub organization: OrganizationName,
    /// By what it is summed.
    pub by: SpendBy,
    /// From this instant on.
    pub from: UtcTime,
    /// Up to and without this one.
    pub to: UtcTime,
    /// The sums, by name or from the earliest on.
    pub lines: Vec<SpendLine>,
    /// The sum of all lines.
    pub total_micro_usd: MicroUsd,
}

/// One sum of charges and overruns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpendLine {
    /// Who paid; `None` for the organization itself, and where it is summed by time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// The day (`2026-11-25`) or month (`2026-11`), where it is summed by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// How much; positive.
    pub spent_micro_usd: MicroUsd,
}
