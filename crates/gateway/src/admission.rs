//! Who may use a cluster: the token check.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use sliderule_api::OrganizationName;

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
    let token = bearer(headers).ok_or(Refusal::CredentialsMissing)?;
    let principal = clusters.principal(token, organization).await?;
    tracing::debug!(user = %principal.user, %organization, "admitted");
    Ok(())
}

/// The bearer token of a request. A second `Authorization` header makes the request ambiguous, and an
/// ambiguous request has no token.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (scheme, token) = values.next()?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let one = values.next().is_none() && !token.is_empty() && scheme.eq_ignore_ascii_case("bearer");
    one.then_some(token)
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;
    use http::{HeaderMap, HeaderValue};

    use super::bearer;

    #[test]
    fn only_one_well_formed_bearer_header_is_a_token() {
        let headers = |values: &[&'static str]| -> HeaderMap {
            values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_static(value))).collect()
        };
        let read = |values| bearer(&headers(values)).map(str::to_owned);
        assert_eq!(read(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(read(&["bearer  abc "]).as_deref(), Some("abc"));
        for bad in [&[][..], &["Bearer"], &["Bearer "], &["Basic abc"], &["Bearer a", "Bearer b"]] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
