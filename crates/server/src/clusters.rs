//! What the gateway asks of the house it stands in.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use sliderule_api::OrganizationName;
use sliderule_control::decide::Undecided;
use sliderule_control::{Clock, Reconciler};
use sliderule_gateway::{ClusterFace, Clusters, Principal, TokenRefused};
use sliderule_provisioning::time::Terms;
use sliderule_provisioning::{describe, life};

use crate::access::{self, Closed};
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
    /// Decides about nodes that register, once it is there; weak, since it steers the gateway.
    pub reconciler: OnceLock<Weak<Reconciler>>,
}

#[async_trait]
impl Clusters for House {
    /// Session and membership are looked up for every request: what has ended opens nothing, whatever the token says.
    async fn principal(
        &self,
        token: &str,
        organization: &OrganizationName,
    ) -> Result<Principal, TokenRefused> {
        let now = instants::seconds(self.clock.wall(self.clock.now()));
        let admitted = access::admit(&self.db, &self.mint, token, now).await;
        let (claims, admitted) = admitted.map_err(|closed| match closed {
            Closed::Token(TokenProblem::Expired) => TokenRefused::Expired,
            Closed::Token(TokenProblem::Invalid | TokenProblem::WrongKind)
            | Closed::SessionOver
            | Closed::Disabled => TokenRefused::Invalid,
            Closed::Failed(error) => {
                tracing::error!(%error, "a session could not be looked up");
                TokenRefused::Inactive
            }
        })?;
        if claims.aud.organization() != Some(organization) {
            return Err(TokenRefused::OtherOrganization);
        }
        match admitted.standing {
            Some(Standing::Active(_)) => {
                Ok(Principal { user: claims.user_name, organization: organization.clone() })
            }
            _ => Err(TokenRefused::Inactive),
        }
    }

    async fn cluster(&self, organization: &OrganizationName) -> Option<ClusterFace> {
        let found = self.db.shared_cluster(organization).await;
        let cluster =
            found.inspect_err(|error| tracing::error!(%error, "a cluster could not be read")).ok()??;
        let description = describe::describe(&cluster, self.clock.now(), self.terms);
        Some(ClusterFace { is_public: cluster.is_public, off: (description.code, description.message) })
    }

    async fn node_registered(&self, organization: &OrganizationName, address: &str) -> bool {
        let Some(reconciler) = self.reconciler.get().and_then(Weak::upgrade) else { return false };
        let registered =
            |cluster: &_| Ok::<_, Infallible>(life::registered(cluster, address, self.clock.now()));
        match reconciler.decide(organization, registered).await {
            Ok(ours) => ours,
            Err(Undecided::UnknownOrganization) => false,
            Err(undecided) => {
                tracing::error!(?undecided, "a node's registration could not be recorded");
                false
            }
        }
    }
}
