//! The secret a node's runner pulls leases with.

use std::fmt::{self, Write};

use rand::RngExt;
use sha2::{Digest, Sha256};

/// 32 random bytes in hexadecimal; only its hash is stored.
pub(crate) struct NodeSecret(String);

impl NodeSecret {
    pub(crate) fn random() -> Self {
        Self(hexadecimal(&rand::rng().random::<[u8; 32]>()))
    }

    /// The secret itself, for the runner and nobody else.
    pub(crate) fn reveal(self) -> String {
        self.0
    }

    /// What the store keeps of it.
    pub(crate) fn hash(&self) -> String {
        secret_hash(&self.0)
    }
}

impl fmt::Debug for NodeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeSecret")
    }
}

/// SHA-256 of a node's secret in lower-case hexadecimal, as `Store::renew_lease` compares it.
#[must_use]
pub fn secret_hash(secret: &str) -> String {
    hexadecimal(&Sha256::digest(secret.as_bytes()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256_in_hexadecimal() {
        assert_eq!(secret_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn secrets_differ_and_do_not_show() {
        let (one, other) = (NodeSecret::random(), NodeSecret::random());
        assert_ne!(one.hash(), other.hash());
        assert_eq!(format!("{one:?}"), "NodeSecret");
        assert_eq!(one.reveal().len(), 64);
    }
}
