//! Backups: the same again, whatever is written meanwhile; and nothing of what was damaged on the way.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sliderule_api::{MicroUsd, UtcTime};
use sliderule_control::{Clock, Store};
use sliderule_provisioning::account::Posting;
use sliderule_server::Error;
use sliderule_server::backup::{self, Manifest};
use sliderule_server::data::{BACKED_UP, DataDir};
use tempfile::TempDir;

use crate::stage::{Books, line};

/// A data directory of ada's acme, with keys, and a place for backups.
struct Original {
    books: Books,
    data: DataDir,
    around: TempDir,
}

impl Original {
    async fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        let books = Books::of_acme().await;
        let data = DataDir::open(books.db.path().parent().unwrap()).unwrap();
        fs::write(data.node_key(), [7; 32]).unwrap();
        data.save_steady_clock(&data.steady_clock().unwrap()).unwrap();
        Self { books, data, around }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.around.path().join(name)
    }

    async fn back_up(&self, name: &str) -> Result<Manifest, Error> {
        backup::make(&self.data, &self.place(name), UtcTime("2026-11-24T09:30:00Z".to_owned())).await
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn refused(into: &Path, from: &Path) -> String {
    backup::restore(into, from).await.unwrap_err().to_string()
}

#[tokio::test]
async fn what_is_restored_is_what_there_was_for_its_owner_only() {
    let original = Original::new().await;
    let manifest = original.back_up("backup").await.unwrap();
    assert_eq!(names(original.around.path()), ["backup"], "nothing else is left");
    assert_eq!(mode(&original.place("backup")), 0o600);

    let copy = original.place("copy");
    assert_eq!(backup::restore(&copy, &original.place("backup")).await.unwrap(), manifest);
    assert_eq!(mode(&copy), 0o700);
    assert!(BACKED_UP.iter().all(|name| mode(&copy.join(name)) == 0o600));
    assert_eq!(fs::read(copy.join("node.key")).unwrap(), [7; 32]);
    let data = DataDir::existing(&copy).unwrap();
    let lag = data.steady_clock().unwrap().now().since(original.data.steady_clock().unwrap().now());
    assert!(lag.as_secs() < 5, "steady time goes on");
    let (db, acme) = (data.database().await.unwrap(), "acme".parse().unwrap());
    assert_eq!(db.cluster(&acme).await.unwrap().unwrap(), original.books.cluster("acme").await);
    db.close().await;
}

#[tokio::test]
async fn a_server_of_the_former_directory_has_no_term_after_a_restore() {
    let original = Original::new().await;
    let old = original.books.db.begin_epoch().await.unwrap();
    original.back_up("backup").await.unwrap();
    let later = original.books.db.begin_epoch().await.unwrap();
    backup::restore(&original.place("copy"), &original.place("backup")).await.unwrap();
    let db = DataDir::existing(&original.place("copy")).unwrap().database().await.unwrap();
    let new = db.begin_epoch().await.unwrap();
    assert!(old < later && later < new, "{old:?} {later:?} {new:?}");
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_money_moves_a_backup_is_of_one_instant() {
    let original = Original::new().await;
    let credited = async || original.books.account().await.credited.0 - 10_000_000;
    for round in 0..3 {
        let (name, before) = (format!("backup-{round}"), credited().await);
        let writing = async {
            for number in 0.. {
                let credit = Posting::Credit { amount: MicroUsd(1) };
                original.books.change(&[line(&format!("credit:{round}:{number}"), credit)]).await.unwrap();
            }
        };
        tokio::select! {
            () = writing => unreachable!("it never ends"),
            made = original.back_up(&name) => drop(made.unwrap()),
        }
        let after = credited().await;

        let copy = original.place(&format!("copy-{round}"));
        backup::restore(&copy, &original.place(&name)).await.unwrap();
        let db = DataDir::existing(&copy).unwrap().database().await.unwrap();
        let account = db.account(&"acme".parse().unwrap()).await.unwrap().unwrap();
        let sum = account.lines.iter().map(|line| line.amount).sum::<MicroUsd>();
        assert_eq!(account.cluster.account.balance, sum, "the lines add up");
        let found = sum.0 - 10_000_000;
        assert!((before..=after).contains(&found), "{before} {found} {after}");
        db.close().await;
    }
    assert!(credited().await > 0, "writers do not wait for a backup");
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_leaves_nothing_or_the_damage_changes_nothing() {
    let original = Original::new().await;
    original.back_up("backup").await.unwrap();
    let good = fs::read(original.place("backup")).unwrap();
    let (bad, into) = (original.place("bad"), original.place("into"));
    let mut harmless = 0;
    let step = good.len() / 150;
    for at in (0..good.len()).step_by(step) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x20;
        fs::write(&bad, &bytes).unwrap();
        match backup::restore(&into, &bad).await {
            Err(error) => {
                assert!(matches!(error, Error::Backup { .. }), "byte {at}: {error}");
                assert!(!into.exists(), "byte {at} left something");
            }
            Ok(_) => {
                harmless += 1;
                assert_eq!(fs::read(into.join("node.key")).unwrap(), [7; 32]);
                let db = DataDir::existing(&into).unwrap().database().await.unwrap();
                assert_eq!(
                    db.cluster(&"acme".parse().unwrap()).await.unwrap().unwrap().account.balance.0,
                    10_000_000
                );
                db.close().await;
                fs::remove_dir_all(&into).unwrap();
            }
        }
    }
    assert!(harmless < 20, "{harmless} changes of a byte went unseen");
    for end in (0..good.len() - 1024).step_by(step * 3) {
        fs::write(&bad, &good[..end]).unwrap();
        assert!(matches!(backup::restore(&into, &bad).await, Err(Error::Backup { .. })), "cut off at {end}");
        assert!(!into.exists(), "cut off at {end}, it left something");
    }
}

#[tokio::test]
async fn what_is_no_backup_or_of_a_newer_release_is_refused_by_the_reason() {
    let original = Original::new().await;
    let (into, file) = (original.place("into"), original.place("file"));
    for (content, reason) in [(&b""[..], "empty"), (b"no backup", "no backup"), (&[0; 2048], "empty")] {
        fs::write(&file, content).unwrap();
        let refused = refused(&into, &file).await;
        assert!(refused.contains(reason), "{refused}");
    }
    let mut foreign = tar::Builder::new(fs::File::create(&file).unwrap());
    let mut header = tar::Header::new_ustar();
    header.set_size(5);
    foreign.append_data(&mut header, "etc/passwd", &b"root:"[..]).unwrap();
    foreign.into_inner().unwrap();
    assert!(refused(&into, &file).await.contains("it does not begin with"));
    assert!(refused(&into, Path::new("/nowhere")).await.contains("/nowhere"));

    original.books.sql("PRAGMA user_version = 1000").await.unwrap();
    let newer = original.back_up("newer").await.unwrap_err();
    assert!(matches!(newer, Error::NewerSchema { found: 1000, .. }), "{newer}");
    assert_eq!(names(original.around.path()), ["file"], "nothing is left of what was refused");
}

#[tokio::test]
async fn a_damaged_database_makes_no_backup() {
    let original = Original::new().await;
    original.books.sql("PRAGMA foreign_keys = off; DELETE FROM users").await.unwrap();
    let damaged = original.back_up("backup").await.unwrap_err().to_string();
    assert!(damaged.contains("sliderule.db is damaged"), "{damaged}");
    assert!(!original.place("backup").exists());
}

#[tokio::test]
async fn a_directory_that_has_a_database_or_a_server_and_a_file_that_exists_are_left_alone() {
    let original = Original::new().await;
    original.back_up("backup").await.unwrap();
    let backup = original.place("backup");
    let before = fs::read(&backup).unwrap();
    assert!(original.back_up("backup").await.unwrap_err().to_string().contains("choose another name"));
    assert_eq!(fs::read(&backup).unwrap(), before);

    let of_another = refused(original.data.path(), &backup).await;
    assert!(of_another.contains("already"), "{of_another}");
    assert_eq!(original.books.cluster("acme").await.account.balance.0, 10_000_000);

    let served = original.place("served");
    let lock = DataDir::open(&served).unwrap().lock().unwrap();
    assert!(refused(&served, &backup).await.contains("server.lock"));
    drop(lock);
    backup::restore(&served, &backup).await.unwrap();
}

#[tokio::test]
async fn a_restore_that_was_killed_is_no_data_directory_until_it_is_run_again() {
    let original = Original::new().await;
    original.back_up("backup").await.unwrap();
    let whole = original.place("whole");
    backup::restore(&whole, &original.place("backup")).await.unwrap();
    // Killed while it unpacked, after it had moved some of the files, and after it had moved all.
    for moved in 0..=BACKED_UP.len() {
        let killed = original.place(&format!("killed-{moved}"));
        fs::create_dir_all(killed.join("restoring")).unwrap();
        for (number, name) in BACKED_UP.iter().enumerate() {
            let to = if number < moved { killed.clone() } else { killed.join("restoring") };
            fs::copy(whole.join(name), to.join(name)).unwrap();
        }
        for attempt in [DataDir::open(&killed), DataDir::existing(&killed)] {
            let refused = attempt.unwrap_err().to_string();
            assert!(refused.contains("restore") || refused.contains("sliderule.db"), "{refused}");
        }
        // Even with a backup that cannot be used, nothing half is left to start from.
        fs::write(original.place("bad"), "bad").unwrap();
        refused(&killed, &original.place("bad")).await;
        assert!(DataDir::open(&killed).is_err(), "it stays refused");
        backup::restore(&killed, &original.place("backup")).await.unwrap();
        DataDir::existing(&killed).unwrap().database().await.unwrap().close().await;
        assert!(!names(&killed).contains(&"restoring".to_owned()));
    }
}
