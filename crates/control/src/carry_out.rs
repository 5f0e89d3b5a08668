//! Carries out effects once what they follow from is committed.
//!
//! Every effect can be repeated, and the next look takes up what failed here. What failed is told in the log and,
//! at most once per [`QUIET`] and cluster, recorded for the status. An engine that hangs is given up in time for the
//! renewals of the next round.

use std::collections::BTreeMap;
use std::time::Duration;

use sliderule_api::OrganizationName;
use sliderule_engines::{EngineError, NodeSpec};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::{Cluster, Trouble};
use sliderule_provisioning::step::Effect;

use crate::few::{Job, few_at_once};
use crate::patience::Patience;
use crate::store::Writer;
use crate::{Reconciler, crash};

/// How often troubles of one cluster are recorded at most.
const QUIET: Duration = Duration::from_secs(10);

/// How many launches of one organization run at once, and effects of how many organizations.
const AT_ONCE: usize = 8;

impl Reconciler {
    /// Carries out the effects of one organization.
    pub(crate) async fn carry_out(&self, organization: &OrganizationName, effects: &[Effect]) {
        if let Some(what) = self.act(organization, effects, &self.patience()).await {
            self.record_troubles(BTreeMap::from([(organization.clone(), what)])).await;
        }
    }

    /// Carries out the effects of each organization; one that is slow holds up few others.
    pub(crate) async fn carry_out_all(&self, effects: &BTreeMap<OrganizationName, Vec<Effect>>) {
        let patience = &self.patience();
        let jobs = effects.iter().filter(|(_, effects)| !effects.is_empty());
        let jobs = jobs.map(|(organization, effects)| -> Job<'_, _> {
            Box::pin(
                async move { Some((organization.clone(), self.act(organization, effects, patience).await?)) },
            )
        });
        let failed = few_at_once(AT_ONCE, jobs.collect()).await;
        self.record_troubles(failed.into_iter().flatten().collect()).await;
    }

    /// The effects in their order; launches in a row run together. Returns what went wrong last.
    async fn act(
        &self,
        organization: &OrganizationName,
        effects: &[Effect],
        patience: &Patience<'_>,
    ) -> Option<String> {
        let is_launch = |effect: &Effect| matches!(effect, Effect::Launch { .. });
        let mut failed = None;
        for together in effects.chunk_by(|one, next| is_launch(one) && is_launch(next)) {
            let jobs = together.iter().map(|effect| -> Job<'_, _> {
                Box::pin(async move {
                    let was_over = patience.is_over();
                    let outcome = self.effect(organization, effect, patience).await;
                    let error = outcome.err()?;
                    // One that hangs is told of; what follows it, perhaps a thousand, is only put off.
                    if !was_over {
                        tracing::error!(%organization, ?effect, %error, "an effect failed; it is tried again");
                    }
                    Some(error.to_string())
                })
            });
            let ended = few_at_once(AT_ONCE, jobs.collect()).await;
            failed = ended.into_iter().flatten().last().or(failed);
        }
        failed
    }

    async fn effect(
        &self,
        organization: &OrganizationName,
        effect: &Effect,
        patience: &Patience<'_>,
    ) -> Result<(), EngineError> {
        let plane = self.plane();
        match effect {
            Effect::Launch { node, version } => {
                let spec = NodeSpec {
                    id: node.clone(),
                    organization: organization.clone(),
                    version: *version,
                    secret: plane.secrets.reveal(node),
                };
                patience.wait(plane.engine.launch(&spec)).await?;
                crash::point("launch");
            }
            Effect::Withdraw { address } => {
                plane.traffic.withdraw(organization, address);
                crash::point("withdraw");
            }
            Effect::Terminate { node } => {
                patience.wait(plane.engine.terminate(node)).await?;
                crash::point("terminate");
            }
            Effect::Kill { node } => {
                tracing::warn!(%organization, %node, "killing a node");
                patience.wait(plane.engine.kill(node)).await?;
                crash::point("kill");
            }
        }
        Ok(())
    }

    /// Records what went wrong, by organization, unless something was recorded just before.
    async fn record_troubles(&self, troubles: BTreeMap<OrganizationName, String>) {
        if troubles.is_empty() {
            return;
        }
        let plane = self.plane();
        let organizations: Vec<OrganizationName> = troubles.keys().cloned().collect();
        let mut any = false;
        let decide = &mut |cluster: &Cluster| {
            let now = plane.clock.now();
            let is_quiet = cluster.trouble.as_ref().is_none_or(|last| now.since(last.at) >= QUIET);
            let what = troubles.get(&cluster.organization).filter(|_| is_quiet);
            let trouble = what.map(|what| Trouble { at: now, what: what.clone() });
            any |= trouble.is_some();
            trouble.map(|trouble| Change::Trouble(Some(trouble))).into_iter().collect()
        };
        let writer = Writer::Server(plane.epoch);
        match plane.store.change(writer, &organizations, decide).await {
            Ok(_) if any => crash::point("commit"),
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "recording what went wrong failed"),
        }
    }
}
