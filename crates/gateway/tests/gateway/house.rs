//! The house the gateway stands in, as far as it asks: a private cluster `acme`, a waking one `dawn`,
//! and the public one; tokens that say themselves what is wrong with them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::Body;
use axum::response::Response;
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use sliderule_api::{ErrorCode, OrganizationName};
use sliderule_gateway::{ClusterFace, Clusters, Gateway, Principal, Settings, TokenRefused};

/// Answers what the tests expect.
#[derive(Default)]
pub(crate) struct House {
    /// Addresses of nodes that may not serve.
    pub(crate) draining: Mutex<BTreeSet<String>>,
}

#[async_trait]
impl Clusters for House {
    async fn principal(
        &self,
        token: &str,
        organization: &OrganizationName,
    ) -> Result<Principal, TokenRefused> {
        match token {
            "good" => Ok(Principal { user: "ada".parse().unwrap(), organization: organization.clone() }),
            "expired" => Err(TokenRefused::Expired),
            "of-another" => Err(TokenRefused::OtherOrganization),
            "of-nobody-now" => Err(TokenRefused::Inactive),
            _ => Err(TokenRefused::Invalid),
        }
    }

    async fn cluster(&self, organization: &OrganizationName) -> Option<ClusterFace> {
        let off = match organization.as_str() {
            "acme" | "sliderule" => {
                (ErrorCode::ClusterAsleep, "the cluster is asleep; ask for nodes".to_owned())
            }
            "dawn" => (ErrorCode::ClusterWaking, "the cluster is waking; wait".to_owned()),
            _ => return None,
        };
        Some(ClusterFace { is_public: organization.is_public(), off })
    }

    async fn node_registered(&self, _: &OrganizationName, address: &str) -> bool {
        !self.draining.lock().unwrap().contains(address)
    }
}

pub(crate) fn organization(name: &str) -> OrganizationName {
    name.parse().unwrap()
}

/// A gateway in a house of its own.
pub(crate) fn gateway() -> Arc<Gateway> {
    gateway_with(Settings::default())
}

pub(crate) fn gateway_with(settings: Settings) -> Arc<Gateway> {
    Gateway::with_settings(Arc::new(House::default()), settings)
}

/// A request without a connection, for what does not depend on one.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &'static str,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body)).unwrap()
}

/// The JSON of a response.
pub(crate) async fn json(response: Response) -> Value {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {body:?}"))
}
