//! Revisions of agreements: kept whole, found by the minute, applied once, withdrawn while they wait.

use crate::support::{agreement, an_objective, at, begin, on_both, user};
use chrono::Weekday;
use nines::domain::calendar::Anchor;
use nines::domain::contract::{AgreementTerms, ObjectiveTerms};
use nines::domain::credit::{Credit, CreditTexts};
use nines::domain::ids::{AgreementId, RevisionId};
use nines::domain::model::{Agreement, Objective, Window};
use nines::domain::recovery::RecoveryTargets;
use nines::domain::schedule::Schedule;
use nines::domain::target::Target;
use nines::domain::terms::{Counting, Method, Policy, SliceMinutes};
use nines::domain::time::Minute;
use nines::store::revisions::Revision;
use nines::store::{Db, agreements, objectives, revisions, users};

const DECEMBER: Minute = Minute(29_700_000);

/// Everything that an agreement can say.
fn rich(id: AgreementId) -> Agreement {
    let credit = CreditTexts { tiers: "99.9: 10, 99: 25".to_owned(), ..CreditTexts::default() };
    let terms = AgreementTerms {
        anchor: Anchor::new(Weekday::Sun, 15, 4).unwrap(),
        hours: Some(Schedule::parse("Mon-Fri 08:00-18:00", "2026-12-25 Christmas").unwrap()),
        credit: Credit::parse(&credit).unwrap(),
        recovery: RecoveryTargets { mttr_minutes: Some(15), ..RecoveryTargets::default() },
        ..AgreementTerms::default()
    };
    Agreement { id, terms, ..agreement("gold") }
}

fn revision(number: i64, effective: Minute, agreement: &Agreement, objectives: &[Objective]) -> Revision {
    Revision {
        id: RevisionId(0),
        number,
        effective,
        made_at: at(number),
        made_by: None,
        made_by_name: None,
        note: format!("no. {number}"),
        applied_at: None,
        agreement: agreement.clone(),
        objectives: objectives.to_vec(),
    }
}

async fn kept(db: &Db, revision: &Revision) -> RevisionId {
    let mut tx = begin(db).await;
    let id = revisions::insert(&mut tx, revision).await.unwrap();
    tx.commit().await.unwrap();
    id
}

on_both! {
    async fn a_revision_comes_back_as_it_was_kept(db: &Db) {
        let (id, objective) = an_objective(db).await;
        let mut tx = begin(db).await;
        let ana = users::insert(&mut tx, &user("ana@example.org")).await.unwrap();
        tx.commit().await.unwrap();
        let stored = objectives::find(db, objective).await.unwrap().unwrap();
        let counting = Counting {
            method: Method::RatioTimeslices { slice: SliceMinutes::FIVE },
            unknown: Policy::Bad,
            ..Counting::default()
        };
        let other = Objective {
            target: Target::parse("99.9999").unwrap(),
            window: Window::Calendar,
            terms: ObjectiveTerms { counting, weight: 7, ..ObjectiveTerms::default() },
            ..stored.clone()
        };
        for (number, agreement, objectives) in [
            (1, agreements::find(db, id).await.unwrap().unwrap(), vec![stored.clone()]),
            (2, rich(id), vec![other, stored]),
            (3, rich(id), vec![]),
        ] {
            let mut revision = Revision {
                made_by: Some(ana),
                applied_at: Some(at(9)),
                ..revision(number, Minute(number), &agreement, &objectives)
            };
            revision.id = kept(db, &revision).await;
            revision.made_by_name = Some("Ana".to_owned());
            assert_eq!(revisions::list(db, id).await.unwrap()[0], revision);
        }
        assert_eq!(revisions::list(db, id).await.unwrap().last().unwrap().id, RevisionId(11_000));
        let mut tx = begin(db).await;
        let taken = revisions::insert(&mut tx, &revision(3, DECEMBER, &rich(id), &[])).await.unwrap_err();
        assert!(taken.is_conflict_on("revisions.agreement, revisions.number"), "{taken:?}");
    }

    async fn the_newest_that_is_effective_is_in_force(db: &Db) {
        let (id, _) = an_objective(db).await;
        assert_eq!(revisions::in_force(db, id, DECEMBER).await.unwrap(), None);
        // the fourth was decided last and goes back before the third
        let effective = [Minute(10), Minute(50), Minute(90), Minute(70)];
        for (number, effective) in (1..).zip(effective) {
            kept(db, &revision(number, effective, &rich(id), &[])).await;
        }
        let history = revisions::list(db, id).await.unwrap();
        for (minute, number) in [(0, 1), (10, 1), (49, 1), (50, 2), (69, 2), (70, 4), (90, 4), (500, 4)] {
            let found = revisions::in_force(db, id, Minute(minute)).await.unwrap().unwrap();
            assert_eq!(found.number, number, "minute {minute}");
            assert_eq!(revisions::among(&history, Minute(minute)), Some(&found), "minute {minute}");
        }
        assert_eq!(revisions::among(&[], DECEMBER), None);
    }

    async fn what_waits_is_applied_once_or_withdrawn(db: &Db) {
        let (id, _) = an_objective(db).await;
        let first = Revision { applied_at: Some(at(0)), ..revision(1, Minute(0), &rich(id), &[]) };
        kept(db, &first).await;
        assert_eq!(revisions::pending(db, id).await.unwrap(), None);
        let waiting = kept(db, &revision(2, DECEMBER, &rich(id), &[])).await;
        assert_eq!(revisions::pending(db, id).await.unwrap().unwrap().id, waiting);
        assert_eq!(revisions::due(db, DECEMBER.plus(-1)).await.unwrap(), []);
        assert_eq!(revisions::due(db, DECEMBER).await.unwrap()[0].id, waiting);

        let mut tx = begin(db).await;
        assert!(revisions::mark_applied(&mut tx, waiting, at(5)).await.unwrap());
        assert!(!revisions::mark_applied(&mut tx, waiting, at(6)).await.unwrap());
        assert!(!revisions::withdraw(&mut tx, waiting).await.unwrap(), "what was applied stays");
        tx.commit().await.unwrap();
        assert_eq!(revisions::list(db, id).await.unwrap()[0].applied_at, Some(at(5)));
        assert_eq!(revisions::due(db, DECEMBER).await.unwrap(), []);

        let third = kept(db, &revision(3, DECEMBER, &rich(id), &[])).await;
        let mut tx = begin(db).await;
        assert!(revisions::withdraw(&mut tx, third).await.unwrap());
        assert!(!revisions::withdraw(&mut tx, third).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(revisions::pending(db, id).await.unwrap(), None);
        assert_eq!(revisions::list(db, id).await.unwrap().len(), 2);
    }
}
