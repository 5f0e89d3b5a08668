//! The exported `Decoder` of a record stream.
//!
//! `js/` pulls the reader, pushes chunks, fetches the definitions that are needed, and ends the stream. Columns
//! leave as typed arrays of their own.

use std::cell::RefCell;

use js_sys::{
    Array, BigInt64Array, BigUint64Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Object, Reflect, Uint8Array, Uint16Array, Uint32Array,
};
use sliderule_api::{ErrorCode, ReleaseVersion};
use sliderule_records::{Batch, Column, Decoder as Records, Error, ExceptionKind, Item, Meaning, Values};
use sliderule_session::Failure;
use wasm_bindgen::prelude::*;

/// Decodes one stream.
#[wasm_bindgen]
pub struct Decoder {
    records: RefCell<Records>,
    layouts: RefCell<Layouts>,
    /// Major and minor of the server's release, which says what its exceptions mean.
    release: Option<(u32, u32)>,
}

#[wasm_bindgen]
impl Decoder {
    /// A decoder at the start of a stream of a server of that release, such as `4.20.0`, if it is known. Records of the
    /// types in `whole` are not taken apart into rows.
    #[wasm_bindgen(constructor)]
    pub fn new(release: Option<String>, whole: Vec<String>) -> Decoder {
        let mut records = Records::default();
        records.keep_whole(whole);
        let release = release.and_then(|text| text.parse::<ReleaseVersion>().ok());
        Decoder {
            records: RefCell::new(records),
            layouts: RefCell::default(),
            release: release.map(|release| (release.major, release.minor)),
        }
    }

    /// Decodes the next bytes; an array of full batches and messages, or nothing where there are none yet. Throws a
    /// failure as JSON.
    pub fn push(&self, chunk: &[u8]) -> Result<Option<Array>, JsValue> {
        self.items(|records| records.gather(chunk))
    }

    /// The rows that wait for their batch to become full.
    pub fn flush(&self) -> Result<Option<Array>, JsValue> {
        self.items(Records::flush)
    }

    /// Whether `flush` would give anything.
    #[wasm_bindgen(js_name = isGathering)]
    pub fn is_gathering(&self) -> bool {
        self.records.borrow().is_gathering()
    }

    /// Whether records wait for a definition; then `needs` says which.
    #[wasm_bindgen(js_name = isWaiting)]
    pub fn is_waiting(&self) -> bool {
        self.records.borrow().is_waiting()
    }

    /// Record types whose definitions are needed before anything more can be decoded.
    pub fn needs(&self) -> Vec<String> {
        self.records.borrow().needs()
    }

    /// Gives a definition, as the server wrote it; what can be decoded now. Throws a failure as JSON.
    pub fn define(&self, record_type: &str, definition: &str) -> Result<Option<Array>, JsValue> {
        self.layouts.borrow_mut().clear();
        self.items(|records| records.define(record_type, definition))
    }

    /// Whether the stream is damaged, and all that came whole before the damage has been handed over but for what
    /// `flush` gives. `finish` says what is wrong.
    #[wasm_bindgen(js_name = hasFailed)]
    pub fn has_failed(&self) -> bool {
        self.records.borrow().has_failed()
    }

    /// Ends the stream. Throws a failure as JSON if it is not whole.
    pub fn finish(&self) -> Result<(), JsValue> {
        self.records.borrow().finish().map_err(thrown)
    }

    /// What `decode` gives, as JavaScript objects; the memory of the last batch goes back to the decoder.
    fn items(
        &self,
        decode: impl FnOnce(&mut Records) -> Result<Vec<Item>, Error>,
    ) -> Result<Option<Array>, JsValue> {
        let mut records = self.records.borrow_mut();
        let decoded = decode(&mut records).map_err(thrown)?;
        if decoded.is_empty() {
            return Ok(None);
        }
        let mut layouts = self.layouts.borrow_mut();
        let array = Array::new();
        for item in decoded {
            let is_whole = matches!(&item, Item::Batch(batch) if records.keeps_whole(&batch.record_type));
            array.push(&self.object(&item, is_whole, &mut layouts));
            if let Item::Batch(batch) = item {
                records.recycle(batch);
            }
        }
        Ok(Some(array))
    }

