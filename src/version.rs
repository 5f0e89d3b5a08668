//! Which release this module is, so that `js/` can refuse one that it was not built with.

use sliderule_session::version::SPOKEN;
use wasm_bindgen::prelude::*;

/// The release of this module, and the SlideRule release whose wire formats it speaks, as JSON.
#[wasm_bindgen]
pub fn version() -> String {
    let spoken = SPOKEN.to_string();
    let (release, spoken) = (env!("CARGO_PKG_VERSION"), spoken.trim_start_matches('v'));
    format!(r#"{{"wasm":"{release}","protocol":"{spoken}"}}"#)
}
