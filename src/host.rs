//! The object that `js/` passes in: the token store, locks, other tabs, and the callers.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// See `Host` in `js/host.js`. Nothing it throws may pass through here, hence `catch`.
    pub type Host;

    /// The text kept under a key, or null; a promise.
    #[wasm_bindgen(method, catch)]
    pub fn load(this: &Host, key: &str) -> Result<js_sys::Promise, JsValue>;

    /// Keeps a text; a promise.
    #[wasm_bindgen(method, catch)]
    pub fn save(this: &Host, key: &str, value: &str) -> Result<js_sys::Promise, JsValue>;

    /// Removes a text; a promise.
    #[wasm_bindgen(method, catch)]
    pub fn forget(this: &Host, key: &str) -> Result<js_sys::Promise, JsValue>;

    /// Takes a lock and remembers it by number; a promise.
    #[wasm_bindgen(method, catch)]
    pub fn lock(this: &Host, name: &str, number: u32) -> Result<js_sys::Promise, JsValue>;

    /// Gives the lock of that number back, or stops waiting for it.
    #[wasm_bindgen(method, catch)]
    pub fn unlock(this: &Host, number: u32) -> Result<(), JsValue>;

    /// Asks the other sessions over the same store; a promise for the end of their time to answer.
    #[wasm_bindgen(method, catch)]
    pub fn ask(this: &Host, message: &str) -> Result<js_sys::Promise, JsValue>;

    /// Tells the other sessions over the same store.
    #[wasm_bindgen(method, catch)]
    pub fn broadcast(this: &Host, message: &str) -> Result<(), JsValue>;

    /// Tells the caller something; JSON.
    #[wasm_bindgen(method, catch)]
    pub fn emit(this: &Host, call: Option<u32>, event: &str) -> Result<(), JsValue>;

    /// A call succeeded: JSON, and the response whose body is to be read.
    #[wasm_bindgen(method, catch)]
    pub fn succeeded(this: &Host, call: u32, value: &str, response: JsValue) -> Result<(), JsValue>;

    /// A call failed; JSON.
    #[wasm_bindgen(method, catch)]
    pub fn failed(this: &Host, call: u32, failure: &str) -> Result<(), JsValue>;
}
