//! The object that `js/` passes in: requests, timers, the token store, locks, other tabs, and the callers.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// See `Ports` in `js/ports.js`. Nothing in there throws. What is asked with a port is answered by a method of the client.
    pub type Host;

    /// The next header of the request that comes next.
    #[wasm_bindgen(method)]
    pub fn header(this: &Host, name: &str, value: &str);

    /// Sends a request; `reader` is a `Reader`.
    #[wasm_bindgen(method)]
    pub fn fetch(
        this: &Host,
        port: u32,
        method: &str,
        url: &str,
        body: Option<&str>,
        outlives_page: bool,
        reader: u32,
    );

    /// Waits; longer where nobody looks, if it may be.
    #[wasm_bindgen(method)]
    pub fn sleep(this: &Host, port: u32, milliseconds: u32, idly: bool);

    /// Stops a request or a wait.
    #[wasm_bindgen(method)]
    pub fn abandon(this: &Host, port: u32);

    /// Reads the text kept under a key.
    #[wasm_bindgen(method)]
    pub fn load(this: &Host, port: u32, key: &str);

    /// Keeps a text.
    #[wasm_bindgen(method)]
    pub fn save(this: &Host, port: u32, key: &str, value: &str);

    /// Removes a text.
    #[wasm_bindgen(method)]
    pub fn forget(this: &Host, port: u32, key: &str);

    /// Takes a lock.
    #[wasm_bindgen(method)]
    pub fn lock(this: &Host, port: u32, name: &str);

    /// Gives the lock of that port back, or stops waiting for it.
    #[wasm_bindgen(method)]
    pub fn unlock(this: &Host, port: u32);

    /// Asks the other sessions over the same store; answered at the end of their time to say something.
    #[wasm_bindgen(method)]
    pub fn ask(this: &Host, port: u32, message: &str);

    /// Tells the other sessions over the same store.
    #[wasm_bindgen(method)]
    pub fn broadcast(this: &Host, message: &str);

    /// Tells the caller something; JSON.
    #[wasm_bindgen(method)]
    pub fn emit(this: &Host, call: Option<u32>, event: &str);

    /// A call succeeded: JSON, and the port of the response whose body is to be read.
    #[wasm_bindgen(method)]
    pub fn succeeded(this: &Host, call: u32, value: &str, response: Option<u32>);

    /// A call failed; JSON.
    #[wasm_bindgen(method)]
    pub fn failed(this: &Host, call: u32, failure: &str);
}
