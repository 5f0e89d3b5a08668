//! The document for people: one page of plain HTML, made here, without a script.
//!
//! Always holds: whatever the document says is text on the page, and nothing on it is loaded from anywhere.

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{ROLE, ROLES};

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h2 { border-bottom: 1px solid; margin-top: 2.5rem; }
h3 { margin-top: 2rem; }
h3 code { font-size: 1.05em; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; }
code { font-family: ui-monospace, monospace; }
nav a { overflow-wrap: anywhere; }
.role { border: 1px solid; border-radius: 1em; font-size: .8em; padding: 0 .6em; }
";

/// The policy under which browsers show it.
pub(super) fn policy() -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// The page.
pub(super) fn of(document: &Value) -> String {
    let mut html = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        html,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style>\
         <main><h1>{title}</h1><p>Version {version}. {description}</p>\
         <p>The same for programs: <a href=\"openapi.json\"><code>openapi.json</code></a> (OpenAPI 3.1).</p>",
        title = text(at(document, "/info/title")),
        version = text(at(document, "/info/version")),
        description = prose(at(document, "/info/description")),
    );
    html.push_str("<h2>Who may call what</h2><table>");
    for (role, who) in ROLES {
        let _ = write!(html, "<tr><td><span class=\"role\">{role}</span><td>{who}");
    }
    html.push_str("</table>");
    let tags = tags(document);
    html.push_str("<nav aria-label=\"Operations\">");
    for (tag, operations) in &tags {
        let _ = write!(html, "<h2>{}</h2><ul>", escaped(tag));
        for Operation { id, name, .. } in operations {
            let _ = write!(html, "<li><a href=\"#{}\">{}</a>", escaped(id), escaped(name));
        }
        html.push_str("</ul>");
    }
    html.push_str("</nav>");
    for (tag, operations) in &tags {
        let _ = write!(html, "<h2>{}</h2>", escaped(tag));
        for operation in operations {
            operation.write(&mut html);
        }
    }
    html.push_str("<h2>Types</h2>");
    for (name, schema) in members(at(document, "/components/schemas")) {
        let _ = write!(
            html,
            "<h3 id=\"type-{0}\"><code>{0}</code></h3><p>{1}</p>",
            escaped(name),
            prose(&schema["description"])
        );
        fields(schema, &mut html);
    }
    html.push_str("</main></html>\n");
    html
}

/// What stands at that place (RFC 6901); null where there is nothing.
fn at<'a>(value: &'a Value, place: &str) -> &'a Value {
    value.pointer(place).unwrap_or(&Value::Null)
}

/// One operation.
struct Operation<'a> {
    id: &'a str,
    /// Method and path.
    name: String,
    what: &'a Value,
}

/// The operations by their tags, both in the order in which they are first met.
fn tags(document: &Value) -> Vec<(&str, Vec<Operation<'_>>)> {
    let mut tags: Vec<(&str, Vec<Operation<'_>>)> = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, what) in members(item) {
            let tag = at(what, "/tags/0").as_str().unwrap_or("Other");
            let id = what["operationId"].as_str().unwrap_or_default();
            let operation = Operation { id, name: format!("{} {path}", method.to_uppercase()), what };
            match tags.iter_mut().find(|(known, _)| *known == tag) {
                Some((_, operations)) => operations.push(operation),
                None => tags.push((tag, vec![operation])),
            }
        }
    }
    tags.sort_by_key(|(tag, _)| *tag);
    tags
}

