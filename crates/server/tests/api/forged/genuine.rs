//! What a forger starts from: a genuine pair of tokens, and the published key. And what no forger has: the key itself, so
//! that a token can be wrong in nothing but one claim.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

use crate::test_app::{PASSWORD, TestApp};

/// A genuine pair for acme.
pub(super) struct Genuine {
    pub(super) access: Model,
    pub(super) refresh: Model,
}

/// A genuine token, taken apart, and the key that signed it.
pub(super) struct Model {
    pub(super) header: Value,
    pub(super) claims: Value,
    pub(super) parts: [String; 3],
    pub(super) key: SigningKey,
}

impl Genuine {
    /// Ada signs in.
    pub(super) async fn of(app: &TestApp) -> Self {
        let pair = app.sign_in("ada", PASSWORD, "acme").await;
        let key = server_key(app).await;
        let model = |name| Model::of(&pair.text(name), key.clone());
        Self { access: model("access"), refresh: model("refresh") }
    }
}

/// The server's only key.
pub(super) async fn server_key(app: &TestApp) -> SigningKey {
    let secrets: Vec<(Vec<u8>,)> = app.rows("SELECT secret FROM signing_keys").await;
    assert_eq!(secrets.len(), 1);
    SigningKey::from_bytes(secrets[0].0.as_slice().try_into().unwrap())
}

impl Model {
    fn of(token: &str, key: SigningKey) -> Self {
        let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        let parts: [String; 3] = parts.try_into().unwrap();
        let read = |part: &String| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        Self { header: read(&parts[0]), claims: read(&parts[1]), parts, key }
    }

    /// The token as it was issued.
    pub(super) fn token(&self) -> String {
        self.parts.join(".")
    }

    /// The name of the server's key.
    pub(super) fn kid(&self) -> &str {
        self.header["kid"].as_str().unwrap()
    }

    /// The published half of the server's key, in base64url.
    pub(super) fn published(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.verifying_key().as_bytes())
    }

    /// The published key as a document in DER.
    pub(super) fn published_der(&self) -> Vec<u8> {
        let head = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        [head.as_slice(), self.key.verifying_key().as_bytes()].concat()
    }

    /// The same in PEM.
    pub(super) fn published_pem(&self) -> String {
        let body = STANDARD.encode(self.published_der());
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    /// The same as a JSON Web Key.
    pub(super) fn published_jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid(), "x": self.published() })
    }

    /// The claims, changed.
    pub(super) fn with(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut claims = self.claims.clone();
        change(&mut claims);
        claims
    }

    /// A token under the genuine header, signed with the server's own key.
    pub(super) fn signed_by_the_server(&self, payload: impl AsRef<[u8]>) -> String {
        signed(&self.parts[0], payload, &self.key)
    }
}

/// A token, signed with that key.
pub(super) fn signed(header: &str, payload: impl AsRef<[u8]>, key: &SigningKey) -> String {
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

/// A key of the forger's own.
pub(super) fn foreign_key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

/// JSON in base64url.
pub(super) fn encoded(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}
