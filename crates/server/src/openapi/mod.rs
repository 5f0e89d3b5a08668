//! The document that describes the API (OpenAPI 3.1), made of the router itself.
//!
//! A path stands once, in [`crate::router`]; what its handler takes and answers stands above the handler, by the types it
//! really uses, with `x-role`, which says who may call it. What all operations have in common is added here, once.
//!
//! | module | what it holds |
//! |---|---|
//! | `table` | the router and the document, as one thing |
//! | `finish` | what all operations have in common |
//! | `page` | the document for people |

mod finish;
mod page;
mod table;

use std::sync::LazyLock;

use bytes::Bytes;
use utoipa::openapi::OpenApi;

use crate::router;

pub(crate) use table::Table;

/// Who may call an operation: the values of `x-role`, from the least that is needed to the most.
pub const ROLES: [(&str, &str); 8] = [
    ("open", "anybody, without a token"),
    ("account", "whoever has an account"),
    ("applicant", "whoever has a membership of the organization, active or not"),
    ("member", "active members of the organization"),
    ("manager", "its managers and owners"),
    ("owner", "its owners"),
    ("staff", "the operator's staff"),
    ("operator", "whoever holds the operator's own token"),
];

/// The extension that says who may call an operation.
pub const ROLE: &str = "x-role";

/// The document.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = router::routes().into_parts().1;
    finish::finish(&mut document);
    document
}

/// The document as JSON, as it is served and checked in.
#[must_use]
pub fn json() -> Bytes {
    static JSON: LazyLock<Bytes> = LazyLock::new(|| {
        let text = serde_json::to_string_pretty(&document()).unwrap_or_default();
        // Links between Rust types lead nowhere here.
        Bytes::from(text.replace("[`", "`").replace("`]", "`") + "\n")
    });
    JSON.clone()
}

/// The document as a page, with the policy under which browsers show it.
#[must_use]
pub fn page() -> (Bytes, &'static str) {
    static PAGE: LazyLock<(Bytes, String)> = LazyLock::new(|| {
        let document = serde_json::from_slice(&json()).unwrap_or_default();
        (Bytes::from(page::of(&document)), page::policy())
    });
    (PAGE.0.clone(), &PAGE.1)
}
