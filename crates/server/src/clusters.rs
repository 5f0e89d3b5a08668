//! What the gateway asks of the house it stands in.

use std::sync::Arc;

use async_trait::async_trait;
use sliderule_api::OrganizationName;
use sliderule_api::tokens::TokenKind;
use sliderule_control::{Clock, Store};
use sliderule_gateway::{ClusterFace, Clusters, Principal, TokenRefused};
use sliderule_provisioning::cluster::Terms;
use sliderule_provisioning::describe;

use crate::auth::{TokenMint, TokenProblem};
use crate::instants;
use crate::store::{Database, Standing};

/// The gateway's view of the database and the tokens. Errors close doors: what cannot be looked up is
/// not there, and the log says why.
pub struct House {
    /// Where everything is kept.
    pub db: Database,
    /// Verifies tokens.
    pub mint: Arc<TokenMint>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What the engine promises about its nodes' time.
    pub terms: Terms,
}

#[async_trait]
impl Clusters for House {
    /// The membership is looked up for every request: one that has ended opens nothing, whatever the
    /// token says.
    async fn principal(
        &self,
        token: &str,
        organization: &OrganizationName,
    ) -> Result<Principal, TokenRefused> {
        let now = instants::seconds(self.clock.now());
        let claims = self.mint.verify(token, TokenKind::Access, now).map_err(|problem| match problem {
            TokenProblem::Expired => TokenRefused::Expired,
            TokenProblem::Invalid | TokenProblem::WrongKind => TokenRefused::Invalid,
        })?;
        if claims.aud != *organization {
            return Err(TokenRefused::OtherOrganization);
        }
        match self.db.standing(claims.user_id, organization.as_str()).await {
            Ok(Standing::Active) => {
                Ok(Principal { user: claims.user_name, organization: organization.clone() })
            }
            Ok(_) => Err(TokenRefused::Inactive),
            Err(error) => {
                tracing::error!(%error, "a membership could not be looked up");
                Err(TokenRefused::Inactive)
            }
        }
    }

    async fn cluster(&self, organization: &OrganizationName) -> Option<ClusterFace> {
        let found = self.db.cluster(organization).await;
        let cluster =
            found.inspect_err(|error| tracing::error!(%error, "a cluster could not be read")).ok()??;
        let description = describe::describe(&cluster, self.clock.now(), self.terms);
        Some(ClusterFace { is_public: cluster.is_public, off: (description.code, description.message) })
    }

    async fn node_registered(&self, organization: &OrganizationName, address: &str) -> bool {
        let ours = async {
            let Some(node) = self.db.node_at(organization, address).await? else { return Ok(false) };
            self.db.node_ready(&node, address).await?;
            Ok::<bool, sliderule_control::StoreError>(true)
        };
        ours.await
            .inspect_err(|error| tracing::error!(%error, "a node's registration could not be recorded"))
            .unwrap_or(false)
    }
}
