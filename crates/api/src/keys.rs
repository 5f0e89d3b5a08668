//! The public halves of the keys that sign tokens, as a JSON Web Key Set (RFC 7517, RFC 8037).

use serde::{Deserialize, Serialize};

/// Answer of `GET /.well-known/jwks.json`: every key whose tokens are good now or soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonWebKeys {
    /// The keys, the one that signs longest first.
    pub keys: Vec<JsonWebKey>,
}

/// The public half of one Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonWebKey {
    /// The kind of key: `OKP`.
    pub kty: String,
    /// The curve: `Ed25519`.
    pub crv: String,
    /// What the key serves for: `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// How its tokens are signed: `EdDSA`.
    pub alg: String,
    /// Its name, which the tokens it signed carry in their header.
    pub kid: String,
    /// The key: 32 bytes in base64url without padding.
    pub x: String,
}

impl JsonWebKey {
    /// The key of that name; `x` is in base64url.
    #[must_use]
    pub fn ed25519(kid: String, x: String) -> Self {
        let fixed = str::to_owned;
        Self { kty: fixed("OKP"), crv: fixed("Ed25519"), usage: fixed("sig"), alg: fixed("EdDSA"), kid, x }
    }
}
