//! What all operations have in common: parameters in paths, refusals, tokens, names.

use std::collections::BTreeSet;

use serde_json::Value;
use sliderule_api::error::PROBLEM_JSON;
use sliderule_api::events::End;
use sliderule_api::{API_PATH, Problem};
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, InfoBuilder, License, OpenApi, Ref, RefOr, Required};

use super::ROLE;

const DESCRIPTION: &str = "Private SlideRule clusters: people, organizations, capacity, money. Paths below `/api/v1/` are \
ours; the others are those of the organization-token generation, for clients that exist. A trailing slash is always \
optional. `docs/API.md` explains what holds for all of them, `docs/ERRORS.md` every error code.";

/// The ways to prove who one is: all of them bearer tokens.
const TOKENS: [(&str, &str); 3] = [
    (
        ORGANIZATION,
        "The access token of a sign-in for an organization: the one in the path, where there is one.",
    ),
    (ACCOUNT, "The access token of a sign-in for one's own account, without an organization."),
    (OPERATOR, "The token that the operator wrote into `metrics.token_file`."),
];
const ORGANIZATION: &str = "organization_token";
const ACCOUNT: &str = "account_token";
const OPERATOR: &str = "operator_token";

/// What stands in paths.
const PARAMETERS: [(&str, &str); 7] = [
    ("organization", "The name of an organization."),
    ("id", "Which one; the list says."),
    ("user", "The name of a user."),
    ("nodes", "How many nodes."),
    ("minutes", "For how many minutes."),
    ("min", "Nodes kept without any request."),
    ("max", "Nodes at most."),
];

/// Completes the document.
pub(super) fn finish(document: &mut OpenApi) {
    document.info = InfoBuilder::new()
        .title("SlideRule provisioning system")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(License::new("MIT OR Apache-2.0")))
        .build();
    let components = document.components.get_or_insert_with(Components::new);
    for (name, description) in TOKENS {
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
        components.security_schemes.insert(name.to_owned(), SecurityScheme::Http(token).into());
    }
    add::<Problem>(components);
    // What no operation answers as a whole, but in events.
    add::<End>(components);
    let mut names = BTreeSet::new();
    for is_ours in [true, false] {
        let paths = document.paths.paths.iter_mut();
        for (path, item) in paths.filter(|(path, _)| path.starts_with(API_PATH) == is_ours) {
            for (method, operation) in operations(item) {
                complete(path, method, operation);
                name(&mut names, path, operation);
            }
        }
    }
}

/// Adds a type, and what it is made of.
fn add<T: ToSchema>(components: &mut Components) {
    components.schemas.insert(T::name().into_owned(), T::schema());
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    components.schemas.extend(parts);
}

/// Gives an operation another name where it is the same as one that comes before it, at another path.
fn name(names: &mut BTreeSet<String>, path: &str, operation: &mut Operation) {
    let id = operation.operation_id.take().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default().replace(['-', '.'], "_");
    let id = if names.contains(&id) { format!("{id}_{last}") } else { id };
    names.insert(id.clone());
    operation.operation_id = Some(id);
}

/// The operations of a path, by method.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [("get", get), ("put", put), ("post", post), ("delete", delete), ("patch", patch)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn complete(path: &str, method: &str, operation: &mut Operation) {
    // Of two methods that do the same, the second needs another name.
    if method == "patch"
        && let Some(id) = operation.operation_id.as_mut().filter(|id| id.starts_with("put_"))
    {
        *id = id.replacen("put_", "patch_", 1);
    }
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let parameters = operation.parameters.get_or_insert_default();
    parameters.splice(0..0, names.map(|name| RefOr::T(parameter(name))));
    let token = match role(operation).as_deref() {
        Some("open") => None,
        Some("account" | "staff") => Some(ACCOUNT),
        Some("operator") => Some(OPERATOR),
        _ => Some(ORGANIZATION),
    };
    let is_open = token.is_none();
    if let Some(token) = token {
        let usual = || vec![SecurityRequirement::new(token, Vec::<String>::new())];
        operation.security.get_or_insert_with(usual);
    }
    let kind = if path.starts_with(API_PATH) { PROBLEM_JSON } else { "application/json" };
    let answers = &mut operation.responses.responses;
    let mut refusal = |status: &str, description: &str| {
        answers.entry(status.to_owned()).or_insert_with(|| RefOr::T(Response::new(description)));
    };
    if !is_open {
        refusal("401", "No token, or one that is not valid any more.");
        refusal("403", "The token is for something else, or its holder may not do this.");
    }
    refusal("default", "Any other refusal.");
    for (status, answer) in answers {
        if let RefOr::T(answer) = answer
            && answer.content.is_empty()
            && (status == "default" || status.starts_with(['4', '5']))
        {
            let problem = Content::new(Some(Ref::from_schema_name(Problem::name())));
            answer.content.insert(kind.to_owned(), RefOr::T(problem));
        }
    }
}

/// Who may call an operation, as its annotation says.
fn role(operation: &Operation) -> Option<String> {
    let extensions = serde_json::to_value(operation.extensions.as_ref()?).ok()?;
    extensions.get(ROLE).and_then(Value::as_str).map(str::to_owned)
}

fn parameter(name: &str) -> Parameter {
    let described = PARAMETERS.iter().find(|(known, _)| *known == name);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(described.map(|(_, text)| *text))
        .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))))
        .build()
}
