//! `init`: authenticate, scale if nodes are asked for, then check the version.

use sliderule_api::ErrorCode;

use crate::call::{Credentials, Order};
use crate::sign_in::Asked;
use crate::world::World;
use crate::{CallId, Failure, scaleout, sign_in, version};

/// Starts a session.
///
/// Without credentials that serve a private organization, and without an order, it ends with a warning and no version
/// check, which then comes before the first use of the cluster.
///
/// # Errors
/// Those of the three steps. The session stays as configured, so that any call may come next.
pub(crate) async fn init(
    world: &World,
    call: CallId,
    credentials: Option<Credentials>,
    order: Option<Order>,
    plugins: &[String],
    timeout_ms: u32,
) -> Result<(), Failure> {
    let target = world.target();
    match sign_in::sign_in(world, &target, credentials, Asked::ByInit).await {
        Err(failure)
            if matches!(
                failure.code,
                ErrorCode::CredentialsMissing | ErrorCode::ReauthenticationRequired
            ) && order.is_none() =>
        {
            world.warn(failure.code, failure.message.clone());
            return Ok(());
        }
        other => other?,
    };
    if let Some(order) = order {
        scaleout::scaleout(world, &target, call, order, None, timeout_ms).await?;
        if order.desired_nodes == 0 {
            return Ok(());
        }
    }
    version::check(world, &target, plugins).await.map(drop)
}
