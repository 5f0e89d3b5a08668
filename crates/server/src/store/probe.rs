//! Whether the database can be read and written now.

use sliderule_control::store::StoreError;

use super::commit::Admissions;
use super::{Database, failed};

impl Database {
    /// Reads something.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn probe_reading(&self) -> Result<(), StoreError> {
        let doing = "tried to read";
        let read = sqlx::query_scalar::<_, i64>("SELECT number FROM epoch").fetch_one(&self.readers).await;
        read.map(drop).map_err(failed(doing))
    }

    /// Writes something that changes nothing, durably: a full disk or a lost one is seen by that and by nothing less.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn probe_writing(&self) -> Result<(), StoreError> {
        // Every shared commit writes something, also one that has nothing to write.
        self.together("tried to write", Admissions::Kept, |_| Box::pin(async { Ok(()) })).await
    }
}

#[cfg(test)]
mod tests {
    use crate::store::Database;

    #[tokio::test]
    async fn what_is_committed_is_on_the_disk_and_readers_do_not_wait_for_writers() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::open(&dir.path().join("sliderule.db")).await.unwrap();
        for (pragma, wanted) in [
            ("SELECT journal_mode = 'wal' FROM pragma_journal_mode", 1),
            ("SELECT synchronous FROM pragma_synchronous", 2),
            ("SELECT foreign_keys FROM pragma_foreign_keys", 1),
        ] {
            for pool in [&db.writer, &db.readers] {
                let found: i64 = sqlx::query_scalar(pragma).fetch_one(pool).await.unwrap();
                assert_eq!(found, wanted, "{pragma}");
            }
        }
        assert!(sqlx::query("UPDATE epoch SET number = 7").execute(&db.readers).await.is_err());
        db.close().await;
    }

    #[tokio::test]
    async fn commits_are_counted_and_what_is_taken_back_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::open(&dir.path().join("sliderule.db")).await.unwrap();
        let before = db.commits();
        let pages = db.memory.pages_in_log();
        db.probe_writing().await.unwrap();
        assert!(db.memory.pages_in_log() > pages, "something was written");
        db.probe_reading().await.unwrap();
        drop(db.write("did nothing").await.unwrap());
        assert_eq!(db.commits(), before + 1);
        db.close().await;
    }
}
