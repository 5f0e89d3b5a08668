//! Checking a user name and a password: the one place, for every way to sign in.
//!
//! Always holds: an unknown user, a wrong password, a disabled account and one without a password get the same answer,
//! each after exactly one hash.

use secrecy::SecretString;
use sliderule_api::ErrorCode;

use crate::auth::Hasher;
use crate::http::Refusal;
use crate::store::{Database, User};

/// The user of that name, if the password is theirs and they may sign in.
///
/// # Errors
/// It is not, or they may not, which are told apart by nothing; or too many wait for a hash.
pub async fn check(
    db: &Database,
    hasher: &Hasher,
    username: &str,
    password: SecretString,
) -> Result<User, Refusal> {
    let (user, hash) = db.user_to_sign_in(username).await?.unzip();
    let right = hasher.verify(password, hash.flatten()).await.map_err(Refusal::too_busy)?;
    user.filter(|_| right).ok_or_else(|| {
        Refusal::unauthorized(
            ErrorCode::WrongCredentials,
            "No active account found with the given credentials; check user name and password",
        )
    })
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::response::IntoResponse;
    use bytes::Bytes;
    use sliderule_provisioning::time::Moment;

    use super::check;
    use crate::auth::Hasher;
    use crate::http::Refusal;
    use crate::instants::Now;
    use crate::store::{Actor, Database, NewUser};

    const PASSWORD: &str = "correct horse battery staple";

    async fn user(db: &Database, hasher: &Hasher, name: &str, password: Option<&str>) -> i64 {
        let password = match password {
            Some(password) => Some(hasher.hash(password.into()).await.unwrap()),
            None => None,
        };
        let (name, email) = (name.parse().unwrap(), format!("{name}@example.org"));
        db.add_user(&NewUser { name, email, password, github_id: None, at: Moment(1) }).await.unwrap().id
    }

    /// Status, headers and body.
    async fn bytes(refusal: Refusal) -> (String, Bytes) {
        let (parts, body) = refusal.into_response().into_parts();
        (format!("{} {:?}", parts.status, parts.headers), to_bytes(body, 10_000).await.unwrap())
    }

    #[tokio::test]
    async fn whoever_may_not_sign_in_gets_one_answer_after_one_hash() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::open(&dir.path().join("sliderule.db")).await.unwrap();
        let hasher = Hasher::default();
        user(&db, &hasher, "ada", Some(PASSWORD)).await;
        user(&db, &hasher, "octo", None).await;
        user(&db, &hasher, "bob", Some(PASSWORD)).await;
        db.disable_user(
            &"bob".parse().unwrap(),
            true,
            &Actor::command_line(),
            Now { at: Moment(2), seconds: 2 },
        )
        .await
        .unwrap();

        let mut answers = Vec::new();
        let wrong =
            [("nobody", PASSWORD), ("ada", "a guess"), ("octo", PASSWORD), ("octo", ""), ("bob", PASSWORD)];
        for (name, password) in wrong {
            let before = hasher.runs();
            let refused = check(&db, &hasher, name, password.into()).await.unwrap_err();
            assert_eq!(hasher.runs() - before, 1, "{name}");
            answers.push(bytes(refused).await);
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        let before = hasher.runs();
        assert_eq!(check(&db, &hasher, "Ada", PASSWORD.into()).await.unwrap().name.as_str(), "ada");
        assert_eq!(hasher.runs() - before, 1);
        db.close().await;
    }
}
