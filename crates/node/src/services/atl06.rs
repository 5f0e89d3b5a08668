//! `/source/atl06`: the elevations of one granule.
//!
//! `{"resource": name, "parms": {…}}`. This is what `atl06p` asks of the nodes it shares its work with.
//! The messages around the data, their texts and codes are those of the announced release.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;

use crate::announced::{Family, Kind, Level};
use crate::error::Error;
use crate::node::Node;
use crate::output::Output;
use crate::parameters::Parameters;
use crate::science::beam::Beam;
use crate::science::elevation::{BeamResult, elevations};
use crate::science::granule::{Granule, NoGranule};
use crate::science::photons::Scene;

/// Elevations in one record at most.
const BATCH: usize = 256;

pub(super) async fn run(node: Arc<Node>, request: Value, output: Output) -> Result<(), Error> {
    let Some(resource) = request.get("resource").and_then(Value::as_str) else {
        let text = "resource is missing: name the granule to process";
        return output.exception(Kind::Failure, Level::Error, text).await;
    };
    let parameters = match Parameters::read(request.get("parms").unwrap_or(&Value::Null)) {
        Ok(parameters) => parameters,
        Err(refusal) => {
            return output.exception(Kind::Failure, Level::Error, &refusal.to_string()).await;
        }
    };
    let allowed = parameters.node_timeout;
    match tokio::time::timeout(allowed, process(&node, resource, parameters, &output)).await {
        Ok(outcome) => outcome,
        Err(_elapsed) => {
            let text = format!("processing of {resource} timed-out after {} seconds", allowed.as_secs());
            output.exception(Kind::Timeout, Level::Error, &text).await
        }
    }
}

/// Processes one granule on this node.
pub(super) async fn process(
    node: &Arc<Node>,
    resource: &str,
    parameters: Parameters,
    output: &Output,
) -> Result<(), Error> {
    let request = node.request_name();
    output.progress(&format!("request <{request}> processing initialized on {resource} ...")).await?;
    let (mut segments, mut rows) = (0, 0);
    match Granule::find(resource) {
        Err(reason) => missing(node.wire.family(), resource, reason, output).await?,
        Ok(granule) => {
            let scene = Arc::new(Scene::of(granule));
            let parameters = Arc::new(parameters);
            for beam in Beam::ALL {
                if parameters.track.is_some_and(|track| track != beam.track) {
                    continue;
                }
                let result = fit(node, &scene, beam, &parameters).await?;
                if result.segments == 0 && node.wire.family() == Family::V4_0 {
                    let text = format!("empty spatial region: ({resource})");
                    output.exception(Kind::EmptySubset, Level::Debug, &text).await?;
                }
                segments += result.segments;
                rows += result.elevations.len();
                for batch in result.elevations.chunks(BATCH) {
                    output.elevations(batch).await?;
                }
            }
        }
    }
    output
        .progress(&format!("request <{request}> processing of {resource} complete ({segments}/0/0)"))
        .await?;
    output.progress(&format!("request <{request}> processing complete ({rows}/1/{rows}/0)")).await
}

/// Fits one beam away from the threads that serve, when a core is free.
async fn fit(
    node: &Node,
    scene: &Arc<Scene>,
    beam: Beam,
    parameters: &Arc<Parameters>,
) -> Result<BeamResult, Error> {
    let (scene, parameters) = (Arc::clone(scene), Arc::clone(parameters));
    on_a_core(&node.cores, move || elevations(&scene, beam, &parameters)).await
}

/// Does the work once a core is free. The core goes with the work, because the work goes on when the client
/// hangs up and this future is dropped.
async fn on_a_core<T: Send + 'static>(
    cores: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    // The semaphore is never closed; were it, there would be nothing to wait for.
    let core = Arc::clone(cores).acquire_owned().await.ok();
    let working = tokio::task::spawn_blocking(move || {
        let _core = core;
        work()
    });
    working.await.map_err(|fault| Error::Fit(fault.to_string()))
}

/// Says that there is no such granule, as the real service says it: the old one says for every beam that
/// it cannot be read, and reserves the code for names that it does not understand.
async fn missing(family: Family, resource: &str, reason: NoGranule, output: &Output) -> Result<(), Error> {
    match (family, reason) {
        (Family::V4_0, NoGranule::NotThere) => {
            for beam in Beam::ALL {
                let path = format!("/{}/geolocation/reference_photon_lat", beam.name);
                let text = format!("H5Future read failure on {path}: ({resource})");
                output.exception(Kind::Failure, Level::Error, &text).await?;
            }
            Ok(())
        }
        (Family::V4_0, NoGranule::NotAName) => {
            let text = format!("Unable to parse resource name: ({resource})");
            output.exception(Kind::NoResource, Level::Error, &text).await
        }
        (Family::V4_20, _) => {
            let text = format!("Failure on resource {resource}: failed to open resource");
            output.exception(Kind::NoResource, Level::Critical, &text).await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use tokio::sync::{Semaphore, oneshot};

    use super::on_a_core;

    #[tokio::test]
    async fn a_fit_keeps_its_core_until_it_is_done_even_if_its_client_hangs_up() {
        let cores = Arc::new(Semaphore::new(1));
        let (finish, told) = mpsc::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let fit = on_a_core(&cores, move || {
            begin.send(()).unwrap();
            told.recv()
        });
        tokio::select! {
            _ = fit => unreachable!("the work waits to be told"),
            begun = begun => begun.unwrap(),
        }
        assert_eq!(cores.available_permits(), 0);
        finish.send(()).unwrap();
        drop(cores.acquire().await.unwrap());
    }
}
