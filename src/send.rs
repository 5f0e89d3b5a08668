//! A request through the global `fetch`.
//!
//! Not through gloo-net: its `send` panics where `fetch` rejects with something that is not an `Error`, or answers with a
//! `Response` of another realm, as wrapped `fetch`es and test environments do. What would be left of it is building a
//! `Request`, for which Node loads its whole implementation of fetch before the call.

use js_sys::{JsString, Object, Promise, Reflect};
use sliderule_session::{Answer, Method, Request, Response};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, RequestCache, RequestCredentials, RequestInit, RequestRedirect};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = fetch)]
    fn global_fetch(url: &str, options: &RequestInit) -> Result<JsValue, JsValue>;
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
    let stream = request.stream;
    let sent = global_fetch(&request.url, &options(&request, controller)?)?;
    let response = as_response(JsFuture::from(Promise::resolve(&sent)).await?)?;
    let leave = stream && response.ok();
    let body = if leave { String::new() } else { read(&response).await? };
    let headers = response.headers();
    let header = |name| headers.get(name).ok().flatten();
    let answer = Response {
        status: response.status(),
        content_type: header("content-type").unwrap_or_default(),
        date: header("date").and_then(|text| instant(&text)),
        retry_after_seconds: header("retry-after").and_then(|text| text.trim().parse().ok()),
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

/// No cookies, no redirects, nothing from a cache.
fn options(request: &Request, controller: &AbortController) -> Result<RequestInit, JsValue> {
    let headers = Object::new();
    for (name, value) in &request.headers {
        Reflect::set(&headers, &(*name).into(), &value.into())?;
    }
    let options = RequestInit::new();
    options.set_method(match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    });
    options.set_headers(&headers);
    options.set_signal(Some(&controller.signal()));
    options.set_cache(RequestCache::NoStore);
    options.set_credentials(RequestCredentials::Omit);
    options.set_redirect(RequestRedirect::Manual);
    if let Some(body) = &request.body {
        options.set_body(&body.into());
    }
    if request.outlives_page {
        Reflect::set(&options, &"keepalive".into(), &JsValue::TRUE)?;
    }
    Ok(options)
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
