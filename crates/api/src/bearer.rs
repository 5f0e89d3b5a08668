//! Reading a bearer token from the `Authorization` headers of a request (RFC 6750, section 2.1).
//!
//! One rule for every listener, so that none of them accepts what another refuses. Always holds: a request
//! whose headers can be read in two ways has no token.

/// Why a request carries no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBearer {
    /// There is no `Authorization` header, or it is of another scheme.
    Missing,
    /// There are several, or what follows `Bearer` is not one token.
    Malformed,
}

/// The token of a request, given the values of all its `Authorization` headers.
///
/// # Errors
/// There is none, or not exactly one well-formed one.
pub fn bearer<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Result<&'a str, NoBearer> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(NoBearer::Missing)?;
    if values.next().is_some() {
        return Err(NoBearer::Malformed);
    }
    let value = std::str::from_utf8(value).map_err(|_| NoBearer::Malformed)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(NoBearer::Missing);
    }
    let token = token.trim_start_matches(' ');
    let letters = token.trim_end_matches('=');
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if letters.is_empty() || !letters.bytes().all(fits) {
        return Err(NoBearer::Malformed);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::{NoBearer, bearer};

    fn read<'a>(values: &[&'a str]) -> Result<&'a str, NoBearer> {
        bearer(values.iter().map(|value| value.as_bytes()))
    }

    #[test]
    fn one_header_with_one_token_is_a_token() {
        assert_eq!(read(&["Bearer abc"]), Ok("abc"));
        assert_eq!(read(&["bearer  eyJ.e-_~+/9.x=="]), Ok("eyJ.e-_~+/9.x=="));
    }

    #[test]
    fn no_header_and_another_scheme_are_no_token() {
        for none in [&[][..], &["Basic YWRhOmFkYQ=="], &["Bearerabc"], &[""], &[" Bearer abc"]] {
            assert_eq!(read(none), Err(NoBearer::Missing), "{none:?}");
        }
    }

    #[test]
    fn whatever_can_be_read_in_two_ways_is_malformed() {
        for bad in [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a,b",
            "Bearer a=b",
            "Bearer \ta",
            "Bearer =",
            "Bearer ä",
        ] {
            assert_eq!(read(&[bad]), Err(NoBearer::Malformed), "{bad:?}");
        }
        assert_eq!(read(&["Bearer a", "Bearer b"]), Err(NoBearer::Malformed));
        assert_eq!(read(&["Bearer a", "Bearer a"]), Err(NoBearer::Malformed));
        assert_eq!(bearer([b"Bearer \xff".as_slice()]), Err(NoBearer::Malformed));
    }
}
