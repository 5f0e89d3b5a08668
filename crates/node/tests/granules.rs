//! Granules come back as records that a client decodes into the right columns, with the messages and codes of
//! the announced release around them; what is wrong with a request comes back as a record that says so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use sliderule_node::parameters::Parameters;
use sliderule_node::science::beam::Beam;
use sliderule_node::science::elevation::{Elevation, elevations};
use sliderule_node::science::granule::Granule;
use sliderule_node::science::photons::Scene;
use support::{GRANULE, TestNode};

/// What the node should find, straight from the algorithm.
fn expected(parms: &Value) -> Vec<Elevation> {
    let scene = Scene::of(Granule::find(GRANULE).unwrap());
    let parameters = Parameters::read(parms).unwrap();
    Beam::ALL.into_iter().flat_map(|beam| elevations(&scene, beam, &parameters).elevations).collect()
}

#[tokio::test]
async fn a_granule_decodes_into_the_columns_that_the_fit_made() {
    let parms = json!({"srt": 3, "cnf": 4, "len": 40, "res": 20, "cnt": 10, "ats": 20.0, "maxi": 5});
    let rows = expected(&parms);
    for release in ["v4.0.2", "v4.20.0"] {
        let node = TestNode::alone(release).await;
        let records = node.records("atl06p", &json!({"resources": [GRANULE], "parms": parms})).await;
        assert!(rows.len() > 1000 && records.rows() == rows.len(), "{} rows", records.rows());
        assert!(records.batches.iter().all(|batch| batch.record_type == "atl06rec"));

        let column = |of: fn(&Elevation) -> String| rows.iter().map(of).collect::<Vec<_>>();
        assert_eq!(records.column("h_mean"), column(|row| format!("{:?}", row.h_mean)));
        assert_eq!(records.column("latitude"), column(|row| format!("{:?}", row.latitude)));
        assert_eq!(records.column("longitude"), column(|row| format!("{:?}", row.longitude)));
        assert_eq!(records.column("extent_id"), column(|row| row.extent_id.to_string()));
        assert_eq!(records.column("segment_id"), column(|row| row.segment_id.to_string()));
        assert_eq!(records.column("time"), column(|row| row.time_ns.to_string()));
        assert_eq!(records.column("gt"), column(|row| row.gt.to_string()));
        assert_eq!(records.column("spot"), column(|row| row.spot.to_string()));
        assert_eq!(records.column("cycle"), column(|row| row.cycle.to_string()));
        assert_eq!(records.column("n_fit_photons"), column(|row| row.n_fit_photons.to_string()));
        assert_eq!(records.column("dh_fit_dx"), column(|row| format!("{:?}", row.dh_fit_dx as f32)));
        assert_eq!(records.column("x_atc"), column(|row| format!("{:?}", row.x_atc as f32)));
        assert_eq!(records.column("h_sigma"), column(|row| format!("{:?}", row.h_sigma as f32)));
        let newer = records.batches[0].column("region").is_some();
        assert_eq!(newer, release == "v4.20.0", "region came with the newer layout");
    }
}

#[tokio::test]
async fn messages_come_in_the_order_and_the_record_types_of_the_announced_release() {
    let request = json!({"resources": [GRANULE], "parms": {"track": 1}});
    let rows = expected(&json!({"track": 1})).len();

    let old = TestNode::alone("v4.0.2").await.records("atl06p", &request).await;
    let texts: Vec<&str> = old.events.iter().map(|event| event.text.as_str()).collect();
    assert_eq!(
        (texts[0], texts[2]),
        (
            format!("request <AppServer.0> processing initialized on {GRANULE} ...").as_str(),
            format!("request <AppServer.0> processing complete ({rows}/1/{rows}/0)").as_str(),
        )
    );
    assert_eq!((texts.len(), old.exceptions.len()), (3, 1));
    let done = old.exception("Successfully completed processing resource [1 out of 1]: ATL03_");
    assert_eq!((done.code, done.level), (-1, 1));

    let new = TestNode::alone("v4.20.0").await.records("atl06p", &request).await;
    assert!(new.events.is_empty(), "from v4.4.0 on progress is an exception of code 0");
    assert_eq!(new.exceptions.len(), 5);
    assert!(new.exceptions.iter().all(|exception| (exception.code, exception.level) == (0, 1)));
    let first = "Starting proxy for atl06 to process 1 resource(s) with 1 thread(s)";
    assert_eq!(new.exceptions[0].text, first);
    assert!(new.exceptions[4].text.starts_with("Successfully completed processing resource [1 out of 1]"));
}

