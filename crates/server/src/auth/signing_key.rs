//! The Ed25519 keys that sign tokens.
//!
//! A token's header is the same for every token of a key, and is compared as it stands, never read: no header can name
//! another algorithm, another key or a place to fetch one from, because only one header is right. Whoever has a key
//! can sign tokens as long as it verifies.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer};
use sha2::{Digest, Sha256};
use sliderule_api::keys::JsonWebKey;
use sliderule_api::tokens::Claims;

use crate::Error;

/// Bytes of the key's thumbprint (RFC 7638) that are its name: enough to tell a handful of keys apart.
const NAME_BYTES: usize = 4;

/// A key pair: one half signs, the other verifies.
pub struct SigningKey {
    kid: String,
    header: String,
    pair: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// A new key.
    #[must_use]
    pub fn draw() -> Self {
        Self::of(&rand::random())
    }

    /// The key of these secret bytes.
    #[must_use]
    pub fn of(secret: &[u8; 32]) -> Self {
        let pair = ed25519_dalek::SigningKey::from_bytes(secret);
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, public(&pair));
        let thumbprint = Sha256::digest(canonical);
        let kid: String = thumbprint.iter().take(NAME_BYTES).map(|byte| format!("{byte:02x}")).collect();
        let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{kid}"}}"#));
        Self { kid, header, pair }
    }

    /// What it is named by.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The secret bytes, for keeping them.
    pub(crate) fn secret(&self) -> [u8; 32] {
        self.pair.to_bytes()
    }

    /// The half that everybody may have.
    #[must_use]
    pub fn public(&self) -> JsonWebKey {
        JsonWebKey::ed25519(self.kid.clone(), public(&self.pair))
    }

    /// A token with these claims; the same claims make the same token.
    pub(super) fn sign(&self, claims: &Claims) -> Result<String, Error> {
        let claims = serde_json::to_vec(claims)
            .map_err(|error| Error::Failed(format!("the claims of a token cannot be written: {error}")))?;
        let mut token = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let signature = self.pair.sign(token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
        Ok(token)
    }

    /// Whether a token has this key's header.
    pub(super) fn is_named_in(&self, token: &str) -> bool {
        token.split_once('.').is_some_and(|(header, _)| header == self.header)
    }

    /// The claims of a token that this key signed.
    pub(super) fn claims(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        if header != self.header {
            return None;
        }
        // Strictly: of all signatures that the mathematics would allow, only those that a signer makes.
        self.pair.verifying_key().verify_strict(signed.as_bytes(), &signature).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

fn public(pair: &ed25519_dalek::SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(pair.verifying_key().as_bytes())
}

impl fmt::Debug for SigningKey {
    /// Shows its name only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.kid).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::SigningKey;

    /// The example of RFC 8037, appendix A.3.
    #[test]
    fn a_key_is_named_by_the_beginning_of_its_thumbprint() {
        let secret = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
            0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let key = SigningKey::of(&secret);
        // kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
        assert_eq!(key.kid(), "90facafe");
        assert_eq!(key.public().x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.secret(), secret);
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let key = SigningKey::of(&[7; 32]);
        assert_eq!(format!("{key:?}"), format!("SigningKey({:?})", key.kid()));
    }
}
