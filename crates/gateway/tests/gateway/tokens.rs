//! Who gets in, and what the others are told.

use crate::house::{gateway, json, organization, request};

#[tokio::test]
async fn each_wrong_token_gets_its_own_refusal_readable_from_any_page() {
    let gateway = gateway();
    for (authorization, status, code, challenge) in [
        (None, 401, "credentials_missing", Some("Bearer")),
        (Some("Basic YWRhOmFkYQ=="), 401, "credentials_missing", Some("Bearer")),
        (Some("Bearer good bad"), 401, "credentials_missing", Some("Bearer")),
        (Some("Bearer nonsense"), 401, "reauthentication_required", Some("Bearer error=\"invalid_token\"")),
        (Some("Bearer expired"), 401, "reauthentication_required", Some("Bearer error=\"invalid_token\"")),
        (Some("Bearer of-another"), 403, "not_a_member", None),
        (Some("Bearer of-nobody-now"), 403, "membership_inactive", None),
    ] {
        let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
        let request = request("GET", "/source/version", &headers, "");
        let response = gateway.serve(organization("acme"), request).await;
        assert_eq!(response.status(), status, "{authorization:?}");
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("www-authenticate").as_deref(), challenge, "{authorization:?}");
        assert_eq!(header("access-control-allow-origin").as_deref(), Some("*"));
        let problem = json(response).await;
        assert_eq!(problem["code"], code, "{authorization:?}");
        assert_eq!(problem["status"], "FAILED");
        assert_eq!(problem["detail"], problem["error_msg"]);
    }
}

#[tokio::test]
async fn a_good_token_and_a_public_cluster_let_pass_as_far_as_the_nodes() {
    let gateway = gateway();
    let good = request("GET", "/source/version", &[("authorization", "Bearer good")], "");
    assert_eq!(gateway.serve(organization("acme"), good).await.status(), 503, "there are no nodes");
    for headers in [&[][..], &[("authorization", "Bearer nonsense")]] {
        let request = request("GET", "/source/version", headers, "");
        assert_eq!(gateway.serve(organization("sliderule"), request).await.status(), 503);
    }
}

#[tokio::test]
async fn a_cluster_without_nodes_says_why_and_when_to_ask_again() {
    let gateway = gateway();
    for (name, code, retry_after) in [("acme", "cluster_asleep", "60"), ("dawn", "cluster_waking", "5")] {
        let request = request("POST", "/source/atl06p", &[("authorization", "Bearer good")], "{}");
        let response = gateway.serve(organization(name), request).await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], retry_after);
        let exposed = response.headers()["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("Retry-After"), "{exposed}");
        let problem = json(response).await;
        assert_eq!(problem["code"], code);
        assert!(problem["error_msg"].as_str().unwrap().starts_with("the cluster is"));
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_apart() {
    let gateway = gateway();
    for (name, method, path, status, code) in [
        ("nobody", "GET", "/source/version", 404, "unknown_organization"),
        ("acme", "GET", "/", 404, "unsupported"),
        ("acme", "GET", "/grafana/", 404, "unsupported"),
        ("acme", "POST", "/discovery/register", 404, "unsupported"),
        ("acme", "POST", "/discovery/lock", 404, "unsupported"),
        ("acme", "GET", "/source/../discovery/lock", 404, "unsupported"),
        ("acme", "DELETE", "/source/version", 405, "unsupported"),
        ("acme", "PUT", "/discovery/status", 405, "unsupported"),
    ] {
        let request = request(method, path, &[("authorization", "Bearer good")], "");
        let response = gateway.serve(organization(name), request).await;
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(json(response).await["code"], code, "{method} {path}");
    }
}
