//! The names of tokens that follow from other tokens.
//!
//! What a refresh token is exchanged for is never stored: its names follow from the name of the token that was
//! presented and a secret of the server, so that the same exchange can be repeated to the letter.

use std::fmt;

use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Bytes of a name: as many as a random one has.
const NAME_BYTES: usize = 16;

/// The names of a pair of tokens: 32 hexadecimal digits each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The refresh token's `jti`.
    pub refresh: String,
    /// The access token's `jti`.
    pub access: String,
}

impl Names {
    /// Names that follow from nothing.
    #[must_use]
    pub fn draw() -> Self {
        let name = || Uuid::new_v4().simple().to_string();
        Self { refresh: name(), access: name() }
    }
}

/// Tells which names follow from which.
#[derive(Clone)]
pub struct Lineage(Hmac<Sha256>);

impl Lineage {
    /// From a secret that is the same after a restart.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        // A shorter key is one with zeros behind it (RFC 2104).
        let mut key = Key::<Hmac<Sha256>>::default();
        for (place, byte) in key.iter_mut().zip(secret) {
            *place = *byte;
        }
        Self(Hmac::new(&key))
    }

    /// The names of the pair that a refresh token is exchanged for.
    #[must_use]
    pub fn children(&self, parent: &str) -> Names {
        Names { refresh: self.name("refresh", parent), access: self.name("access", parent) }
    }

    fn name(&self, kind: &str, parent: &str) -> String {
        let mut code = self.0.clone();
        code.update(kind.as_bytes());
        code.update(b" of ");
        code.update(parent.as_bytes());
        code.finalize().into_bytes().iter().take(NAME_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Lineage {
    /// Shows nothing of the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lineage")
    }
}

#[cfg(test)]
mod tests {
    use super::{Lineage, Names};

    #[test]
    fn the_same_parent_has_the_same_children_and_another_has_others() {
        let lineage = Lineage::new(&[1; 32]);
        let children = lineage.children("p");
        assert_eq!(children, Lineage::new(&[1; 32]).children("p"));
        assert_ne!(children.refresh, children.access);
        assert_ne!(children, lineage.children("q"));
        assert_ne!(children, Lineage::new(&[2; 32]).children("p"));
        assert!(children.refresh.len() == 32 && children.refresh.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_ne!(Names::draw(), Names::draw());
    }

    #[test]
    fn a_name_is_the_beginning_of_an_hmac() {
        // printf 'refresh of p' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101…01
        assert_eq!(Lineage::new(&[1; 32]).children("p").refresh, "2764840c2577de37af4820540a85491b");
    }
}
