//! The monthly allowance: a credit for each calendar month in UTC, however many were missed.
//!
//! A month is credited when it is first seen to have begun, as much as the cap allows just then. A month is never
//! credited twice, since its name is part of the credit's key; one that found the balance at its cap is over.
//! The calendar is a few lines of arithmetic, which tests hold against a calendar library: a crate without I/O needs no
//! time zones.

use sliderule_api::MicroUsd;

use crate::account::{Allowance, Entry, Month, Posting};
use crate::change::{Change, Notice, NoticeKind};
use crate::cluster::Cluster;
use crate::time::Moment;
use crate::warnings;

impl Month {
    /// The instant at which the month after this one begins in UTC.
    #[must_use]
    pub fn ends(self) -> Moment {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        // Counted from March of the year 0, so that the leap day is a year's last; see [`Month::of`].
        let months = i64::from(self.0) + 1 - 2;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = year * 365 + leap_days + (153 * month + 2) / 5 - 719_468;
        Moment(days.saturating_mul(DAY))
    }
}

/// The credits that are due at `now`.
#[must_use]
pub fn due(cluster: &Cluster, now: Moment) -> Vec<Change> {
    let allowance = cluster.account.allowance;
    let current = Month::of(now);
    if allowance.monthly <= MicroUsd::ZERO || current <= allowance.credited_through {
        return Vec::new();
    }
    let mut balance = cluster.account.balance;
    let mut changes = Vec::new();
    for month in (allowance.credited_through.0.saturating_add(1)..=current.0).map(Month) {
        let room = allowance.cap.map_or(allowance.monthly, |cap| cap - balance);
        let amount = allowance.monthly.min(room);
        if amount <= MicroUsd::ZERO {
            break;
        }
        balance = balance + amount;
        let key = format!("allowance:{month}");
        changes.push(Change::Enter(Entry {
            at: now,
            key: key.clone(),
            note: format!("the allowance of {month}"),
            posting: Posting::Credit { amount },
        }));
        changes.push(Change::Notify(Notice {
            at: now,
            key,
            kind: NoticeKind::Credited,
            user: None,
            message: format!("The allowance of {month} was credited: {amount}."),
        }));
    }
    let mut credited = cluster.clone();
    if changes.iter().all(|change| credited.apply(change).is_ok()) && balance > cluster.account.balance {
        changes.extend(warnings::standing(&credited, &cluster.account.warned));
    }
    changes.push(Change::Allow(Allowance { credited_through: current, ..allowance }));
    changes
}

/// When the next credit is due.
#[must_use]
pub fn next(cluster: &Cluster, now: Moment) -> Option<Moment> {
    let Allowance { monthly, credited_through, .. } = cluster.account.allowance;
    if monthly <= MicroUsd::ZERO { None } else { Some(credited_through.max(Month::of(now)).ends()) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::samples::cluster;

    fn at(text: &str) -> Moment {
        Moment(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn allowed(monthly: i64, cap: Option<i64>, balance: i64, since: &str) -> Cluster {
        let mut cluster = cluster();
        cluster.account.balance = MicroUsd(balance);
        cluster.account.allowance = Allowance {
            monthly: MicroUsd(monthly),
            cap: cap.map(MicroUsd),
            credited_through: Month::of(at(since)),
        };
        cluster
    }

    fn credits(changes: &[Change]) -> Vec<(String, i64)> {
        let credit = |change: &Change| match change {
            Change::Enter(Entry { key, posting: Posting::Credit { amount }, .. }) => {
                Some((key.clone(), amount.0))
            }
            _ => None,
        };
        changes.iter().filter_map(credit).collect()
    }

    #[test]
    fn months_are_those_of_utc() {
        assert_eq!(Month::of(at("2026-11-30T23:59:59.999Z")).to_string(), "2026-11");
        assert_eq!(Month::of(at("2026-12-01T00:00:00Z")).to_string(), "2026-12");
        assert_eq!(Month::of(at("1969-12-31T23:59:59Z")).to_string(), "1969-12");
        assert_eq!(Month::of(at("2024-02-29T12:00:00Z")).ends(), at("2024-03-01T00:00:00Z"));
        assert_eq!(Month::of(at("2026-12-31T00:00:00Z")).ends(), at("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn nothing_is_due_in_the_month_in_which_the_allowance_was_agreed() {
        let cluster = allowed(10, None, 0, "2026-11-01T00:00:00Z");
        assert_eq!(due(&cluster, at("2026-11-30T23:59:59Z")), []);
        assert_eq!(next(&cluster, at("2026-11-30T23:59:59Z")), Some(at("2026-12-01T00:00:00Z")));
        assert_eq!(next(&super::tests::cluster(), at("2026-11-30T23:59:59Z")), None);
    }

    #[test]
    fn every_month_missed_is_credited_once_under_its_own_name() {
        let mut cluster = allowed(10, None, -3, "2026-10-07T00:00:00Z");
        let now = at("2027-01-15T00:00:00Z");
        let changes = due(&cluster, now);
        let expected = ["2026-11", "2026-12", "2027-01"].map(|month| (format!("allowance:{month}"), 10));
        assert_eq!(credits(&changes), expected);
        for change in &changes {
            cluster.apply(change).unwrap();
        }
        assert_eq!(cluster.account.balance, MicroUsd(27));
        assert_eq!(due(&cluster, now), []);
    }

    #[test]
    fn a_credit_fills_the_balance_to_its_cap_and_no_further() {
        let now = at("2027-01-15T00:00:00Z");
        let cluster = allowed(10, Some(25), 0, "2026-10-07T00:00:00Z");
        let amounts: Vec<i64> = credits(&due(&cluster, now)).into_iter().map(|(_, amount)| amount).collect();
        assert_eq!(amounts, [10, 10, 5]);
        let full = allowed(10, Some(25), 25, "2026-10-07T00:00:00Z");
        let changes = due(&full, now);
        assert!(
            matches!(changes.as_slice(), [Change::Allow(allowance)] if allowance.credited_through == Month::of(now))
        );
    }

    #[test]
    fn every_month_of_three_centuries_ends_where_the_calendar_says() {
        for month in (1890 * 12..2190 * 12).map(Month) {
            let next = month.0 + 1;
            let first = date(i16::try_from(next / 12).unwrap(), i8::try_from(next % 12 + 1).unwrap(), 1);
            let begins = TimeZone::UTC.to_timestamp(first.at(0, 0, 0, 0)).unwrap().as_millisecond();
            assert_eq!(month.ends(), Moment(begins), "{month}");
            assert_eq!(Month::of(Moment(begins - 1)), month);
            assert_eq!(Month::of(Moment(begins)), Month(next));
        }
    }

    proptest! {
        #[test]
        fn looking_often_or_seldom_credits_the_same(looks in prop::collection::vec(0i64..60, 1..20)) {
            let end = at("2031-01-15T00:00:00Z");
            let mut often = allowed(10, None, 0, "2026-10-07T00:00:00Z");
            let seldom = due(&often, end);
            let mut now = at("2026-10-07T00:00:00Z");
            let mut all = Vec::new();
            for days in looks {
                now = Moment(now.0 + days * 86_400_000).min(end);
                let changes = due(&often, now);
                for change in &changes {
                    often.apply(change).unwrap();
                }
                all.extend(credits(&changes));
            }
            all.extend(credits(&due(&often, end)));
            prop_assert_eq!(all, credits(&seldom));
        }
    }
}
