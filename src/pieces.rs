//! A response's body, read piece by piece.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::ReadableStreamDefaultReader;

/// The pieces of a body that has not been read yet.
pub(crate) struct Pieces(Option<ReadableStreamDefaultReader>);

impl Pieces {
    /// Those of a response; none where it has no body.
    pub(crate) fn of(response: &web_sys::Response) -> Self {
        let reader = response.body().and_then(|body| ReadableStreamDefaultReader::new(&body).ok());
        Self(reader)
    }

    /// The next piece; nothing once the body has ended, or broke.
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        let read = JsFuture::from(self.0.as_ref()?.read()).await.ok()?;
        let value = Reflect::get(&read, &"value".into()).ok()?;
        value.dyn_into::<Uint8Array>().ok().map(|piece| piece.to_vec())
    }
}
