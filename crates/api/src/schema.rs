//! What the document of the API says about types that are text or a number on the wire.

use std::borrow::Cow;

use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::tokens::Audience;
use crate::{EmailAddress, MicroUsd, NodeId, OrganizationName, ReleaseVersion, RequestId, UserName, UtcTime};

macro_rules! plain {
    ($($name:ident: $kind:ident $($format:ident)?, $description:literal, $example:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let schema = ObjectBuilder::new()
                    .schema_type(SchemaType::Type(Type::$kind))
                    $(.format(Some(SchemaFormat::KnownFormat(KnownFormat::$format))))?
                    .description(Some($description))
                    .examples([$example]);
                schema.into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )*};
}
plain! {
    OrganizationName: String, "An organization: a lower-case DNS label.", "acme";
    UserName: String, "A user's name: 1 to 150 letters, digits and . _ - + @", "ada";
    NodeId: String, "A node.", "0190a6b4-7c1e-7a70-9d0c-3f3b1f8e2a11";
    RequestId: String, "A capacity request.", "0190a6b4-7c1e-7a70-9d0c-3f3b1f8e2a11";
    ReleaseVersion: String, "A release number.", "v4.20.0";
    Audience: String, "An organization, or `ps` for one's own account.", "acme";
    EmailAddress: String Email, "An e-mail address.", "ada@example.org";
    UtcTime: String DateTime, "An instant in UTC (RFC 3339).", "2026-11-24T09:30:00Z";
    MicroUsd: Integer Int64, "Millionths of a US dollar; negative amounts are debts or charges.", 226_000;
}
