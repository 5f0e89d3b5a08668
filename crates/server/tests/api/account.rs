//! Signing in to one's own account, without an organization.

use crate::test_app::TestApp;

#[tokio::test]
async fn a_token_for_the_account_opens_no_organization() {
    let app = TestApp::start().await.with_acme().await;
    let account = app.account_token("ada").await;
    let refused = app.get("/api/v1/organizations/acme/status", &account).await;
    assert_eq!(
        (refused.status.as_u16(), refused.text("code")),
        (403, "reauthentication_required".to_owned())
    );
    let refused = app.get("/clusters/acme/source/version", &account).await;
    assert_eq!(refused.status, 403, "{refused}");
}
