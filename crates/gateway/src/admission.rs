//! Who may use a cluster: the token check.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use sliderule_api::OrganizationName;
use sliderule_api::bearer::bearer;

use crate::refusal::Refusal;
use crate::{ClusterFace, Clusters};

/// Lets the bearer of a good token pass, and everybody on a public cluster, whatever token they send.
pub(crate) async fn check(
    clusters: &dyn Clusters,
    organization: &OrganizationName,
    cluster: &ClusterFace,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    if cluster.is_public {
        return Ok(());
    }
    let values = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    let token = bearer(values).map_err(|_| Refusal::CredentialsMissing)?;
    let principal = clusters.principal(token, organization).await?;
    tracing::debug!(user = %principal.user, %organization, "admitted");
    Ok(())
}
