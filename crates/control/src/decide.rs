//! One decision about one organization: read, decide, commit, then act.
//!
//! API handlers, the gateway's registrations, lease pulls and operators' commands all decide like this. The
//! domain's function is called inside the store's transaction, so what it decides on is the latest state, and what
//! it refuses writes nothing:
//!
//! ```no_run
//! # use sliderule_api::OrganizationName;
//! # use sliderule_control::{Reconciler, Undecided};
//! # use sliderule_provisioning::change::Breach;
//! # use sliderule_provisioning::order::{Order, order};
//! # async fn place(reconciler: &Reconciler, organization: &OrganizationName, wanted: &Order) -> String {
//! let (clock, policy) = (&reconciler.plane().clock, &reconciler.plane().policy);
//! let decided = reconciler.decide(organization, |cluster| order(cluster, wanted, clock.now(), policy)).await;
//! match decided {
//!     // Durable, and the reconciler is awake.
//!     Ok(grant) => format!("granted for at most {}", grant.cost),
//!     // Nothing changed.
//!     Err(Undecided::Refused(refusal)) => format!("refused: {refusal:?}"),
//!     Err(Undecided::UnknownOrganization) => "not found".to_owned(),
//!     Err(Undecided::Breach(Breach::OrderKeyTaken)) => "that key stands for another order".to_owned(),
//!     Err(Undecided::Breach(_) | Undecided::Store(_)) => "try again".to_owned(),
//! }
//! # }
//! ```
//!
//! What cannot be refused says so: `|cluster| Ok::<_, Infallible>(hand::destroy(cluster, by, clock.now()))`.

use sliderule_api::OrganizationName;
use sliderule_provisioning::change::Breach;
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::step::Step;

use crate::store::{Store, StoreError, Writer};
use crate::{Reconciler, crash};

/// Why nothing was decided. Nothing changed.
#[derive(Debug)]
pub enum Undecided<E> {
    /// The domain refused.
    Refused(E),
    /// There is no such organization.
    UnknownOrganization,
    /// What was decided breaks a rule that the store guards.
    Breach(Breach),
    /// The store failed, or belongs to a later server.
    Store(StoreError),
}

impl<E> From<StoreError> for Undecided<E> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Reads the organization's cluster, lets `decision` say what changes, and makes the changes, all in one transaction.
/// What was decided is returned whole; its effects are for the caller to carry out, or to leave to the next look.
///
/// `decision` may be called more than once; the last answer counts.
///
/// # Errors
/// Why nothing was decided.
pub async fn decide<T: Send, E: Send>(
    store: &dyn Store,
    writer: Writer,
    organization: &OrganizationName,
    mut decision: impl FnMut(&Cluster) -> Result<Step<T>, E> + Send,
) -> Result<Step<T>, Undecided<E>> {
    let mut decided = None;
    let changed = store
        .change(writer, std::slice::from_ref(organization), &mut |cluster| {
            let outcome = decision(cluster);
            let changes = outcome.as_ref().map(|step| step.changes.clone()).unwrap_or_default();
            decided = Some(outcome);
            changes
        })
        .await?;
    let step = decided.ok_or(Undecided::UnknownOrganization)?.map_err(Undecided::Refused)?;
    for made in changed {
        made.outcome.map_err(Undecided::Breach)?;
    }
    if !step.changes.is_empty() {
        crash::point("commit");
    }
    Ok(step)
}

impl Reconciler {
    /// Decides as this server, carries out the effects, and looks at the organization soon if anything changed.
    /// Returns the answer.
    ///
    /// # Errors
    /// Why nothing was decided.
    pub async fn decide<T: Send, E: Send>(
        &self,
        organization: &OrganizationName,
        decision: impl FnMut(&Cluster) -> Result<Step<T>, E> + Send,
    ) -> Result<T, Undecided<E>> {
        self.decide_through(&*self.plane().store, organization, decision).await
    }

    /// Like [`decide`](Self::decide), through another face of the same store: one that writes something besides, in
    /// the transaction of what is decided.
    ///
    /// # Errors
    /// Why nothing was decided.
    pub async fn decide_through<T: Send, E: Send>(
        &self,
        store: &dyn Store,
        organization: &OrganizationName,
        decision: impl FnMut(&Cluster) -> Result<Step<T>, E> + Send,
    ) -> Result<T, Undecided<E>> {
        let step = decide(store, Writer::Server(self.plane().epoch), organization, decision).await?;
        if !step.changes.is_empty() {
            self.wake(organization);
        }
        self.carry_out(organization, &step.effects).await;
        Ok(step.answer)
    }
}