    /// `{ recordType, length, layout, values, offsets }` or `{ recordType, level, code, kind, meaning, text }`.
    fn object(&self, item: &Item, is_whole: bool, layouts: &mut Layouts) -> JsValue {
        let object = Object::new();
        match item {
            Item::Batch(batch) => {
                set(&object, "recordType", &batch.record_type);
                set(&object, "length", number(batch.length));
                set(&object, "layout", layouts.of(batch, is_whole));
                set(
                    &object,
                    "values",
                    batch.columns.iter().map(|column| values(&column.values)).collect::<Array>(),
                );
                if batch.columns.iter().any(|column| column.offsets.is_some()) {
                    set(&object, "offsets", batch.columns.iter().map(offsets).collect::<Array>());
                }
            }
            Item::Event(event) => {
                set(&object, "recordType", "eventrec");
                set(&object, "level", event.level);
                set(&object, "meaning", Meaning::of_event(event.level).as_str());
                set(&object, "text", &event.text);
            }
            Item::Exception(exception) => {
                set(&object, "recordType", "exceptrec");
                set(&object, "level", exception.level);
                set(&object, "code", exception.code);
                let kind = ExceptionKind::of(exception.code, self.release);
                set(&object, "kind", kind.as_str());
                set(&object, "meaning", kind.meaning(exception.level).as_str());
                set(&object, "text", &exception.text);
            }
        }
        object.into()
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

/// What the columns of each record type are called, written once instead of for each batch: making text costs more
/// than copying a column.
#[derive(Default)]
struct Layouts(Vec<(String, JsValue)>);

impl Layouts {
    /// As `[{ name, width, nesting }]`, the last only of records that are kept whole.
    fn of(&mut self, batch: &Batch, is_whole: bool) -> JsValue {
        if let Some((_, layout)) = self.0.iter().find(|(record_type, _)| *record_type == batch.record_type) {
            return layout.clone();
        }
        let headings = batch.columns.iter().map(|column| {
            let heading = Object::new();
            set(&heading, "name", &column.name);
            set(&heading, "width", number(column.width));
            if is_whole {
                let nesting: Vec<u32> = column.nesting.iter().copied().map(number).collect();
                set(&heading, "nesting", Uint32Array::from(nesting.as_slice()));
            }
            JsValue::from(heading)
        });
        let layout: JsValue = headings.collect::<Array>().into();
        self.0.push((batch.record_type.clone(), layout.clone()));
        layout
    }

    /// Definitions changed.
    fn clear(&mut self) {
        self.0.clear();
    }
}

/// Where the items of each row begin, of a list.
fn offsets(column: &Column) -> JsValue {
    column.offsets.as_deref().map_or(JsValue::UNDEFINED, |offsets| Uint32Array::from(offsets).into())
}

/// Copies: the arrays share no memory with WebAssembly.
fn values(values: &Values) -> JsValue {
    match values {
        Values::I8(values) => Int8Array::from(values.as_slice()).into(),
        Values::I16(values) => Int16Array::from(values.as_slice()).into(),
        Values::I32(values) => Int32Array::from(values.as_slice()).into(),
        Values::I64(values) | Values::Time(values) => BigInt64Array::from(values.as_slice()).into(),
        Values::U8(values) => Uint8Array::from(values.as_slice()).into(),
        Values::U16(values) => Uint16Array::from(values.as_slice()).into(),
        Values::U32(values) => Uint32Array::from(values.as_slice()).into(),
        Values::U64(values) => BigUint64Array::from(values.as_slice()).into(),
        Values::F32(values) => Float32Array::from(values.as_slice()).into(),
        Values::F64(values) => Float64Array::from(values.as_slice()).into(),
        Values::Text(values) => values.iter().map(|text| JsValue::from_str(text)).collect::<Array>().into(),
    }
}

/// WebAssembly counts in 32 bits, which a double holds.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Setting a property of a fresh object cannot fail.
fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    let _ = Reflect::set(object, &JsValue::from_str(name), &value.into());
}
