//! What a GitHub token looks like, and how it is to be checked.

/// What a token is, by its first letters, which GitHub documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Made by its owner by hand, for whatever they like: whoever sends it was given it by the owner.
    Personal,
    /// Issued to an application for its user, or nobody knows: GitHub says to which application.
    OfApplication,
    /// Of an installation, which is no user; or good for a refresh only.
    OfNobody,
}

impl TokenKind {
    pub(super) fn of(token: &str) -> Self {
        let begins = |with: &[&str]| with.iter().any(|prefix| token.starts_with(prefix));
        if begins(&["ghp_", "github_pat_"]) {
            Self::Personal
        } else if begins(&["ghs_", "ghr_"]) {
            Self::OfNobody
        } else {
            Self::OfApplication
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TokenKind::{self, OfApplication, OfNobody, Personal};

    #[test]
    fn what_is_not_known_to_be_personal_is_checked_for_its_application() {
        for (token, kind) in [
            ("ghp_0", Personal),
            ("github_pat_0", Personal),
            ("gho_0", OfApplication),
            ("ghu_0", OfApplication),
            ("0123456789abcdef0123456789abcdef01234567", OfApplication),
            ("GHP_0", OfApplication),
            (" ghp_0", OfApplication),
            ("", OfApplication),
            ("ghs_0", OfNobody),
            ("ghr_0", OfNobody),
        ] {
            assert_eq!(TokenKind::of(token), kind, "{token}");
        }
    }
}
