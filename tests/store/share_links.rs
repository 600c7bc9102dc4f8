//! Links for people without an account.

use crate::support::{an_objective, at, begin, on_both, user};
use nines::domain::ids::ShareLinkId;
use nines::store::share_links::{self, ShareLink};
use nines::store::{Db, StoreError, users};

on_both! {
    async fn a_link_opens_by_its_hash_until_it_expires_or_is_revoked(db: &Db) {
        let (agreement, objective) = an_objective(db).await;
        let mut tx = begin(db).await;
        let ana = users::insert(&mut tx, &user("ana@example.org")).await.unwrap();
        let sheet = ShareLink {
            id: ShareLinkId(0),
            agreement,
            objective: None,
            note: "for <ACME>".to_owned(),
            made_by: Some(ana),
            made_at: at(0),
            expires_at: Some(at(100)),
            used_at: None,
            revoked_by: None,
            revoked_at: None,
        };
        let badge = ShareLink { objective: Some(objective), expires_at: None, ..sheet.clone() };
        let one = share_links::insert(&mut tx, &[1; 32], &sheet).await.unwrap();
        let two = share_links::insert(&mut tx, &[2; 32], &badge).await.unwrap();
        tx.commit().await.unwrap();
        let (sheet, badge) = (ShareLink { id: one, ..sheet }, ShareLink { id: two, ..badge });
        assert_eq!(share_links::list(db, agreement).await.unwrap(), [badge.clone(), sheet.clone()]);
        assert_eq!(share_links::open(db, &[1; 32], at(99)).await.unwrap(), Some(sheet.clone()));
        assert_eq!(share_links::open(db, &[1; 32], at(100)).await.unwrap(), None, "expired");
        assert_eq!(share_links::open(db, &[3; 32], at(0)).await.unwrap(), None, "never made");
        assert!(sheet.is_open(at(99)) && !sheet.is_open(at(100)) && badge.is_open(at(1_000_000)));

        let mut tx = begin(db).await;
        share_links::note_use(&mut tx, two, at(50)).await.unwrap();
        share_links::revoke(&mut tx, two, Some(ana), at(60)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(share_links::open(db, &[2; 32], at(61)).await.unwrap(), None, "revoked");
        let revoked = ShareLink { used_at: Some(at(50)), revoked_by: Some(ana), revoked_at: Some(at(60)), ..badge };
        assert_eq!(share_links::find(db, two).await.unwrap(), Some(revoked));
        let mut tx = begin(db).await;
        let twice = share_links::revoke(&mut tx, two, Some(ana), at(70)).await;
        assert!(matches!(twice, Err(StoreError::NotFound { .. })), "{twice:?}");
    }

    async fn a_sheet_without_an_end_is_refused(db: &Db) {
        let (agreement, _) = an_objective(db).await;
        let endless = ShareLink {
            id: ShareLinkId(0),
            agreement,
            objective: None,
            note: String::new(),
            made_by: None,
            made_at: at(0),
            expires_at: None,
            used_at: None,
            revoked_by: None,
            revoked_at: None,
        };
        let mut tx = begin(db).await;
        assert!(share_links::insert(&mut tx, &[1; 32], &endless).await.is_err());
    }
}
