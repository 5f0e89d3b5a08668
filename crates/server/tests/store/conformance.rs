//! The suite that every store must pass.

use sliderule_control::conformance;

use crate::stage::Books;

#[tokio::test]
async fn the_database_does_what_every_store_must_do() {
    let books = Books::empty().await;
    for seed in 0..4 {
        conformance::check(&books, seed).await.unwrap();
    }
}
