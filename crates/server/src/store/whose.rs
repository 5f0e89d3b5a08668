//! Whose a node or a request is, also of those that are history.

use sliderule_api::{NodeId, OrganizationName, RequestId, UserName};

use super::{Database, failed};
use crate::Error;

impl Database {
    /// The organization that a node belongs to, or belonged to; `None` for a node that nobody recorded.
    ///
    /// # Errors
    /// The database failed.
    pub async fn organization_of_node(&self, node: &NodeId) -> Result<Option<OrganizationName>, Error> {
        let doing = "looked for the organization of a node";
        let found: Option<String> = sqlx::query_scalar(
            "SELECT organizations.name FROM nodes
             JOIN organizations ON organizations.id = nodes.organization_id WHERE nodes.id = ?",
        )
        .bind(node.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(failed(doing))?;
        Ok(found.map(|name| name.parse().map_err(failed(doing))).transpose()?)
    }

    /// Whether a user has, or had, a request of that id in an organization.
    ///
    /// # Errors
    /// The database failed.
    pub async fn has_request(
        &self,
        organization: &OrganizationName,
        user: &UserName,
        id: &RequestId,
    ) -> Result<bool, Error> {
        let found = sqlx::query_scalar(
            "SELECT EXISTS (
                 SELECT 1 FROM requests JOIN organizations ON organizations.id = requests.organization_id
                 JOIN users ON users.id = requests.user_id
                 WHERE requests.id = ? AND organizations.name = ? AND users.name = ?)",
        )
        .bind(id.as_str())
        .bind(organization.as_str())
        .bind(user.as_str())
        .fetch_one(&self.readers)
        .await;
        Ok(found.map_err(failed("looked for a capacity request"))?)
    }
}
