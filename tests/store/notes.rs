//! Notes and the keys with which programs leave them.

use crate::support::{an_objective, at, begin, on_both, user};
use nines::domain::exclusion::Scope;
use nines::domain::ids::{NoteId, NoteKeyId, ServiceId};
use nines::domain::note::{Author, Note, NoteKind};
use nines::domain::time::{Minute, Span};
use nines::store::note_keys::{self, NoteKey};
use nines::store::{Db, StoreError, notes, objectives, users};

on_both! {
    async fn notes_are_found_by_time_and_scope_until_they_are_withdrawn(db: &Db) {
        let (agreement, objective) = an_objective(db).await;
        let of = objectives::listing(db, objective).await.unwrap().unwrap();
        let mut tx = begin(db).await;
        let ana = users::insert(&mut tx, &user("ana@example.org")).await.unwrap();
        let key = NoteKey {
            id: NoteKeyId(0),
            scope: Scope::Service(of.indicator.service),
            name: "pipeline".to_owned(),
            made_by: Some(ana),
            made_at: at(0),
            used_at: None,
            revoked_at: None,
        };
        let key_id = note_keys::insert(&mut tx, &[7; 32], &key).await.unwrap();
        let note = |scope, start, end, author| Note {
            id: NoteId(0),
            kind: NoteKind::Deploy,
            scope,
            at: Minute(start),
            until: Minute(end),
            text: format!("from {start}"),
            author,
            made_at: at(start),
        };
        let (person, program) = (Author::Person(ana), Author::Program(key_id));
        let mut ids = Vec::new();
        for one in [
            note(Scope::All, 9, 9, person),                            // before
            note(Scope::All, 5, 11, person),                           // reaches into it
            note(Scope::Service(of.indicator.service), 10, 10, program), // its first minute
            note(Scope::Agreement(agreement), 19, 40, person),         // its last minute
            note(Scope::Objective(objective), 20, 20, person),         // after
            note(Scope::Service(ServiceId(of.indicator.service.0 + 1)), 15, 15, person), // of another service
        ] {
            ids.push(notes::insert(&mut tx, &one).await.unwrap());
        }
        tx.commit().await.unwrap();
        let span = Span::new(Minute(10), Minute(20));
        let texts = async |limit| {
            let found = notes::list(db, &of, span, limit).await.unwrap();
            found.into_iter().map(|one| (one.note.text, one.author)).collect::<Vec<_>>()
        };
        let said = |text: &str, author: &str| (text.to_owned(), author.to_owned());
        let ana_name = user("ana@example.org").name;
        assert_eq!(texts(9).await, [said("from 19", &ana_name), said("from 10", "pipeline"), said("from 5", &ana_name)]);
        assert_eq!(texts(1).await, [said("from 19", &ana_name)]);
        let whole = notes::find(db, ids[1]).await.unwrap().unwrap().note;
        assert_eq!(whole, Note { id: ids[1], ..note(Scope::All, 5, 11, person) });
        assert_eq!(notes::count_since(db, person, at(4)).await.unwrap(), 5);
        assert_eq!(notes::count_since(db, person, at(15)).await.unwrap(), 2, "at 19 and 20");
        assert_eq!(notes::count_since(db, program, at(0)).await.unwrap(), 1);

        let mut tx = begin(db).await;
        notes::withdraw(&mut tx, ids[3], ana, at(50)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(texts(1).await, [said("from 10", "pipeline")]);
        assert_eq!(notes::find(db, ids[3]).await.unwrap(), None);
        assert_eq!(notes::count_since(db, person, at(15)).await.unwrap(), 2, "a withdrawn note was left all the same");
        let mut tx = begin(db).await;
        let twice = notes::withdraw(&mut tx, ids[3], ana, at(60)).await;
        assert!(matches!(twice, Err(StoreError::NotFound { .. })), "{twice:?}");
    }

    async fn a_key_opens_by_its_hash_until_it_is_revoked(db: &Db) {
        let (_, objective) = an_objective(db).await;
        let of = objectives::listing(db, objective).await.unwrap().unwrap();
        let mut tx = begin(db).await;
        let ana = users::insert(&mut tx, &user("ana@example.org")).await.unwrap();
        let key = NoteKey {
            id: NoteKeyId(0),
            scope: Scope::Objective(objective),
            name: "<pipeline>".to_owned(),
            made_by: Some(ana),
            made_at: at(0),
            used_at: None,
            revoked_at: None,
        };
        let id = note_keys::insert(&mut tx, &[1; 32], &key).await.unwrap();
        note_keys::note_use(&mut tx, id, at(5)).await.unwrap();
        tx.commit().await.unwrap();
        let kept = NoteKey { id, used_at: Some(at(5)), ..key };
        assert_eq!(note_keys::open(db, &[1; 32]).await.unwrap(), Some(kept.clone()));
        assert_eq!(note_keys::open(db, &[2; 32]).await.unwrap(), None);
        let mut tx = begin(db).await;
        note_keys::revoke(&mut tx, id, ana, at(9)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(note_keys::open(db, &[1; 32]).await.unwrap(), None);
        assert_eq!(note_keys::list(db, &of).await.unwrap(), [NoteKey { revoked_at: Some(at(9)), ..kept }]);
        let mut tx = begin(db).await;
        assert!(note_keys::revoke(&mut tx, id, ana, at(10)).await.is_err(), "once");
    }
}
