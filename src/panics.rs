//! What happens should something here be wrong all the same.
//!
//! A panic ends in a trap, which JavaScript sees as a `RuntimeError` without a reason, and calls under way would
//! never settle. The hook tells `js/` first, which rejects them with `internal_error`.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

thread_local! {
    static LISTENER: RefCell<Option<js_sys::Function>> = const { RefCell::new(None) };
}

/// Calls the function with a sentence when something panics.
#[wasm_bindgen(js_name = onPanic)]
pub fn on_panic(listener: js_sys::Function) {
    LISTENER.with(|slot| *slot.borrow_mut() = Some(listener));
    std::panic::set_hook(Box::new(|panic| {
        // Where, and not what: a panic's own message may quote the data it tripped over.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        LISTENER.with(|slot| {
            if let Ok(slot) = slot.try_borrow()
                && let Some(listener) = slot.as_ref()
            {
                let _ = listener.call1(&JsValue::NULL, &JsValue::from_str(&place));
            }
        });
    }));
}
