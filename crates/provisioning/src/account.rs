//! An organization's money as decisions need it: what the ledger adds up to.

use std::collections::BTreeSet;
use std::fmt;

use sliderule_api::{MicroUsd, NodeId, UserName};

use crate::time::Moment;

/// Prices per hour. They belong to the organization, so that a change of the operator's list rewrites no promise
/// by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// One node.
    pub node_hour: MicroUsd,
    /// What a running cluster costs besides its nodes.
    pub fixed_hour: MicroUsd,
}

impl Prices {
    /// The list: nodes at 22.6 cents, the fixed part at 15.3 cents.
    pub const LIST: Self = Self { node_hour: MicroUsd(226_000), fixed_hour: MicroUsd(153_000) };
}

/// What the ledger of an organization adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Credits, less charges and overruns, with adjustments.
    pub balance: MicroUsd,
    /// All that was ever credited.
    pub credited: MicroUsd,
    /// The one reservation that is pending, if any time is held.
    pub reservation: Option<Reservation>,
    /// How many reservations there ever were; the next one is numbered so.
    pub reservations_made: u64,
    /// The monthly credit.
    pub allowance: Allowance,
    /// The warnings given since the last credit.
    pub warned: BTreeSet<Warning>,
}

impl Account {
    /// What neither has been spent nor is set aside for time that is held.
    #[must_use]
    pub fn available(&self) -> MicroUsd {
        self.balance - self.reservation.as_ref().map_or(MicroUsd::ZERO, |pending| pending.amount)
    }
}

/// Money set aside for the time that a cluster's nodes and its fixed part hold.
///
/// A cluster has one at a time: each renewal posts the pending one, up to what is known to have run, and makes the
/// next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Its number within the organization.
    pub number: u64,
    /// How much; nothing beyond it can be charged to it.
    pub amount: MicroUsd,
    /// Who pays, in which proportion.
    pub payers: Vec<Payer>,
}

/// Who pays a part of a reservation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payer {
    /// Whose line; `None` is the organization's own, for what nobody asked for.
    pub user: Option<UserName>,
    /// Their part, relative to the others'.
    pub weight: u64,
}

/// A monthly credit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// How much each month.
    pub monthly: MicroUsd,
    /// The balance above which nothing is credited; `None` for no such limit.
    pub cap: Option<MicroUsd>,
    /// The last month that was credited, or in which the allowance was agreed.
    pub credited_through: Month,
}

/// A calendar month in UTC, as the months since January of the year 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// The month of an instant.
    #[must_use]
    pub fn of(at: Moment) -> Self {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        // The civil calendar in eras of 400 years that begin in March, so that the leap day is an era's last.
        let day = at.0.div_euclid(DAY) + 719_468;
        let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_since_march = (5 * of_year + 2) / 153;
        let months = (era * 400 + year_of_era) * 12 + months_since_march + 2;
        Self(i32::try_from(months).unwrap_or(i32::MAX))
    }
}

impl fmt::Display for Month {
    /// `2026-11`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// A threshold that was crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Warning {
    /// That many percent of what was ever credited are spent.
    Percent(u8),
    /// The balance is below that many micro-dollars.
    Dollars(i64),
    /// At its present size the cluster can run for fewer minutes than that.
    Minutes(u32),
    /// Nothing is left to run on.
    OutOfFunds,
}

/// A line for the ledger. Lines are only ever added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it is written.
    pub at: Moment,
    /// What is written once under one key is written once.
    pub key: String,
    /// For people.
    pub note: String,
    /// What it does.
    pub posting: Posting,
}

/// What a line of the ledger does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posting {
    /// Money is given; positive.
    Credit {
        /// How much.
        amount: MicroUsd,
    },
    /// Money is set aside. Impossible beyond what is available, or while another reservation is pending.
    Reserve(Reservation),
    /// A payer's part of what a pending reservation came to; not negative. Together never more than was reserved.
    Charge {
        /// The pending reservation's number.
        reservation: u64,
        /// Who pays; `None` is the organization.
        payer: Option<UserName>,
        /// How much.
        amount: MicroUsd,
    },
    /// The pending reservation is over: posted if something was charged to it, voided otherwise. What was not charged
    /// is available again.
    Settle {
        /// Its number.
        reservation: u64,
    },
    /// A node outlived its tail, for longer than was reserved; positive, and always recordable.
    Overrun {
        /// Which node; `None` for the fixed part.
        node: Option<NodeId>,
        /// How much.
        amount: MicroUsd,
    },
    /// A corrected bill, or a credit withdrawn; of either sign, and always recordable.
    Adjust {
        /// How much is added.
        amount: MicroUsd,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_s_month_is_that_of_the_civil_calendar() {
        for (seconds, month) in [
            (0, "1970-01"),
            (-1, "1969-12"),
            (951_782_399, "2000-02"),
            (951_868_799, "2000-02"),
            (951_868_800, "2000-03"),
            (1_709_251_199, "2024-02"),
            (1_709_251_200, "2024-03"),
            (1_798_761_599, "2026-12"),
            (1_798_761_600, "2027-01"),
            (4_107_542_400, "2100-03"),
        ] {
            assert_eq!(Month::of(Moment(seconds * 1000)).to_string(), month, "{seconds}");
        }
    }
}