impl Operation<'_> {
    fn write(&self, html: &mut String) {
        let Self { id, name, what } = self;
        let _ = write!(
            html,
            "<h3 id=\"{}\"><code>{}</code> <span class=\"role\">{}</span> {}</h3><p>{} {}</p>",
            escaped(id),
            escaped(name),
            text(&what[ROLE]),
            tokens(&what["security"]),
            prose(&what["summary"]),
            prose(&what["description"]),
        );
        let parameters = what["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !parameters.is_empty() {
            html.push_str("<table><tr><th>parameter<th>in<th>type<th>");
            for parameter in parameters {
                let required = if parameter["required"] == true { "" } else { " (optional)" };
                let _ = write!(
                    html,
                    "<tr><td><code>{}</code>{required}<td>{}<td>{}<td>{}",
                    text(&parameter["name"]),
                    text(&parameter["in"]),
                    kind(&parameter["schema"]),
                    prose(&parameter["description"]),
                );
            }
            html.push_str("</table>");
        }
        for (media, content) in members(at(what, "/requestBody/content")) {
            let _ =
                write!(html, "<p>Body: {} as <code>{}</code></p>", kind(&content["schema"]), escaped(media));
        }
        html.push_str("<table><tr><th>answer<th>body<th>");
        for (status, answer) in members(&what["responses"]) {
            let bodies: Vec<_> =
                members(&answer["content"]).map(|(_, content)| kind(&content["schema"])).collect();
            let _ = write!(
                html,
                "<tr><td>{}<td>{}<td>{}",
                escaped(status),
                bodies.join(", "),
                prose(&answer["description"])
            );
        }
        html.push_str("</table>");
    }
}

/// With what one proves who one is.
fn tokens(security: &Value) -> String {
    let ways = security.as_array().into_iter().flatten().flat_map(members);
    ways.map(|(way, _)| format!("<code>{}</code>", escaped(way))).collect::<Vec<_>>().join(" or ")
}

/// The fields of a type, or what it is otherwise.
fn fields(schema: &Value, html: &mut String) {
    for part in schema["allOf"].as_array().map(Vec::as_slice).unwrap_or_default() {
        if part["$ref"].is_string() {
            let _ = write!(html, "<p>All of {}, and:</p>", kind(part));
        } else {
            fields(part, html);
        }
    }
    if schema["properties"].is_object() {
        html.push_str("<table><tr><th>field<th>type<th>");
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (name, field) in members(&schema["properties"]) {
            let optional = if required.iter().any(|known| known == name) { "" } else { " (optional)" };
            let _ = write!(
                html,
                "<tr><td><code>{}</code>{optional}<td>{}<td>{}",
                escaped(name),
                kind(field),
                prose(&field["description"])
            );
        }
        html.push_str("</table>");
    } else if schema["allOf"].is_null() {
        let _ = write!(html, "<p>{}</p>", kind(schema));
    }
}

/// A type in a few words, with a link to what it is.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return format!("<a href=\"#type-{0}\"><code>{0}</code></a>", escaped(name));
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(kinds) = schema[several].as_array() {
            return kinds.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .map(|value| format!("<code>{}</code>", text(value)))
            .collect::<Vec<_>>()
            .join(" | ");
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) => escaped(name),
        _ => "anything".to_owned(),
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// Text with `code` in it.
fn prose(value: &Value) -> String {
    let mut html = String::new();
    for (number, part) in value.as_str().unwrap_or_default().split('`').enumerate() {
        if number > 0 {
            html.push_str(if number % 2 == 1 { "<code>" } else { "</code>" });
        }
        html.push_str(&escaped(part));
    }
    html
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn whatever_the_document_says_is_text_on_the_page() {
        let evil = "<script>alert(1)</script>\" onload=x `<b>`";
        let document = json!({
            "info": { "title": evil, "description": evil },
            "paths": { evil: { "get": {
                "operationId": evil, "summary": evil, "x-role": evil, "tags": [evil],
                "parameters": [{ "name": evil, "in": evil, "description": evil, "schema": { "$ref": evil } }],
                "requestBody": { "content": { evil: { "schema": { "enum": [evil] } } } },
                "responses": { evil: { "description": evil } },
            } } },
            "components": { "schemas": { evil: { "description": evil, "properties": { evil: { "type": evil } } } } },
        });
        let page = super::of(&document);
        assert!(!page.contains("<script") && !page.contains("\" onload") && !page.contains("<b>"), "{page}");
    }
}
