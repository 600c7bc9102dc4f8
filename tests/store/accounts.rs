//! Accounts, sessions, settings and the audit log.

use crate::support::{at, begin, on_both, user};
use nines::domain::ids::UserId;
use nines::store::audit::{self, Change};
use nines::store::sessions::{self, Session};
use nines::store::users::{self, Role, User};
use nines::store::{Db, Page, StoreError, settings, setup_tokens};

async fn an_account(db: &Db, email: &str) -> UserId {
    let mut tx = begin(db).await;
    let id = users::insert(&mut tx, &user(email)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

on_both! {
    async fn an_address_is_one_account_whatever_its_case(db: &Db) {
        assert_eq!(users::count(db).await.unwrap(), 0);
        let id = an_account(db, "Änne@Example.org").await;
        assert_eq!(id, UserId(8000));
        let found = users::find_by_email(db, " änne@EXAMPLE.ORG").await.unwrap();
        assert_eq!(found, Some(User { id, ..user("Änne@Example.org") }));
        assert_eq!(users::find(db, id).await.unwrap(), found);
        assert_eq!(users::find_by_email(db, "anne@example.org").await.unwrap(), None);
        let mut tx = begin(db).await;
        let taken = users::insert(&mut tx, &user("ÄNNE@example.org")).await.unwrap_err();
        assert!(taken.is_conflict_on("users.email_key"), "{taken:?}");
        drop(tx);

        let mut tx = begin(db).await;
        users::set_password(&mut tx, id, "new").await.unwrap();
        assert!(matches!(users::set_password(&mut tx, UserId(1), "x").await, Err(StoreError::NotFound { .. })));
        for role in Role::ALL {
            let account = User { role, ..user(&format!("{}@example.org", role.word())) };
            users::insert(&mut tx, &account).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(users::find(db, id).await.unwrap().unwrap().password_hash, "new");
        let roles = users::list(db).await.unwrap().into_iter().skip(1).map(|user| user.role).collect::<Vec<_>>();
        assert_eq!(roles, Role::ALL);
        assert_eq!(users::count(db).await.unwrap(), 5);
    }

    async fn a_set_up_link_works_once_in_time_and_for_the_first_account_only(db: &Db) {
        let (old, new) = ([1; 32], [2; 32]);
        let mut tx = begin(db).await;
        setup_tokens::issue(&mut tx, &old, at(100)).await.unwrap();
        setup_tokens::issue(&mut tx, &new, at(100)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!setup_tokens::is_valid(db, &old, at(1)).await.unwrap(), "void since the new one was issued");
        assert!(setup_tokens::is_valid(db, &new, at(99)).await.unwrap());
        assert!(!setup_tokens::is_valid(db, &new, at(100)).await.unwrap(), "expired");
        let mut tx = begin(db).await;
        assert!(!setup_tokens::redeem(&mut tx, &new, at(100)).await.unwrap());
        assert!(!setup_tokens::redeem(&mut tx, &[3; 32], at(1)).await.unwrap());
        assert!(setup_tokens::redeem(&mut tx, &new, at(99)).await.unwrap());
        assert!(!setup_tokens::redeem(&mut tx, &new, at(99)).await.unwrap(), "used");
        users::insert(&mut tx, &user("ana@example.org")).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = begin(db).await;
        setup_tokens::issue(&mut tx, &[4; 32], at(100)).await.unwrap();
        assert!(!setup_tokens::redeem(&mut tx, &[4; 32], at(1)).await.unwrap(), "there is an account");
    }

    async fn two_people_who_follow_the_set_up_link_at_once_make_one_account(db: &Db) {
        let mut tx = begin(db).await;
        setup_tokens::issue(&mut tx, &[1; 32], at(100)).await.unwrap();
        tx.commit().await.unwrap();
        let set_up = async |email: &str| {
            let mut tx = begin(db).await;
            let redeemed = setup_tokens::redeem(&mut tx, &[1; 32], at(1)).await.unwrap();
            if redeemed {
                users::insert(&mut tx, &user(email)).await.unwrap();
            }
            tx.commit().await.unwrap();
            redeemed
        };
        let (one, two) = tokio::join!(set_up("a@example.org"), set_up("b@example.org"));
        assert!(one ^ two);
        assert_eq!(users::count(db).await.unwrap(), 1);
    }

    async fn sessions_are_kept_until_they_expire_or_are_ended(db: &Db) {
        let ana = an_account(db, "ana@example.org").await;
        let key = |n| [n; 32];
        let session = Session { document: "{\"csrf\":\"x\"}".to_owned(), user: None, created_at: at(0), expires_at: at(100) };
        let mut tx = begin(db).await;
        sessions::save(&mut tx, &key(1), &session).await.unwrap();
        sessions::save(&mut tx, &key(2), &Session { user: Some(ana), ..session.clone() }).await.unwrap();
        sessions::save(&mut tx, &key(3), &Session { user: Some(ana), expires_at: at(50), ..session.clone() }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sessions::load(db, &key(1), at(99)).await.unwrap(), Some(session.clone()));
        assert_eq!(sessions::load(db, &key(1), at(100)).await.unwrap(), None, "expired");
        assert_eq!(sessions::load(db, &key(9), at(0)).await.unwrap(), None);

        let mut tx = begin(db).await;
        assert!(sessions::update(&mut tx, &key(1), "{}", Some(ana), at(200)).await.unwrap());
        assert!(!sessions::update(&mut tx, &key(9), "{}", None, at(200)).await.unwrap(), "gone");
        sessions::save(&mut tx, &key(2), &Session { document: "again".to_owned(), ..session.clone() }).await.unwrap();
        tx.commit().await.unwrap();
        let updated = Session { document: "{}".to_owned(), user: Some(ana), expires_at: at(200), ..session };
        assert_eq!(sessions::load(db, &key(1), at(199)).await.unwrap(), Some(updated));
        assert_eq!(sessions::load(db, &key(2), at(0)).await.unwrap().unwrap().document, "again");

        let mut tx = begin(db).await;
        assert_eq!(sessions::purge(&mut tx, at(50)).await.unwrap(), 1, "the third");
        assert_eq!(sessions::delete_by_user(&mut tx, ana).await.unwrap(), 1, "the first");
        sessions::delete(&mut tx, &key(2)).await.unwrap();
        sessions::delete(&mut tx, &key(2)).await.unwrap();
        tx.commit().await.unwrap();
        for n in 1..=3 {
            assert_eq!(sessions::load(db, &key(n), at(0)).await.unwrap(), None);
        }
    }

    async fn a_setting_is_made_once_and_everybody_gets_the_same(db: &Db) {
        assert_eq!(settings::get(db, "key").await.unwrap(), None);
        let ask = async |value: u8| {
            let mut tx = begin(db).await;
            let got = settings::get_or_insert(&mut tx, "key", &[value, 0, 255]).await.unwrap();
            tx.commit().await.unwrap();
            got
        };
        let (one, two, three) = tokio::join!(ask(1), ask(2), ask(3));
        assert_eq!(one, two);
        assert_eq!(two, three);
        assert_eq!(settings::get(db, "key").await.unwrap(), Some(one));
        let mut tx = begin(db).await;
        settings::put(&mut tx, "key", b"").await.unwrap();
        settings::put(&mut tx, "other", b"x").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(settings::get(db, "key").await.unwrap(), Some(Vec::new()));
    }

    async fn changes_are_listed_newest_first_with_who_made_them(db: &Db) {
        let ana = an_account(db, "ana@example.org").await;
        let create = Change { action: "create", entity: "agreement", entity_id: 4000, before: None, after: Some("{}") };
        let update = Change { action: "update", before: Some("{}"), ..create };
        let other = Change { entity: "service", entity_id: 1000, ..create };
        let mut tx = begin(db).await;
        audit::append(&mut tx, at(1), Some(ana), create).await.unwrap();
        audit::append(&mut tx, at(2), None, other).await.unwrap();
        audit::append(&mut tx, at(3), Some(ana), update).await.unwrap();
        tx.commit().await.unwrap();
        let entries = audit::list(db, Page::first(2)).await.unwrap();
        assert_eq!(entries.iter().map(|e| (e.at, e.who)).collect::<Vec<_>>(), [(at(3), Some(ana)), (at(2), None)]);
        assert_eq!(entries[0].who_name.as_deref(), Some("Ana"));
        assert_eq!((entries[0].before.as_deref(), entries[0].after.as_deref()), (Some("{}"), Some("{}")));
        let of_agreement = audit::list_of(db, "agreement", 4000, Page::first(9)).await.unwrap();
        assert_eq!(of_agreement.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(), ["update", "create"]);
        assert_eq!(audit::list(db, Page { limit: 9, offset: 2 }).await.unwrap()[0].id, 10_000);
    }
}
