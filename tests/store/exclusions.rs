//! Exclusions and the causes of outages.

use crate::support::{an_objective, at, begin, on_both, user};
use nines::domain::exclusion::{Category, Exclusion, Scope, Signed, State};
use nines::domain::ids::{ExclusionId, UserId};
use nines::domain::recurrence::Recurrence;
use nines::domain::time::{Minute, Span};
use nines::store::outage_causes::OutageCause;
use nines::store::{Db, Page, StoreError, exclusions, objectives, outage_causes, users};

/// A Sunday in November 2026, 01:00 UTC.
const SUNDAY: i64 = 29_921_820;

fn proposal(scope: Scope, from: i64, by: Option<UserId>) -> Exclusion {
    let first = Span::new(Minute(from), Minute(from + 120));
    Exclusion {
        scope,
        category: Category::ThirdParty,
        reason: "Ärger mit <dem> Netz; 'quoted'".to_owned(),
        state: State::Proposed,
        proposed: Signed { by, at: at(500) },
        decided: None,
        ..Exclusion::planned(first)
    }
}

async fn insert(db: &Db, exclusion: &Exclusion) -> ExclusionId {
    let mut tx = begin(db).await;
    let id = exclusions::insert(&mut tx, exclusion).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn decide(db: &Db, id: ExclusionId, (from, to): (State, State), decided: Signed) -> Result<(), StoreError> {
    let mut tx = begin(db).await;
    exclusions::decide(&mut tx, id, from, to, decided, "as agreed").await?;
    tx.commit().await
}

on_both! {
    async fn every_scope_and_rule_comes_back(db: &Db) {
        let (agreement, objective) = an_objective(db).await;
        let service = objectives::listing(db, objective).await.unwrap().unwrap().indicator.service;
        let mut tx = begin(db).await;
        let ana = users::insert(&mut tx, &user("ana@example.org")).await.unwrap();
        tx.commit().await.unwrap();
        let zone = "Europe/Berlin".parse().unwrap();
        let weekly = proposal(Scope::Service(service), SUNDAY, Some(ana));
        let when = Recurrence::parse("FREQ=WEEKLY;BYDAY=SU;COUNT=4", zone, weekly.first).unwrap();
        let told = Some(at(100));
        let weekly = Exclusion { when, zone, announced_at: told, category: Category::PlannedMaintenance, ..weekly };
        let mut kept = vec![
            proposal(Scope::All, SUNDAY + 1, None),
            weekly,
            proposal(Scope::Agreement(agreement), SUNDAY - 1, Some(ana)),
            proposal(Scope::Objective(objective), SUNDAY - 2, Some(ana)),
        ];
        for one in &mut kept {
            // what is written once comes back in the exclusion's own zone
            one.when = Recurrence::parse(one.when.text(), one.zone, one.first).unwrap();
            one.id = insert(db, one).await;
            assert_eq!(exclusions::find(db, one.id).await.unwrap().as_ref(), Some(&*one));
        }
        assert_eq!(kept[0].id, ExclusionId(12_000));
        assert_eq!(exclusions::find(db, ExclusionId(1)).await.unwrap(), None);
        // the list begins with those that begin last
        assert_eq!(exclusions::list(db, None, Page::first(10)).await.unwrap(), kept);
        let page = exclusions::list(db, Some(State::Proposed), Page { limit: 2, offset: 1 }).await.unwrap();
        assert_eq!(page, kept[1..3]);
        assert_eq!(exclusions::count(db, None).await.unwrap(), 4);
        assert_eq!(exclusions::approved(db).await.unwrap(), []);
    }

    async fn a_decision_meets_the_state_that_it_was_made_for(db: &Db) {
        let id = insert(db, &proposal(Scope::All, SUNDAY, None)).await;
        let other = insert(db, &proposal(Scope::All, SUNDAY - 60, None)).await;
        let decided = Signed { by: None, at: at(900) };
        decide(db, id, (State::Proposed, State::Approved), decided).await.unwrap();
        decide(db, other, (State::Proposed, State::Approved), decided).await.unwrap();
        let late = decide(db, id, (State::Proposed, State::Rejected), decided).await.unwrap_err();
        assert!(matches!(late, StoreError::NotFound { .. }), "{late:?}");
        let found = exclusions::find(db, id).await.unwrap().unwrap();
        assert_eq!((found.state, found.decided, found.remark.as_str()), (State::Approved, Some(decided), "as agreed"));
        let ids: Vec<_> = exclusions::approved(db).await.unwrap().iter().map(|one| one.id).collect();
        assert_eq!(ids, [other, id], "by their beginning");
        let later = Signed { by: None, at: at(1000) };
        decide(db, id, (State::Approved, State::Withdrawn), later).await.unwrap();
        assert_eq!(exclusions::count(db, Some(State::Approved)).await.unwrap(), 1);
        assert_eq!(exclusions::list(db, Some(State::Withdrawn), Page::first(5)).await.unwrap()[0].id, id);
    }

    async fn a_cause_is_kept_replaced_and_taken_away(db: &Db) {
        let (_, objective) = an_objective(db).await;
        let service = objectives::listing(db, objective).await.unwrap().unwrap().indicator.service;
        let cause = |from: i64, to: i64, text: &str| OutageCause {
            service,
            span: Span::new(Minute(from), Minute(to)),
            cause: text.to_owned(),
            entered_by: None,
            entered_at: at(700),
        };
        let save = async |cause: &OutageCause| {
            let mut tx = begin(db).await;
            outage_causes::save(&mut tx, cause).await.unwrap();
            tx.commit().await.unwrap();
        };
        let (first, second) = (cause(100, 200, "Bagger & Kabel"), cause(300, 310, "<b>DNS</b>"));
        save(&second).await;
        save(&first).await;
        let all = Span::new(Minute(0), Minute(1000));
        assert_eq!(outage_causes::list(db, service, all).await.unwrap(), [first.clone(), second.clone()]);
        let between = Span::new(Minute(200), Minute(300));
        assert_eq!(outage_causes::list(db, service, between).await.unwrap(), [], "what only adjoins does not touch");
        let better = cause(100, 220, "The excavator");
        save(&better).await;
        save(&cause(300, 310, "")).await;
        assert_eq!(outage_causes::list(db, service, all).await.unwrap(), [better]);
    }
}
