//! When a certificate ends, and when to say so.

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// How long before its end a certificate is worth a warning, in seconds.
const AHEAD: u64 = 14 * DAY;

const DAY: u64 = 24 * 60 * 60;

/// The end of the validity of a PEM file's first certificate, in seconds since 1970; `None` if that cannot be found.
pub(super) fn not_after(pem: &[u8]) -> Option<u64> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    validity_end(&certificate).ok()
}

/// RFC 5280, section 4.1: of the fields of a certificate the first that is a sequence of two times is its validity.
fn validity_end(certificate: &[u8]) -> der::Result<u64> {
    let whole = AnyRef::from_der(certificate)?;
    let mut outer = SliceReader::new(whole.value())?;
    let mut fields = SliceReader::new(AnyRef::decode(&mut outer)?.value())?;
    while !fields.is_finished() {
        let field = AnyRef::decode(&mut fields)?;
        if let (Tag::Sequence, Some(end)) = (field.tag(), second_time(field.value())) {
            return Ok(end);
        }
    }
    Err(Tag::Sequence.value_error())
}

/// The second of two times, if it is two times and nothing else.
fn second_time(sequence: &[u8]) -> Option<u64> {
    let mut times = SliceReader::new(sequence).ok()?;
    let (_, end) = (time(&mut times)?, time(&mut times)?);
    times.is_finished().then_some(end)
}

fn time(times: &mut SliceReader<'_>) -> Option<u64> {
    let duration = match times.peek_tag().ok()? {
        Tag::UtcTime => UtcTime::decode(times).ok()?.to_unix_duration(),
        Tag::GeneralizedTime => GeneralizedTime::decode(times).ok()?.to_unix_duration(),
        _ => return None,
    };
    Some(duration.as_secs())
}

/// Remembers when a warning was given: one a day is enough.
#[derive(Debug, Default)]
pub(super) struct Warned(Option<(u64, u64)>);

impl Warned {
    /// What to say now of a certificate that ends at `end`, if anything; both in seconds since 1970.
    pub(super) fn due(&mut self, end: u64, now: u64) -> Option<String> {
        let of_today = (end, now / DAY);
        if now.saturating_add(AHEAD) < end || self.0 == Some(of_today) {
            return None;
        }
        self.0 = Some(of_today);
        Some(match end.checked_sub(now) {
            None | Some(0) => {
                "the certificate has ended, and clients refuse it; put a new one in its place".to_owned()
            }
            Some(left) => format!(
                "the certificate ends in {} days and {} hours; put a new one in its place",
                left / DAY,
                left % DAY / 3600
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY, Warned, not_after, validity_end};

    const LOOPBACK: &[u8] = include_bytes!("../../tests/tls/loopback.pem");

    #[test]
    fn the_end_of_a_certificate_is_found() {
        // `openssl x509 -noout -enddate`: Oct 31 01:45:42 2126 GMT
        assert_eq!(not_after(LOOPBACK), Some(4_949_084_742));
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let garbage: [&[u8]; 4] = [b"", b"x", b"\x30\x80", &[0x30; 64]];
        for bytes in garbage {
            assert_eq!(not_after(bytes), None);
            assert!(validity_end(bytes).is_err());
        }
    }

    #[test]
    fn a_warning_comes_from_two_weeks_before_the_end_on_and_once_a_day() {
        let (end, mut warned) = (1000 * DAY, Warned::default());
        assert_eq!(warned.due(end, end - 15 * DAY), None);
        let first = warned.due(end, end - 14 * DAY).unwrap();
        assert!(first.contains("14 days and 0 hours"), "{first}");
        assert_eq!(warned.due(end, end - 14 * DAY + 3600), None);
        assert!(warned.due(end, end - 13 * DAY).is_some());
        assert!(warned.due(end, end + DAY).unwrap().contains("has ended"));
        assert_eq!(warned.due(end + 90 * DAY, end + DAY), None, "a new one is none to warn of");
    }
}
