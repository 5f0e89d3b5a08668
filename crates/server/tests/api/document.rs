//! The document of the API says what the router does, is checked in, and can be read by programs and people.

use std::collections::BTreeSet;
use std::path::Path;

use http::Method;
use serde_json::Value;
use sliderule_server::openapi::{self, ROLE, ROLES};

use crate::test_app::TestApp;

/// Compares with what is checked in; with `SLIDERULE_RENEW=1`, writes it.
pub(crate) fn assert_checked_in(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if std::env::var_os("SLIDERULE_RENEW").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "docs/{file} is not what the code says any more; renew it with \
         `SLIDERULE_RENEW=1 cargo test -p sliderule-server --test api`, and look at the difference"
    );
}

/// Every operation: path, method, and what is said about it.
pub(crate) fn operations() -> Vec<(String, Method, Value)> {
    let document: Value = serde_json::from_slice(&openapi::json()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((path.clone(), method.to_uppercase().parse().unwrap(), operation.clone()));
        }
    }
    operations
}

#[test]
fn the_document_is_checked_in() {
    assert_checked_in("openapi.json", std::str::from_utf8(&openapi::json()).unwrap());
}

#[test]
fn every_route_is_in_the_document_with_who_may_call_it() {
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        let role = operation[ROLE].as_str().unwrap_or_default();
        assert!(ROLES.iter().any(|(known, _)| *known == role), "{method} {path} says {role:?} for {ROLE}");
        assert_eq!(operation["security"].is_array(), role != "open", "{method} {path}");
        assert!(operation["tags"][0].is_string() && operation["summary"].is_string(), "{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
        for name in path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation["parameters"].as_array().unwrap();
            let said = parameters.iter().find(|parameter| parameter["name"] == name);
            assert!(said.is_some_and(|said| said["description"].is_string()), "{method} {path}: {name}");
        }
    }
    assert!(ids.len() > 30);
}

#[test]
fn whatever_the_document_refers_to_is_in_it() {
    let document: Value = serde_json::from_slice(&openapi::json()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(entries) => entries.iter().for_each(|entry| references(entry, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn programs_get_the_document_and_people_a_page_that_loads_nothing() {
    let app = TestApp::start().await;
    for path in ["/api/v1/openapi.json", "/api/schema/"] {
        let document = app.send(Method::GET, path, None, None).await;
        assert_eq!(document.header("content-type"), "application/json");
        assert_eq!(document.body.as_bytes(), openapi::json(), "{path}");
    }
    for path in ["/api/v1/docs", "/api/schema/swagger-ui/", "/api/schema/redoc/"] {
        let page = app.send(Method::GET, path, None, None).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
        for (path, method, _) in operations() {
            assert!(page.body.contains(&format!("<code>{method} {path}</code>")), "{method} {path}");
        }
        for loaded in ["<script", "<link", "<img", "src=", "@import", "url("] {
            assert!(!page.body.contains(loaded), "{loaded}");
        }
    }
}
