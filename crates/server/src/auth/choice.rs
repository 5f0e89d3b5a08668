//! Which passwords may be chosen.
//!
//! What is typed is what is hashed: nothing is trimmed, folded or normalized, so a password serves only as the bytes
//! it was chosen as. Only for the comparisons here case does not count.

/// Shortest password that may be chosen, in characters (Unicode scalar values).
const SHORTEST: usize = 8;

/// Longest password that is taken, in bytes.
pub const LONGEST: usize = 1024;

/// The 3,000 commonest passwords, one a line, after a comment on where they come from.
const COMMON: &str = include_str!("common_passwords.txt");

/// Why a password may not be chosen, and what would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    /// Too few characters.
    #[error("the password is shorter than {SHORTEST} characters; choose a longer one")]
    TooShort,
    /// Too many bytes.
    #[error("the password is longer than {LONGEST} bytes; choose a shorter one")]
    TooLong,
    /// One of the commonest.
    #[error("the password is one of the 3,000 commonest, which are tried first; choose another")]
    Common,
    /// Known to whoever knows the user.
    #[error("the password is the user name or the e-mail address, which others know; choose another")]
    Personal,
}

/// Whether a user of that name and address may choose the password.
///
/// # Errors
/// Why they may not.
pub fn may_be_chosen(password: &str, name: &str, email: &str) -> Result<(), Unsuitable> {
    if password.len() > LONGEST {
        return Err(Unsuitable::TooLong);
    }
    if password.chars().count() < SHORTEST {
        return Err(Unsuitable::TooShort);
    }
    let folded = password.to_lowercase();
    let local = email.rsplit_once('@').map_or("", |(local, _)| local);
    if [name, email, local].iter().any(|known| known.to_lowercase() == folded) {
        return Err(Unsuitable::Personal);
    }
    match COMMON.lines().any(|line| line == folded) {
        true => Err(Unsuitable::Common),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{COMMON, Unsuitable, may_be_chosen};

    fn ada(password: &str) -> Result<(), Unsuitable> {
        may_be_chosen(password, "ada.lovelace", "lovelace@example.org")
    }

    #[test]
    fn there_are_three_thousand_common_ones_and_each_is_refused_in_any_case() {
        let common: Vec<_> = COMMON.lines().filter(|line| !line.starts_with('#')).collect();
        let mut once = common.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((common.len(), once.len()), (3000, 3000));
        for password in common {
            assert_eq!(ada(password), Err(Unsuitable::Common), "{password}");
            assert_eq!(ada(&password.to_uppercase()), Err(Unsuitable::Common), "{password}");
        }
    }

    #[test]
    fn a_sentence_will_do_and_a_few_letters_will_not() {
        assert_eq!(ada("correct horse battery staple"), Ok(()));
        assert_eq!(ada("pässwörd"), Ok(()), "eight characters, however many bytes");
        assert_eq!(ada("seven77"), Err(Unsuitable::TooShort));
        assert_eq!(ada("ääää"), Err(Unsuitable::TooShort), "four characters, although eight bytes");
        assert_eq!(ada(""), Err(Unsuitable::TooShort));
        assert_eq!(ada(&"ab".repeat(512)), Ok(()));
        assert_eq!(ada(&"ä".repeat(513)), Err(Unsuitable::TooLong));
    }

    #[test]
    fn what_others_know_is_no_password() {
        for known in ["ada.lovelace", "Ada.Lovelace", "lovelace@example.org", "LOVELACE"] {
            assert_eq!(ada(known), Err(Unsuitable::Personal), "{known}");
        }
        assert_eq!(ada("ada.lovelace and more"), Ok(()));
    }
}
