//! The exported `Decoder` of a record stream.
//!
//! `js/` pulls the reader, pushes chunks, fetches the definitions that are needed, and ends the stream. Columns
//! leave as typed arrays of their own.

use std::cell::RefCell;

use js_sys::{
    Array, BigInt64Array, BigUint64Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Object, Reflect, Uint8Array, Uint16Array, Uint32Array,
};
use sliderule_api::ErrorCode;
use sliderule_records::{Batch, Column, Decoder as Records, Error, Item, Values};
use sliderule_session::Failure;
use wasm_bindgen::prelude::*;

/// Decodes one stream.
#[wasm_bindgen]
#[derive(Default)]
pub struct Decoder(RefCell<Records>);

#[wasm_bindgen]
impl Decoder {
    /// A decoder at the start of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Decodes the next bytes; an array of full batches and messages, or nothing where there are none yet. Throws a
    /// failure as JSON.
    pub fn push(&self, chunk: &[u8]) -> Result<Option<Array>, JsValue> {
        let mut records = self.0.borrow_mut();
        let decoded = records.gather(chunk);
        items(&mut records, decoded)
    }

    /// The rows that wait for their batch to become full.
    pub fn flush(&self) -> Result<Option<Array>, JsValue> {
        let mut records = self.0.borrow_mut();
        let decoded = records.flush();
        items(&mut records, decoded)
    }

    /// Whether `flush` would give anything.
    #[wasm_bindgen(js_name = isGathering)]
    pub fn is_gathering(&self) -> bool {
        self.0.borrow().is_gathering()
    }

    /// Record types whose definitions are needed before anything more can be decoded.
    pub fn needs(&self) -> Vec<String> {
        self.0.borrow().needs()
    }

    /// Gives a definition, as the server wrote it; what can be decoded now. Throws a failure as JSON.
    pub fn define(&self, record_type: &str, definition: &str) -> Result<Option<Array>, JsValue> {
        let mut records = self.0.borrow_mut();
        let decoded = records.define(record_type, definition);
        items(&mut records, decoded)
    }

    /// Ends the stream. Throws a failure as JSON if it is not whole.
    pub fn finish(&self) -> Result<(), JsValue> {
        self.0.borrow().finish().map_err(thrown)
    }
}

fn thrown(error: Error) -> JsValue {
    let code = match &error {
        Error::Truncated { .. } => ErrorCode::StreamTruncated,
        Error::TooLarge { .. } => ErrorCode::StreamTooLarge,
        _ => ErrorCode::StreamMalformed,
    };
    let failure = Failure::new(code, error.to_string());
    JsValue::from_str(&serde_json::to_string(&failure).unwrap_or_default())
}

/// The items as JavaScript objects; the memory of the last batch goes back to the decoder.
fn items(records: &mut Records, decoded: Result<Vec<Item>, Error>) -> Result<Option<Array>, JsValue> {
    let decoded = decoded.map_err(thrown)?;
    if decoded.is_empty() {
        return Ok(None);
    }
    let array = Array::new();
    for item in decoded {
        array.push(&object(&item));
        if let Item::Batch(batch) = item {
            records.recycle(batch);
        }
    }
    Ok(Some(array))
}

/// `{ recordType, rows, columns: [{ name, values, width, offsets }] }` or `{ recordType, level, code, text }`.
fn object(item: &Item) -> JsValue {
    let object = Object::new();
    match item {
        Item::Batch(batch) => batch_into(&object, batch),
        Item::Event(event) => {
            set(&object, "recordType", "eventrec");
            set(&object, "level", event.level);
            set(&object, "text", &event.text);
        }
        Item::Exception(exception) => {
            set(&object, "recordType", "exceptrec");
            set(&object, "level", exception.level);
            set(&object, "code", exception.code);
            set(&object, "text", &exception.text);
        }
    }
    object.into()
}

fn batch_into(object: &Object, batch: &Batch) {
    set(object, "recordType", &batch.record_type);
    set(object, "rows", number(batch.length));
    let columns: Array = batch.columns.iter().map(column).collect();
    set(object, "columns", columns);
}

fn column(column: &Column) -> JsValue {
    let object = Object::new();
    set(&object, "name", &column.name);
    set(&object, "width", number(column.width));
    if let Some(offsets) = &column.offsets {
        set(&object, "offsets", Uint32Array::from(offsets.as_slice()));
    }
    set(&object, "values", values(&column.values));
    object.into()
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
