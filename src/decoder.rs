//! The exported `Decoder` of a record stream.
//!
//! `js/` pulls the reader, pushes chunks, fetches the definitions that are needed, and ends the stream. What is decoded
//! is told to the object that `js/` passes in, before the call that decoded it returns.

use std::cell::RefCell;

use sliderule_api::{ErrorCode, ReleaseVersion};
use sliderule_records::{Decoder as Records, Error, Item};
use sliderule_session::Failure;
use wasm_bindgen::prelude::*;

use crate::items::Items;

/// Decodes one stream. What throws, throws a failure as JSON.
#[wasm_bindgen]
pub struct Decoder {
    records: RefCell<Records>,
    items: Items,
    /// Major and minor of the server's release, which says what its exceptions mean.
    release: Option<(u32, u32)>,
}

#[wasm_bindgen]
impl Decoder {
    /// A decoder at the start of a stream of a server of that release, such as `4.20.0`; of none that is known, if it is
    /// empty.
    #[wasm_bindgen(constructor)]
    pub fn new(release: &str, items: Items) -> Decoder {
        let release = release.parse::<ReleaseVersion>().ok();
        let release = release.map(|release| (release.major, release.minor));
        Decoder { records: RefCell::default(), items, release }
    }

    /// Records of this type are not to be taken apart into rows.
    #[wasm_bindgen(js_name = keepWhole)]
    pub fn keep_whole(&self, record_type: &str) {
        self.records.borrow_mut().keep_whole(record_type);
    }

    /// Decodes the next bytes, and tells of full batches and messages.
    pub fn push(&self, chunk: &[u8]) -> Result<(), JsValue> {
        let decoded = self.records.borrow_mut().gather(chunk);
        self.tell(decoded)
    }

    /// Tells of the rows that wait for their batch to become full.
    pub fn flush(&self) -> Result<(), JsValue> {
        let decoded = self.records.borrow_mut().flush();
        self.tell(decoded)
    }

    /// Whether `flush` would tell of anything.
    #[wasm_bindgen(js_name = isGathering)]
    pub fn is_gathering(&self) -> bool {
        self.records.borrow().is_gathering()
    }

    /// Whether records wait for a definition; then `needs` says which.
    #[wasm_bindgen(js_name = isWaiting)]
    pub fn is_waiting(&self) -> bool {
        self.records.borrow().is_waiting()
    }

    /// Tells of the record types whose definitions are needed before anything more can be decoded.
    pub fn needs(&self) {
        self.records.borrow().needs().iter().for_each(|record_type| self.items.need(record_type));
    }

    /// Gives a definition, as the server wrote it, and tells of what can be decoded now.
    pub fn define(&self, record_type: &str, definition: &str) -> Result<(), JsValue> {
        let decoded = self.records.borrow_mut().define(record_type, definition);
        self.tell(decoded)
    }

    /// Whether the stream is damaged, and all that came whole before the damage has been told of but for what
    /// `flush` gives. `finish` says what is wrong.
    #[wasm_bindgen(js_name = hasFailed)]
    pub fn has_failed(&self) -> bool {
        self.records.borrow().has_failed()
    }

    /// Ends the stream. Throws if it is not whole.
    pub fn finish(&self) -> Result<(), JsValue> {
        self.records.borrow().finish().map_err(thrown)
    }

    /// Tells of what was decoded; the memory of the last batch goes back to the decoder.
    fn tell(&self, decoded: Result<Vec<Item>, Error>) -> Result<(), JsValue> {
        for item in decoded.map_err(thrown)? {
            self.items.tell(&item, self.release);
            if let Item::Batch(batch) = item {
                self.records.borrow_mut().recycle(batch);
            }
        }
        Ok(())
    }
}

fn thrown(error: Error) -> JsValue {
    let code = match &error {
        Error::Truncated { .. } => ErrorCode::StreamTruncated,
        Error::TooLarge { .. } => ErrorCode::StreamTooLarge,
        _ => ErrorCode::StreamMalformed,
    };
    let failure = Failure::new(code, error.to_string());
    JsValue::from_str(&failure.to_json())
}