#[tokio::test]
async fn an_unknown_granule_is_an_exception_and_the_others_still_come() {
    let request = json!({"resources": ["nonsense.h5", GRANULE], "parms": {"track": 1}});
    for (release, code) in [("v4.0.2", 2), ("v4.20.0", -3)] {
        let records = TestNode::alone(release).await.records("atl06p", &request).await;
        let exceptions: Vec<_> = records.exceptions.iter().filter(|exception| exception.level >= 3).collect();
        assert_eq!(exceptions.len(), 1, "{exceptions:?}");
        assert_eq!(exceptions[0].code, code);
        assert!(exceptions[0].text.contains("nonsense.h5"));
        assert_eq!(records.rows(), expected(&json!({"track": 1})).len());
    }
}

#[tokio::test]
async fn a_well_formed_name_of_nothing_fails_as_a_missing_file_does_on_the_real_service() {
    let name = "ATL03_20200304065203_10470999_003_01.h5";
    let request = json!({"resource": name, "parms": {}});
    let old = TestNode::alone("v4.0.2").await.records("atl06", &request).await;
    assert_eq!(old.exceptions.len(), 6, "one for each beam");
    assert!(old.exceptions.iter().all(|exception| (exception.code, exception.level) == (0, 3)));
    assert!(old.exceptions[0].text.starts_with("H5Future read failure on /gt1l/"));
    let new = TestNode::alone("v4.20.0").await.records("atl06", &request).await;
    let failure = new.exception("failed to open resource");
    assert_eq!((failure.code, failure.level), (-3, 4));
}

#[tokio::test]
async fn a_region_that_misses_the_granule_gives_no_rows_and_no_error() {
    let poly = json!([{"lat": -10, "lon": 0}, {"lat": -10, "lon": 1}, {"lat": -11, "lon": 1}]);
    let request = json!({"resource": GRANULE, "parms": {"poly": poly}});
    let old = TestNode::alone("v4.0.2").await.records("atl06", &request).await;
    assert_eq!((old.rows(), old.exceptions.len()), (0, 6));
    assert!(old.exceptions.iter().all(|exception| (exception.code, exception.level) == (3, 0)));
    let new = TestNode::alone("v4.20.0").await.records("atl06", &request).await;
    assert!(new.rows() == 0 && new.exceptions.iter().all(|exception| exception.code == 0));
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_refused_in_the_stream() {
    let node = TestNode::alone("v4.20.0").await;
    for (request, part) in [
        (json!({"resources": [GRANULE], "parms": {"len": -40}}), "parms.len"),
        (json!({"resources": [GRANULE], "parms": {"poly": [1]}}), "parms.poly"),
        (json!({"resources": GRANULE}), "resources"),
        (json!({"resources": [1]}), "resources"),
        (json!({"parms": {}}), "resources"),
        (json!([]), "resources"),
    ] {
        let records = node.records("atl06p", &request).await;
        let refusal = records.exception(part);
        assert_eq!((refusal.code, refusal.level, records.rows()), (-1, 3, 0), "{request}");
    }
    assert_eq!(node.post("atl06p", r#"{"resources": []}"#).await.body.len(), 0);
}

#[tokio::test]
async fn a_name_given_twice_is_processed_twice() {
    let node = TestNode::alone("v4.20.0").await;
    let request = json!({"resources": [GRANULE, GRANULE], "parms": {"track": 2}});
    assert_eq!(node.records("atl06p", &request).await.rows(), 2 * expected(&json!({"track": 2})).len());
}
