//! The key that the nodes' secrets follow from.
//!
//! Made at the first start and kept in the data directory, readable by the operator's account only. Whoever has the
//! file can pull the leases of nodes; without it running nodes get none any more, and end with the ones they have.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use sliderule_control::NodeSecrets;

use crate::{Error, whole_file};

/// The secrets of all nodes, from the key in that file; made if there is none.
///
/// # Errors
/// The file cannot be read or written, or holds no such key.
pub fn node_secrets(path: &Path) -> Result<NodeSecrets, Error> {
    match fs::read(path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(key) => Ok(NodeSecrets::new(key)),
            Err(_) => Err(Error::Failed(format!(
                "{} is not a key of 32 bytes; restore it, or remove it to have a new one made (running nodes then end)",
                path.display()
            ))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key: [u8; 32] = rand::random();
            whole_file::save(path, &key)
                .map_err(Error::io(format!("write the nodes' key {}", path.display())))?;
            Ok(NodeSecrets::new(key))
        }
        Err(error) => Err(Error::io(format!("read the nodes' key {}", path.display()))(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::node_secrets;

    #[test]
    fn the_key_is_made_once_for_its_owner_only_and_secrets_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        let node = "n-1".parse().unwrap();
        let secret = node_secrets(&path).unwrap().reveal(&node);
        assert!(node_secrets(&path).unwrap().verify(&node, &secret));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        std::fs::write(&path, "short").unwrap();
        let refused = node_secrets(&path).unwrap_err().to_string();
        assert!(refused.contains("node.key"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), b"short");
    }
}
