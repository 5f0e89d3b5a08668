//! Which release this module is, so that `js/` can refuse one that it was not built with.

use sliderule_session::version::SPOKEN;
use wasm_bindgen::prelude::*;

/// The release of this module, and the SlideRule release whose wire formats it speaks, as JSON.
#[wasm_bindgen]
pub fn version() -> String {
    let spoken = SPOKEN.to_string();
    let spoken = spoken.trim_start_matches('v');
    // The release is one piece with its name, so that whoever looks into the file finds it.
    format!(concat!(r#"{{"wasm":""#, env!("CARGO_PKG_VERSION"), r#"","protocol":"{}"}}"#), spoken)
}
