//! Money: integer micro-dollars, never floating point.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

/// An amount in millionths of a US dollar; negative amounts are debts or charges.
///
/// Arithmetic saturates: nine trillion dollars is as far as it goes, and no input may panic a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroUsd(pub i64);

impl MicroUsd {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Reads dollars as people write them: `25`, `25.5`, `$0.000001`.
    ///
    /// # Errors
    /// Returns what is wrong with the text, as a sentence for the person who wrote it.
    pub fn parse_dollars(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not an amount of dollars; write for example 25 or 12.50");
        let digits = text.strip_prefix('$').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(bad());
        }
        if fraction.len() > 6 {
            return Err(format!("`{text}` is finer than a millionth of a dollar"));
        }
        let dollars: i64 = whole.parse().map_err(|_| bad())?;
        let micros: i64 = format!("{fraction:0<6}").parse().map_err(|_| bad())?;
        dollars
            .checked_mul(1_000_000)
            .and_then(|amount| amount.checked_add(micros))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is more money than there is"))
    }
}

impl MicroUsd {
    /// Reads dollars with an optional sign: `-3`, `+2.50`, `2.50`.
    ///
    /// # Errors
    /// Returns what is wrong with the text, as a sentence for the person who wrote it.
    pub fn parse_signed_dollars(text: &str) -> Result<Self, String> {
        match text.strip_prefix('-') {
            Some(debt) => Self::parse_dollars(debt).map(|amount| -amount),
            None => Self::parse_dollars(text.strip_prefix('+').unwrap_or(text)),
        }
    }
}

impl fmt::Display for MicroUsd {
    /// Dollars with at least two decimals and no more than needed: `$0.226`, `-$1.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let fraction = format!("{:06}", magnitude % 1_000_000);
        let trimmed = fraction.trim_end_matches('0');
        write!(f, "{sign}${}.{trimmed:0<2}", magnitude / 1_000_000)
    }
}

impl Add for MicroUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for MicroUsd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for MicroUsd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::MicroUsd;
    use proptest::prelude::*;

    #[test]
    fn dollars_are_read_as_people_write_them() {
        assert_eq!(MicroUsd::parse_dollars("25"), Ok(MicroUsd(25_000_000)));
        assert_eq!(MicroUsd::parse_dollars("$12.5"), Ok(MicroUsd(12_500_000)));
        for nonsense in ["", "-1", "1e3", "1.2.3", "٣", "0.0000001", "99999999999999"] {
            assert!(MicroUsd::parse_dollars(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_correction_has_a_sign() {
        assert_eq!(MicroUsd::parse_signed_dollars("-2.5"), Ok(MicroUsd(-2_500_000)));
        assert_eq!(MicroUsd::parse_signed_dollars("+2.5"), MicroUsd::parse_signed_dollars("2.5"));
        for nonsense in ["", "-", "--1", "+-1", "- 1"] {
            assert!(MicroUsd::parse_signed_dollars(nonsense).is_err(), "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(amount in 0..i64::MAX) {
            let amount = MicroUsd(amount);
            prop_assert_eq!(MicroUsd::parse_dollars(&amount.to_string()), Ok(amount));
        }
    }
}
