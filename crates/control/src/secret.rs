//! The secrets that nodes' runners pull leases with.
//!
//! A node's secret follows from its id and a key that only servers have. So nothing of it is stored, and a launch
//! that was lost can be repeated with the same secret by whoever has the key.

use std::fmt::{self, Write};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sliderule_api::NodeId;

/// Makes and checks the secrets of all nodes.
#[derive(Clone)]
pub struct NodeSecrets {
    key: [u8; 32],
}

impl NodeSecrets {
    /// From a key that is kept secret, and is the same after a restart.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The node's secret, for its runner and nobody else: 64 hexadecimal digits.
    #[must_use]
    pub fn reveal(&self, node: &NodeId) -> String {
        let code = self.code(node).map(|code| code.finalize().into_bytes());
        code.iter().flatten().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Whether `bearer` is the node's secret. How long that takes says nothing about the secret.
    #[must_use]
    pub fn verify(&self, node: &NodeId, bearer: &str) -> bool {
        let (Some(code), Some(bytes)) = (self.code(node), bytes(bearer)) else { return false };
        code.verify_slice(&bytes).is_ok()
    }

    /// `None` never comes: every length of key is one for HMAC.
    fn code(&self, node: &NodeId) -> Option<Hmac<Sha256>> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        code.update(node.as_str().as_bytes());
        Some(code)
    }
}

impl fmt::Debug for NodeSecrets {
    /// Shows nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeSecrets")
    }
}

/// The bytes that lower-case hexadecimal digits stand for.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.bytes().map(digit).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(byte: u8) -> NodeSecrets {
        NodeSecrets::new([byte; 32])
    }

    #[test]
    fn a_secret_is_the_hmac_of_the_node_s_id() {
        // printf n1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0b0b…0b
        let known = "07c9c37ca5da2764aa6dfb92d5699baf40ce4fa4e8e835e44938d812ff09e49d";
        assert_eq!(secrets(0x0b).reveal(&"n1".parse().unwrap()), known);
    }

    #[test]
    fn only_the_node_s_own_secret_under_the_same_key_is_good() {
        let (node, other): (NodeId, NodeId) = ("n1".parse().unwrap(), "n2".parse().unwrap());
        let secret = secrets(1).reveal(&node);
        assert!(secrets(1).verify(&node, &secret));
        assert!(!secrets(1).verify(&other, &secret));
        assert!(!secrets(2).verify(&node, &secret));
        for bad in ["", "zz", "0", &secret[..62], &secret.to_uppercase(), &format!("{secret}00")] {
            assert!(!secrets(1).verify(&node, bad), "{bad}");
        }
    }

    #[test]
    fn the_key_does_not_show() {
        assert_eq!(format!("{:?}", secrets(7)), "NodeSecrets");
    }
}
