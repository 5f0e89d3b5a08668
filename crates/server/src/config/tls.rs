//! Certificate and key of the public listener.

use std::path::PathBuf;

use super::section::settings;

settings! {
    /// Certificate and key, as PEM files. They are read again when they change.
    pub struct Tls {
        /// The certificate of the public listener, with what leads to its root. Without one the listener speaks plain
        /// HTTP, which is for loopback and for a proxy in front.
        #[variable = "SLIDERULE_PS_TLS_CERT"]
        #[flag = "tls-cert"]
        cert: PathBuf = PathBuf::new(),
        /// The key of the certificate.
        #[variable = "SLIDERULE_PS_TLS_KEY"]
        #[flag = "tls-key"]
        key: PathBuf = PathBuf::new(),
    }
}

impl Tls {
    fn sensible(&self) -> Result<(), String> {
        match self.cert.as_os_str().is_empty() || self.key.as_os_str().is_empty() {
            true => Err("`tls.cert` (--tls-cert) and `tls.key` (--tls-key) need each other".to_owned()),
            false => Ok(()),
        }
    }
}
