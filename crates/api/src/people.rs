//! People and their accounts, as our own API says them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::UserName;
use crate::email::EmailAddress;
use crate::members::Membership;

/// Body of `POST /api/v1/session`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Who signs in.
    pub username: String,
    /// Their password; never stored, logged or shown.
    pub password: String,
    /// The organization the tokens shall be good for; without one they are for the user's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

/// Body of `POST /api/v1/users`: somebody signs up.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// What they will sign in with.
    pub username: String,
    /// Where they are reached.
    pub email: String,
    /// The password they choose; never stored, logged or shown.
    pub password: String,
}

/// Answer of `POST /api/v1/users`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewAccount {
    /// Never reused.
    pub id: i64,
    /// What they sign in with.
    pub username: UserName,
    /// Where they are reached.
    pub email: EmailAddress,
}

/// Answer of `GET` and `PATCH /api/v1/account`: one's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// Never reused.
    pub id: i64,
    /// What they sign in with.
    pub username: UserName,
    /// Where they are reached.
    pub email: String,
    /// Whether they can sign in with a password.
    pub has_password: bool,
    /// Whether they can sign in with GitHub.
    pub github: bool,
    /// Whether they belong to the operator's staff.
    pub is_staff: bool,
    /// What they have to do with which organizations, by name.
    pub memberships: Vec<Membership>,
}

/// Body of `PATCH /api/v1/account`: what is named changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AlterAccount {
    /// Where they are reached from now on.
    pub email: String,
}

/// Body of `POST /api/v1/account/password`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now; left out by who has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_password: Option<String>,
    /// The password from now on.
    pub new_password: String,
}

/// Body of `POST /api/v1/account/disable`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DisableAccount {
    /// The password once more; left out by who has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// Answer where there is nothing to say but that it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Done {}

macro_rules! secret_debug {
    ($($name:ident { $($shown:ident),* }),*) => {$(
        impl fmt::Debug for $name {
            /// Shows no secret.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        }
    )*};
}
secret_debug!(
    SignIn { username, organization },
    SignUp { username, email },
    ChangePassword {},
    DisableAccount {}
);

#[cfg(test)]
mod tests {
    use super::{ChangePassword, SignUp};

    #[test]
    fn debug_output_carries_no_secret() {
        let sign_up = SignUp { username: "ada".into(), email: "a@x".into(), password: "hunter2".into() };
        let change = ChangePassword { old_password: Some("hunter2".into()), new_password: "hunter2".into() };
        assert!(!format!("{sign_up:?} {change:?}").contains("hunter2"));
    }
}
