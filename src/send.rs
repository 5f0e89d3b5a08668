//! A request through the global `fetch`.
//!
//! gloo-net builds the request and reads the answer's head, but does not send: its `send` panics where `fetch`
//! rejects with something that is not an `Error`, or answers with a `Response` of another realm. Both are met in
//! the wild, with wrapped `fetch`es and in test environments. The body is read here for the same reason.

use gloo_net::http::{Method as HttpMethod, RequestBuilder, Response as GlooResponse};
use js_sys::{JsString, Object, Promise, Reflect};
use sliderule_session::{Answer, Method, Request, Response};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestCache, RequestCredentials, RequestRedirect};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch(request: &web_sys::Request) -> Result<JsValue, JsValue>;
}

/// What came of a request.
pub(crate) struct Sent {
    /// For the session.
    pub answer: Answer,
    /// The response whose body was left unread, as the request asked.
    pub unread: Option<web_sys::Response>,
}

/// Sends a request; whatever goes wrong is an answer too.
pub(crate) async fn send(request: Request, controller: &AbortController) -> Sent {
    match try_send(request, controller).await {
        Ok(sent) => sent,
        Err(reason) => Sent { answer: Answer::NoResponse(words(&reason)), unread: None },
    }
}

async fn try_send(request: Request, controller: &AbortController) -> Result<Sent, JsValue> {
    let (stream, outlives_page) = (request.stream, request.outlives_page);
    let built = build(request, controller).map_err(|error| JsValue::from_str(&error.to_string()))?;
    let built = if outlives_page { outliving(&built.into())? } else { built.into() };
    let response = as_response(JsFuture::from(Promise::resolve(&global_fetch(&built)?)).await?)?;
    // `response.clone()` would be the method of that name in JavaScript.
    let head = GlooResponse::from(Clone::clone(&response));
    let leave = stream && head.ok();
    let body = if leave { String::new() } else { read(&response).await? };
    let headers = head.headers();
    let answer = Response {
        status: head.status(),
        content_type: headers.get("content-type").unwrap_or_default(),
        date: headers.get("date").and_then(|text| instant(&text)),
        retry_after_seconds: headers.get("retry-after").and_then(|text| text.trim().parse().ok()),
        body,
    };
    Ok(Sent { answer: Answer::Response(answer), unread: leave.then_some(response) })
}

/// A `Response`, of whatever realm; a wrapped `fetch` may give anything.
fn as_response(value: JsValue) -> Result<web_sys::Response, JsValue> {
    let part = |name: &str| Reflect::get(&value, &name.into());
    let is_response = value.is_object() && part("status")?.as_f64().is_some() && part("headers")?.is_object();
    if is_response {
        Ok(value.unchecked_into())
    } else {
        Err("fetch answered with something that is no Response".into())
    }
}

fn build(request: Request, controller: &AbortController) -> Result<gloo_net::http::Request, gloo_net::Error> {
    let method = match request.method {
        Method::Get => HttpMethod::GET,
        Method::Post => HttpMethod::POST,
        Method::Patch => HttpMethod::PATCH,
        Method::Delete => HttpMethod::DELETE,
    };
    let mut builder = RequestBuilder::new(&request.url)
        .method(method)
        .abort_signal(Some(&controller.signal()))
        .cache(RequestCache::NoStore)
        .credentials(RequestCredentials::Omit)
        .redirect(RequestRedirect::Manual);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    match request.body {
        Some(body) => builder.body(body),
        None => builder.build(),
    }
}

/// The same request, which the browser finishes where the page is closed meanwhile.
fn outliving(request: &web_sys::Request) -> Result<web_sys::Request, JsValue> {
    let init = Object::new();
    Reflect::set(&init, &"keepalive".into(), &JsValue::TRUE)?;
    web_sys::Request::new_with_request_and_init(request, init.unchecked_ref())
}

/// The instant that a header tells, in milliseconds since 1970.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a whole number from 0 on"
)]
fn instant(text: &str) -> Option<u64> {
    let milliseconds = js_sys::Date::parse(text);
    (milliseconds >= 0.0).then_some(milliseconds as u64)
}

async fn read(response: &web_sys::Response) -> Result<String, JsValue> {
    let text = JsFuture::from(response.text()?).await?;
    Ok(text.dyn_into::<JsString>().map(String::from).unwrap_or_default())
}

/// Why `fetch` failed, as far as it says: Node hides the reason in `cause`.
fn words(reason: &JsValue) -> String {
    let message = |value: &JsValue| {
        Reflect::get(value, &"message".into()).ok()?.as_string().filter(|text| !text.is_empty())
    };
    let cause = Reflect::get(reason, &"cause".into()).ok();
    let code = |value: &JsValue| Reflect::get(value, &"code".into()).ok()?.as_string();
    cause
        .as_ref()
        .and_then(|cause| message(cause).or_else(|| code(cause)))
        .or_else(|| message(reason))
        .or_else(|| reason.as_string())
        .unwrap_or_else(|| "fetch failed".to_owned())
}
