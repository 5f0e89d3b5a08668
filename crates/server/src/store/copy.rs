//! Files of the database that no server has open: copies for backups.

use std::path::Path;

use sliderule_control::store::StoreError;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::{BUSY, SCHEMA, failed};
use crate::Error;

/// How far a restore moves the count of servers' terms on: further than any server can have come that went on with the
/// database after the backup was made.
const TERMS: i64 = 1 << 32;

/// Copies a database, whoever has it open, as of one instant into an empty file; writers do not wait for that.
///
/// # Errors
/// It cannot be read, or the copy not be written.
pub(crate) async fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let doing = "copied the database";
    let name = to.to_str().ok_or_else(|| Error::Input(format!("{} is not UTF-8", to.display())))?;
    let done = with(from, doing, async |connection| {
        sqlx::query("VACUUM INTO ?").bind(name).execute(connection).await.map(drop)
    });
    done.await.map_err(Error::from)
}

/// Reads a copy of a database from end to end. Returns its schema. What is wrong is told of `named`, which it is a copy of.
///
/// # Errors
/// It is damaged, or of a newer release.
pub(crate) async fn check(path: &Path, named: &Path) -> Result<i64, Error> {
    let doing = "checked the database";
    let found = with(path, doing, async |connection| {
        let problems: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *connection).await?;
        let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *connection).await?.len();
        let schema: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await?;
        Ok((problems, orphans, schema))
    });
    let (problems, orphans, found) = found.await?;
    if problems != ["ok"] || orphans > 0 {
        let why = problems.into_iter().find(|problem| problem != "ok");
        let why = why.unwrap_or_else(|| format!("{orphans} rows refer to others that are missing"));
        return Err(Error::Failed(format!("the database {} is damaged: {why}", named.display())));
    }
    match found {
        1..=SCHEMA => Ok(found),
        found if found > SCHEMA => Err(Error::NewerSchema { path: named.to_owned(), found, known: SCHEMA }),
        _ => Err(Error::Failed(format!("{} is no database of sliderule-ps", named.display()))),
    }
}

/// Ends the term of every server that wrote this database, or one that it was copied from, up to now.
///
/// # Errors
/// It cannot be written.
pub(crate) async fn end_terms(path: &Path) -> Result<(), Error> {
    let done = with(path, "ended the terms of former servers", async |connection| {
        // Before the second schema no server had a term.
        let counts = "SELECT count(*) FROM sqlite_schema WHERE name = 'epoch'";
        if sqlx::query_scalar::<_, i64>(counts).fetch_one(&mut *connection).await? > 0 {
            let later = sqlx::query("UPDATE epoch SET number = number + ?").bind(TERMS);
            later.execute(connection).await?;
        }
        Ok(())
    });
    done.await.map_err(Error::from)
}

/// Opens the file for a while, and leaves its schema and its journal as they are.
async fn with<T>(
    path: &Path,
    doing: &'static str,
    work: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>,
) -> Result<T, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(true).busy_timeout(BUSY);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(failed(doing))?;
    let done = work(&mut connection).await;
    let closed = connection.close().await;
    done.and_then(|done| closed.map(|()| done)).map_err(failed(doing))
}
