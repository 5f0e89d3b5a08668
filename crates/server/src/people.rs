//! What people are called who sign up by themselves. The operator may add others.

use sliderule_api::UserName;

/// Names that others would take for the operator, or for a part of the system.
const RESERVED: [&str; 22] = [
    "admin",
    "administrator",
    "anonymous",
    "everyone",
    "help",
    "hostmaster",
    "info",
    "login",
    "moderator",
    "nobody",
    "operator",
    "owner",
    "postmaster",
    "provisioner",
    "ps",
    "root",
    "security",
    "sliderule",
    "staff",
    "support",
    "system",
    "webmaster",
];

/// Shortest name that one may take by oneself, in characters.
const SHORTEST: usize = 3;

/// The name, if somebody may take it by themselves.
///
/// # Errors
/// Why not, as a sentence.
pub fn own_name(text: &str) -> Result<UserName, String> {
    let name: UserName =
        text.parse().map_err(|error: sliderule_api::names::InvalidName| error.to_string())?;
    if text.len() < SHORTEST {
        return Err(format!(
            "`{name}` is too short for a user name; take one of at least {SHORTEST} characters"
        ));
    }
    if text.contains('@') {
        return Err(format!("`{name}` looks like an e-mail address; take a user name without @"));
    }
    if !text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return Err(format!("`{name}` cannot be a user name; begin with a letter or a digit"));
    }
    match RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
        true => Err(format!("the user name `{name}` is reserved; take another")),
        false => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::own_name;

    #[test]
    fn a_name_is_ones_own_unless_it_looks_like_something_else() {
        for good in ["ada", "Ada.Lovelace", "a+b", "7even", "rooty"] {
            assert_eq!(own_name(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "ad",
            "ada@example.org",
            "root",
            "Staff",
            "PS",
            "...",
            "-ada",
            "a b",
            "ädä",
            &"a".repeat(151),
        ] {
            assert!(own_name(bad).is_err(), "{bad}");
        }
    }
}
