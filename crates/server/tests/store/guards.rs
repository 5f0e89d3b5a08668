//! What the schema itself refuses, whoever writes: each rule is broken through a second connection.

use sliderule_api::MicroUsd;
use sliderule_provisioning::account::Posting;
use sliderule_provisioning::change::Breach;

use crate::stage::{Books, charge, line, reserve};

/// An organization with ten dollars, of which a tenth is reserved, and something of that charged: its ledger ends with
/// line 3, a balance of 9,999,900, and 999,900 reserved.
async fn books() -> Books {
    let books = Books::of_acme().await;
    let charged = charge(crate::stage::NOW, "charge", Some("ada"), 100);
    books.change(&[reserve(0, 1_000_000), charged]).await.unwrap();
    books
}

/// An insertion of a line. The columns of its end: kind, amount, set aside, reservation, payers, key; then the balance,
/// what is reserved, what was credited, and the number of reservations after it.
fn insert(number: i64, rest: &str) -> String {
    format!(
        "INSERT INTO ledger (organization_id, line, at_ms, note, kind, amount_micro_usd, set_aside, reservation, payers,
             idempotency_key, balance_after, reserved_after, credited_after, reservations_after)
         VALUES (1, {number}, 0, '', {rest})"
    )
}

async fn refused(books: &Books, statement: impl Into<String>, why: &str) {
    let statement = statement.into();
    let before = books.account().await;
    let refused = books.sql(statement.clone()).await.expect_err(&statement);
    assert!(refused.contains(why), "{statement}\nwas refused with {refused}, and not with {why}");
    assert_eq!(books.account().await, before, "{statement}");
}

#[tokio::test]
async fn lines_are_never_changed_removed_or_replaced() {
    let books = books().await;
    refused(&books, "UPDATE ledger SET amount_micro_usd = 1", "never changed").await;
    refused(&books, "UPDATE ledger SET note = 'another'", "never changed").await;
    refused(&books, "DELETE FROM ledger", "never removed").await;
    let same = "'charge', -1, -1, 0, NULL, 'new', 9999899, 999899, 10000000, 1";
    let replace = insert(3, same).replace("INSERT", "INSERT OR REPLACE");
    refused(&books, replace, "does not follow").await;
    let replace = insert(4, &same.replace("'new'", "'charge'")).replace("INSERT", "INSERT OR REPLACE");
    refused(&books, replace, "under that key already").await;
    books.sql(insert(4, same)).await.expect("a line that follows is written");
}

#[tokio::test]
async fn a_line_follows_from_the_one_before() {
    let books = books().await;
    for (rest, what) in [
        ("'charge', -1, -1, 0, NULL, 'k', 9999900, 999899, 10000000, 1", "another balance"),
        ("'charge', -1, -1, 0, NULL, 'k', 9999899, 999900, 10000000, 1", "another reservation"),
        ("'charge', -1, -1, 0, NULL, 'k', 9999899, 999899, 10000001, 1", "another credit"),
        ("'charge', -1, -1, 0, NULL, 'k', 9999899, 999899, 10000000, 2", "another number"),
        ("'charge', -1, -1, 0, NULL, 'k', 9999899, NULL, 10000000, 1", "nothing pending"),
        ("'settle', 0, -999899, 0, NULL, 'k', 9999900, NULL, 10000000, 1", "a rest that is not the rest"),
        ("'settle', 0, -999900, 0, NULL, 'k', 9999900, 0, 10000000, 1", "settled and still pending"),
        ("'credit', 5, 0, NULL, NULL, 'k', 9999905, 999900, 10000000, 1", "a credit that is not counted"),
    ] {
        eprintln!("{what}");
        refused(&books, insert(4, rest), "ledger: the line does not follow from the one before").await;
    }
    let right = "'charge', -1, -1, 0, NULL, 'k', 9999899, 999899, 10000000, 1";
    for number in [2, 3, 5] {
        refused(&books, insert(number, right), "does not follow").await;
    }
    refused(&books, insert(0, right), "does not follow").await;
}

