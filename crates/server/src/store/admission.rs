//! What a session opens now: whether it still goes on, whose it is, and how they stand to its organization.
//!
//! Asked for every request, by the API and by the gateway. Nothing in the answer depends on what time it is, so that
//! it stays true until one of the rows it was read from changes.

use sliderule_api::OrganizationName;
use sliderule_api::tokens::Claims;
use sliderule_control::store::StoreError;
use sqlx::Row;

use super::standing::standing_of;
use super::{Database, Standing, failed, seconds};
use crate::Error;

/// What an answer depends on: what a token says of its session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AdmissionKey {
    /// The session.
    pub session: String,
    /// Whose it is.
    pub user: i64,
    /// What for; `None` for the account itself.
    pub organization: Option<OrganizationName>,
}

/// What a session opens now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Nothing: there is no such session of that user for that purpose, or it was revoked.
    Over,
    /// Nothing: the user can no longer sign in.
    Disabled,
    /// What follows from that.
    Open(Admitted),
}

/// Who is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// How they stand to the session's organization; `None` in a session for the account itself.
    pub standing: Option<Standing>,
    /// Whether they look after all organizations.
    pub is_staff: bool,
    /// When the session ends, in seconds since 1970.
    pub ends_at: u64,
}

impl AdmissionKey {
    /// Of a verified token.
    #[must_use]
    pub fn of(claims: &Claims) -> Self {
        let organization = claims.aud.organization().cloned();
        Self { session: claims.sid.clone(), user: claims.user_id, organization }
    }
}

impl Database {
    /// What a session opens now. It is remembered for as long as nothing is committed that may change it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn admission(&self, key: &AdmissionKey) -> Result<Admission, Error> {
        let era = match self.memory.fresh(|known| (known.era(), known.admission(key))).await {
            Some((_, Some(admission))) => return Ok(admission),
            Some((era, None)) => Some(era),
            None => None,
        };
        let admission = self.read_admission(key).await?;
        if let Some(era) = era {
            self.memory.fresh(|known| known.learn_admission(era, key.clone(), admission)).await;
        }
        Ok(admission)
    }

    async fn read_admission(&self, key: &AdmissionKey) -> Result<Admission, StoreError> {
        let doing = "looked for a session";
        let found = sqlx::query(
            "SELECT sessions.ends_at, users.disabled_at_ms IS NOT NULL AS disabled, users.is_staff,
                 memberships.state, memberships.role
             FROM sessions JOIN users ON users.id = sessions.user_id
             LEFT JOIN organizations ON organizations.id = sessions.organization_id
             LEFT JOIN memberships ON memberships.organization_id = sessions.organization_id
                 AND memberships.user_id = sessions.user_id
             WHERE sessions.id = ? AND sessions.user_id = ? AND organizations.name IS ? AND sessions.revoked_at IS NULL",
        )
        .bind(&key.session)
        .bind(key.user)
        .bind(key.organization.as_ref().map(OrganizationName::as_str))
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        let Some(row) = found else { return Ok(Admission::Over) };
        if row.try_get("disabled").map_err(failed(doing))? {
            return Ok(Admission::Disabled);
        }
        let standing = key.organization.is_some().then(|| standing_of(&row)).transpose();
        Ok(Admission::Open(Admitted {
            standing: standing.map_err(failed(doing))?,
            is_staff: row.try_get("is_staff").map_err(failed(doing))?,
            ends_at: seconds(row.try_get("ends_at").map_err(failed(doing))?),
        }))
    }
}
