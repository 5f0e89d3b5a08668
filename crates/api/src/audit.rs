//! The audit log, as our own API shows it: `GET /api/v1/organizations/<org>/audit` and `/api/v1/account/audit`.

use serde::{Deserialize, Serialize};

use crate::{OrganizationName, UserName, UtcTime};

/// Who did what, from where. Lines are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLine {
    /// Its number; later ones have greater numbers.
    pub id: i64,
    /// When.
    pub at: UtcTime,
    /// Who; `None` for the operator's command line.
    pub user: Option<UserName>,
    /// From where: an address, or `command line`.
    pub address: String,
    /// The request's id, by which the operator finds it in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Whose business it was, if it was an organization's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationName>,
    /// What was done, such as `membership.approved`; text, so that a new action breaks no client.
    pub action: String,
    /// Whom or what it was done to.
    pub subject: String,
    /// What is worth knowing besides.
    pub detail: String,
}