#[tokio::test]
async fn kinds_have_their_sign_and_their_columns() {
    let books = books().await;
    for rest in [
        "'credit', 0, 0, NULL, NULL, 'k', 9999900, 999900, 10000000, 1",
        "'credit', -5, 0, NULL, NULL, 'k', 9999895, 999900, 9999995, 1",
        "'charge', 5, 5, 0, NULL, 'k', 9999905, 999905, 10000000, 1",
        "'charge', -5, 0, 0, NULL, 'k', 9999895, 999900, 10000000, 1",
        "'overrun', 5, 0, NULL, NULL, 'k', 9999905, 999900, 10000000, 1",
        "'overrun', 0, 0, NULL, NULL, 'k', 9999900, 999900, 10000000, 1",
        "'adjustment', 0, 0, NULL, NULL, 'k', 9999900, 999900, 10000000, 1",
        "'gift', 5, 0, NULL, NULL, 'k', 9999905, 999900, 10000000, 1",
    ] {
        refused(&books, insert(4, rest), "kind_and_sign").await;
    }
    for rest in [
        "'adjustment', 5, 5, NULL, NULL, 'k', 9999905, 999905, 10000000, 1",
        "'adjustment', 5, 0, 0, NULL, 'k', 9999905, 999900, 10000000, 1",
        "'charge', -5, -5, 0, '[]', 'k', 9999895, 999895, 10000000, 1",
    ] {
        refused(&books, insert(4, rest), "shape").await;
    }
    refused(
        &books,
        insert(4, "'adjustment', 1.5, 0, NULL, NULL, 'k', 9999901.5, 999900, 10000000, 1"),
        "REAL",
    )
    .await;
}

#[tokio::test]
async fn nothing_is_reserved_that_is_not_available_or_beside_another() {
    let books = Books::of_acme().await;
    let reserve_raw = |amount: i64, number: i64| {
        format!("'reserve', 0, {amount}, {number}, '[]', 'k', 10000000, {amount}, 10000000, {}", number + 1)
    };
    let covered = rule(&Breach::NotCovered);
    refused(&books, insert(2, &reserve_raw(10_000_001, 0)), &covered).await;
    refused(&books, insert(2, &reserve_raw(1, 1)), &rule(&Breach::AlreadyReserved)).await;
    books.sql(insert(2, &reserve_raw(10_000_000, 0))).await.expect("all there is");
    let second = "'reserve', 0, 0, 1, '[]', 'k2', 10000000, 0, 10000000, 2";
    refused(&books, insert(3, second), &rule(&Breach::AlreadyReserved)).await;
    refused(&books, "INSERT INTO pending_reservations VALUES (1, 1)", "UNIQUE").await;

    // With a debt, not even nothing is reserved.
    let books = Books::of_acme().await;
    let bill = Posting::Adjust { amount: MicroUsd(-10_000_001) };
    books.change(&[line("bill", bill)]).await.unwrap();
    let nothing = "'reserve', 0, 0, 0, '[]', 'k', -1, 0, 10000000, 1";
    refused(&books, insert(3, nothing), &covered).await;
}

#[tokio::test]
async fn what_is_charged_was_reserved_and_a_reservation_is_settled_once() {
    let books = books().await;
    let too_much = "'charge', -999901, -999901, 0, NULL, 'k', 8999999, -1, 10000000, 1";
    refused(&books, insert(4, too_much), &rule(&Breach::PostedTooMuch)).await;
    let pending = rule(&Breach::NotPending);
    let other = "'charge', -1, -1, 1, NULL, 'k', 9999899, 999899, 10000000, 1";
    refused(&books, insert(4, other), &pending).await;
    refused(&books, insert(4, "'settle', 0, -999900, 1, NULL, 'k', 9999900, NULL, 10000000, 1"), &pending)
        .await;
    let settle = Posting::Settle { reservation: 0 };
    books.change(&[line("settle", settle)]).await.unwrap();
    for rest in [
        "'settle', 0, 0, 0, NULL, 'k', 9999900, NULL, 10000000, 1",
        "'charge', 0, 0, 0, NULL, 'k', 9999900, NULL, 10000000, 1",
    ] {
        refused(&books, insert(5, rest), &pending).await;
    }
    let again = "'reserve', 0, 5, 0, '[]', 'k', 9999900, 5, 10000000, 2";
    refused(&books, insert(5, again), &rule(&Breach::AlreadyReserved)).await;
}

#[tokio::test]
async fn a_key_stands_for_one_line_of_one_organization() {
    let books = books().await;
    let again = "'adjustment', 5, 0, NULL, NULL, 'charge', 9999905, 999900, 10000000, 1";
    refused(&books, insert(4, again), "ledger: a line stands under that key already").await;
    books.add_organization("emca", 5).await;
    let change = "INSERT INTO ledger (organization_id, line, at_ms, note, kind, amount_micro_usd, set_aside, \
                  idempotency_key, balance_after, credited_after, reservations_after) \
                  VALUES (2, 2, 0, '', 'adjustment', 1, 0, 'charge', 6, 5, 0)";
    books.sql(change).await.expect("another organization's key is another key");
}

/// How the schema says that a rule is broken.
fn rule(breach: &Breach) -> String {
    format!("ledger: {breach}")
}
