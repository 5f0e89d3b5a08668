//! The object that `js/` passes to a decoder: what comes out of the stream is told to it, piece by piece.
//!
//! Telling it costs a call for each piece; making objects here would cost several, and the code for it.

use sliderule_records::{Batch, Column, ExceptionKind, Item, Meaning, Values};
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

impl Items {
    /// Tells of an item; `release` is the server's, as far as it is known.
    pub fn tell(&self, item: &Item, release: Option<(u32, u32)>) {
        match item {
            Item::Batch(batch) => self.tell_batch(batch),
            Item::Event(event) => {
                self.event(event.level, Meaning::of_event(event.level).as_str(), &event.text);
            }
            Item::Exception(exception) => {
                let kind = ExceptionKind::of(exception.code, release);
                let meaning = kind.meaning(exception.level).as_str();
                self.exception(exception.level, exception.code, kind.as_str(), meaning, &exception.text);
            }
        }
    }

    fn tell_batch(&self, batch: &Batch) {
        if self.batch(&batch.record_type, batch.length) {
            for Column { name, width, nesting, .. } in &batch.columns {
                self.heading(name, *width);
                nesting.iter().for_each(|count| self.nested(*count));
            }
        }
        for Column { values, offsets, .. } in &batch.columns {
            self.column(code(values), values.bytes());
            if let Values::Text(texts) = values {
                texts.iter().for_each(|text| self.text(text));
            }
            if let Some(offsets) = offsets {
                self.offsets(offsets);
            }
        }
    }
}

/// The type's code in the record format, which `TYPES` of `js/stream/types.js` goes by.
fn code(values: &Values) -> u32 {
    match values {
        Values::I8(_) => 0,
        Values::I16(_) => 1,
        Values::I32(_) => 2,
        Values::I64(_) => 3,
        Values::U8(_) => 4,
        Values::U16(_) => 5,
        Values::U32(_) => 6,
        Values::U64(_) => 7,
        Values::F32(_) => 9,
        Values::F64(_) => 10,
        Values::Time(_) => 11,
        Values::Text(_) => 12,
    }
}
