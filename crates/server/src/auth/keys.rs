//! The Ed25519 key that signs tokens.
//!
//! Made at the first start and kept in the data directory, readable by the operator's account only.
//! Whoever has the file can sign tokens; losing it signs everybody out and costs nothing else.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use crate::{Error, whole_file};

/// What stands before the 32 secret bytes in a PKCS #8 document of an Ed25519 key (RFC 8410).
const PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// A key pair: one half signs, the other verifies.
pub struct SigningKey {
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
}

impl SigningKey {
    /// Reads the key, or makes one if there is none.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds no such key.
    pub fn load_or_create(path: &Path) -> Result<Self, Error> {
        match fs::read(path) {
            Ok(pem) => Self::from_pem(&pem, path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let pem = new_pem();
                whole_file::save(path, pem.as_bytes())
                    .map_err(Error::io(format!("write the signing key {}", path.display())))?;
                Self::from_pem(pem.as_bytes(), path)
            }
            Err(error) => Err(Error::io(format!("read the signing key {}", path.display()))(error)),
        }
    }

    fn from_pem(pem: &[u8], path: &Path) -> Result<Self, Error> {
        let unusable = |_| {
            Error::Failed(format!(
                "{} is not an Ed25519 key in PEM form; restore it, or remove it to have a new one made \
                 (everybody then signs in again)",
                path.display()
            ))
        };
        let encoding = EncodingKey::from_ed_pem(pem).map_err(unusable)?;
        let public = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA).map_err(unusable)?;
        let decoding = DecodingKey::from_jwk(&public).map_err(unusable)?;
        Ok(Self { encoding, decoding })
    }
}

fn new_pem() -> String {
    let secret: [u8; 32] = rand::random();
    let der = [PKCS8_HEAD.as_slice(), secret.as_slice()].concat();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::SigningKey;

    #[test]
    fn a_key_is_made_once_readable_by_its_owner_only_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signing.key");
        let first = SigningKey::load_or_create(&path).unwrap();
        let again = SigningKey::load_or_create(&path).unwrap();
        assert_eq!(first.encoding.as_bytes(), again.encoding.as_bytes());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("signing.key");
        std::fs::write(&path, "not a key").unwrap();
        assert!(SigningKey::load_or_create(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"not a key");
    }
}
