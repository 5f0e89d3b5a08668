//! The object that `js/` passes to a decoder: what comes out of the stream is told to it, piece by piece.
//!
//! Telling it costs a call for each piece; making objects here would cost several, and the code for it.

use sliderule_records::{Batch, Column, ExceptionKind, Meaning, Sink};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// See `Items` in `js/stream/items.js`. Nothing in there throws.
    pub type Items;

    /// An event.
    #[wasm_bindgen(method)]
    fn event(this: &Items, level: i32, meaning: &str, text: &str);

    /// An exception.
    #[wasm_bindgen(method)]
    fn exception(this: &Items, level: i32, code: i32, kind: &str, meaning: &str, text: &str);

    /// Begins a batch. Whether its columns have to be named first.
    #[wasm_bindgen(method)]
    fn batch(this: &Items, record_type: &str, length: usize) -> bool;

    /// Names the next column of the batch.
    #[wasm_bindgen(method)]
    fn heading(this: &Items, name: &str, width: usize);

    /// The next field that the column named last is nested in.
    #[wasm_bindgen(method)]
    fn nested(this: &Items, count: usize);

    /// The next column: the type of its values, and their bytes, which are to be copied before this returns.
    #[wasm_bindgen(method)]
    fn column(this: &Items, code: u32, bytes: &[u8]);

    /// The next value of a column of text.
    #[wasm_bindgen(method)]
    fn text(this: &Items, text: &str);

    /// Where the items of each row begin in the column that came last.
    #[wasm_bindgen(method)]
    fn offsets(this: &Items, offsets: &[u32]);

    /// The stream failed; JSON.
    #[wasm_bindgen(method)]
    pub fn failed(this: &Items, failure: &str);

    /// A record type whose definition is needed.
    #[wasm_bindgen(method)]
    pub fn need(this: &Items, record_type: &str);
}

/// Tells the object of what a stream of a server of that release holds.
pub(crate) struct Teller {
    pub(crate) items: Items,
    /// Major and minor of the server's release, which says what its exceptions mean.
    pub(crate) release: Option<(u32, u32)>,
}

impl Sink for Teller {
    fn batch(&mut self, batch: &Batch) {
        let items = &self.items;
        if items.batch(&batch.record_type, batch.length) {
            for Column { name, width, nesting, .. } in &batch.columns {
                items.heading(name, *width);
                nesting.iter().for_each(|count| items.nested(*count));
            }
        }
        for Column { values, offsets, .. } in &batch.columns {
            // The type's code in the record format, which `TYPES` of `js/stream/types.js` goes by.
            items.column(values.basic() as u32, values.bytes());
            values.texts().iter().for_each(|text| items.text(text));
            if let Some(offsets) = offsets {
                items.offsets(offsets);
            }
        }
    }

    fn event(&mut self, level: i32, text: &str, _: &Batch) {
        self.items.event(level, Meaning::of_event(level).as_str(), text);
    }

    fn exception(&mut self, code: i32, level: i32, text: &str) {
        let kind = ExceptionKind::of(code, self.release);
        self.items.exception(level, code, kind.as_str(), kind.meaning(level).as_str(), text);
    }
}
