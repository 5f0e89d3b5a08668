//! What people are told.

use serde::Serialize;
use sliderule_api::{OrganizationName, UserName};
use sliderule_control::store::StoreError;
use sliderule_provisioning::change::{Notice, NoticeKind};
use sliderule_provisioning::time::Moment;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Database, Tx, failed, run_over};
use crate::Error;

/// A notice with its number; later ones have greater numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number, over all organizations.
    pub number: u64,
    /// What people were told.
    pub notice: Notice,
}

impl Database {
    /// The notices of an organization, oldest first: the first `limit` ones after the one numbered `after`, or the
    /// newest ones. With `reader`, only those that concern this user or nobody in particular.
    ///
    /// # Errors
    /// The database failed.
    pub async fn notices(
        &self,
        organization: &OrganizationName,
        reader: Option<&UserName>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Told>, Error> {
        let doing = "read notices";
        let statement = match after {
            Some(_) => {
                "SELECT notices.id, at_ms, kind, users.name AS user, message, notice_key
                 FROM notices JOIN organizations ON organizations.id = notices.organization_id
                 LEFT JOIN users ON users.id = notices.user_id
                 WHERE organizations.name = ?1 AND (?2 IS NULL OR users.id IS NULL OR users.name = ?2) AND notices.id > ?3
                 ORDER BY notices.id LIMIT ?4"
            }
            None => {
                "SELECT notices.id, at_ms, kind, users.name AS user, message, notice_key
                 FROM notices JOIN organizations ON organizations.id = notices.organization_id
                 LEFT JOIN users ON users.id = notices.user_id
                 WHERE organizations.name = ?1 AND (?2 IS NULL OR users.id IS NULL OR users.name = ?2) AND notices.id > ?3
                 ORDER BY notices.id DESC LIMIT ?4"
            }
        };
        let rows = sqlx::query(statement)
            .bind(organization.as_str())
            .bind(reader.map(UserName::as_str))
            .bind(i64::try_from(after.unwrap_or(0)).unwrap_or(i64::MAX))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(failed(doing))?;
        let told = rows.iter().map(told).collect::<Result<Vec<_>, _>>();
        let mut told = told.map_err(failed(doing))?;
        told.sort_by_key(|told| told.number);
        Ok(told)
    }
}

fn told(row: &SqliteRow) -> Result<Told, Box<dyn std::error::Error + Send + Sync>> {
    let kind: String = row.try_get("kind")?;
    let kind = NoticeKind::ALL.into_iter().find(|known| known.as_str() == kind);
    Ok(Told {
        number: row.try_get::<i64, _>("id")?.try_into()?,
        notice: Notice {
            at: Moment(row.try_get("at_ms")?),
            key: row.try_get("notice_key")?,
            kind: kind.ok_or("a notice of an unknown kind")?,
            user: row.try_get::<Option<String>, _>("user")?.map(|name| name.parse()).transpose()?,
            message: row.try_get("message")?,
        },
    })
}

/// A notice to be written: organization, user, at, kind, message, key.
#[derive(Debug, Serialize)]
pub(super) struct Row(i64, Option<i64>, i64, &'static str, String, String);

impl Row {
    /// Of a notice that concerns that user, or the owners.
    pub(super) fn of(organization: i64, user: Option<i64>, notice: &Notice) -> Self {
        let Notice { at, key, kind, message, .. } = notice;
        Self(organization, user, at.0, kind.as_str(), message.clone(), key.clone())
    }
}

/// Writes notices in the order given; what was told before under the same key is left out.
pub(super) async fn insert(tx: &mut Tx, rows: &[Row], doing: &'static str) -> Result<(), StoreError> {
    run_over(
        tx,
        "INSERT INTO notices (organization_id, user_id, at_ms, kind, message, notice_key)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
         FROM json_each(?) WHERE true
         ON CONFLICT (organization_id, notice_key) DO NOTHING",
        rows,
        doing,
    )
    .await
}
