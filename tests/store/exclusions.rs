//! Exclusions on their way from proposal to decision, and why services were down.

use crate::support::{an_indicator, at, begin, on_both, user};
use nines::domain::exclusion::{Category, Exclusion, Scope, Signed, State};
use nines::domain::ids::{AgreementId, ExclusionId, ObjectiveId, ServiceId};
use nines::domain::recurrence::Recurrence;
use nines::domain::time::{Instant, Minute, Span};
use nines::store::outage_causes::{self, OutageCause};
use nines::store::{Db, Page, StoreError, exclusions, indicators, users};

/// A Sunday, 02:00 to 04:00 in Berlin (UTC+1): 2026-11-22.
fn sunday() -> Span {
    let start = "2026-11-22T01:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let start = Instant::from(start).minute();
    Span::new(start, start.plus(120))
}

fn weekly(scope: Scope) -> Exclusion {
    let zone = "Europe/Berlin".parse().unwrap();
    Exclusion {
        scope,
        reason: "Umzug der Datenbank – “ünïcode” & <b>".to_owned(),
        when: Recurrence::parse("FREQ=WEEKLY;BYDAY=SU", zone, sunday()).unwrap(),
        zone,
        announced_at: Some(at(-1)),
        state: State::Proposed,
        decided: None,
        ..Exclusion::planned(sunday())
    }
}

async fn insert(db: &Db, exclusion: &Exclusion) -> ExclusionId {
    let mut tx = begin(db).await;
    let id = exclusions::insert(&mut tx, exclusion).await.unwrap();
    tx.commit().await.unwrap();
    id
}

on_both! {
    async fn exclusions_of_every_scope_and_category_come_back_as_they_were(db: &Db) {
        let scopes = [
            Scope::All,
            Scope::Service(ServiceId(1000)),
            Scope::Agreement(AgreementId(4000)),
            Scope::Objective(ObjectiveId(5000)),
            Scope::All,
        ];
        for (number, (scope, category)) in scopes.into_iter().zip(Category::ALL).enumerate() {
            let proposed = Exclusion { category, ..weekly(scope) };
            let id = insert(db, &proposed).await;
            assert_eq!(id, ExclusionId(12_000 + i64::try_from(number).unwrap()));
            assert_eq!(exclusions::find(db, id).await.unwrap(), Some(Exclusion { id, ..proposed }));
        }
        let once = Exclusion { announced_at: None, when: Recurrence::parse("", "UTC".parse().unwrap(), sunday()).unwrap(), zone: "UTC".parse().unwrap(), ..weekly(Scope::All) };
        let id = insert(db, &once).await;
        assert_eq!(exclusions::find(db, id).await.unwrap(), Some(Exclusion { id, ..once }));
        assert_eq!(exclusions::find(db, ExclusionId(1)).await.unwrap(), None);
    }

    async fn a_decision_is_made_once_from_the_state_that_was_seen(db: &Db) {
        let mut tx = begin(db).await;
        let bo = users::insert(&mut tx, &user("bo@example.org")).await.unwrap();
        tx.commit().await.unwrap();
        let id = insert(db, &weekly(Scope::All)).await;
        assert!(exclusions::approved(db).await.unwrap().is_empty(), "what waits is not in force");
        let decided = Signed { by: Some(bo), at: at(10) };
        let mut tx = begin(db).await;
        exclusions::decide(&mut tx, id, State::Proposed, State::Approved, decided, "fine").await.unwrap();
        tx.commit().await.unwrap();
        let found = exclusions::find(db, id).await.unwrap().unwrap();
        assert_eq!((found.state, found.decided, found.remark.as_str()), (State::Approved, Some(decided), "fine"));
        assert_eq!(exclusions::approved(db).await.unwrap(), [found]);

        let mut tx = begin(db).await;
        let late = exclusions::decide(&mut tx, id, State::Proposed, State::Rejected, decided, "no").await.unwrap_err();
        assert!(matches!(late, StoreError::NotFound { .. }), "{late}");
        exclusions::decide(&mut tx, id, State::Approved, State::Withdrawn, decided, "a crash").await.unwrap();
        tx.commit().await.unwrap();
        assert!(exclusions::approved(db).await.unwrap().is_empty());
        assert_eq!(exclusions::find(db, id).await.unwrap().unwrap().state, State::Withdrawn);
    }

    async fn the_list_is_filtered_and_turned(db: &Db) {
        let mut ids = Vec::new();
        for day in 0..3 {
            let first = Span::new(sunday().start().plus(day * 1440), sunday().end().plus(day * 1440));
            let once = Exclusion { first, when: Recurrence::parse("", weekly(Scope::All).zone, first).unwrap(), ..weekly(Scope::All) };
            ids.push(insert(db, &once).await);
        }
        let mut tx = begin(db).await;
        let decided = Signed { by: None, at: at(0) };
        exclusions::decide(&mut tx, ids[1], State::Proposed, State::Rejected, decided, "").await.unwrap();
        tx.commit().await.unwrap();
        let listed = async |state, page| -> Vec<ExclusionId> {
            exclusions::list(db, state, page).await.unwrap().into_iter().map(|one| one.id).collect()
        };
        assert_eq!(listed(None, Page::first(10)).await, [ids[2], ids[1], ids[0]]);
        assert_eq!(listed(None, Page { limit: 1, offset: 1 }).await, [ids[1]]);
        assert_eq!(listed(Some(State::Proposed), Page::first(10)).await, [ids[2], ids[0]]);
        assert_eq!(exclusions::count(db, None).await.unwrap(), 3);
        assert_eq!(exclusions::count(db, Some(State::Rejected)).await.unwrap(), 1);
        assert_eq!(exclusions::count(db, Some(State::Withdrawn)).await.unwrap(), 0);
    }

    async fn a_cause_is_entered_replaced_found_by_time_and_taken_away(db: &Db) {
        let indicator = an_indicator(db).await;
        let service = indicators::list(db).await.unwrap().into_iter().find(|one| one.id == indicator).unwrap().service;
        let cause = |from: i64, to: i64, text: &str| OutageCause {
            service,
            span: Span::new(Minute(from), Minute(to)),
            cause: text.to_owned(),
            entered_by: None,
            entered_at: at(0),
        };
        let mut tx = begin(db).await;
        outage_causes::save(&mut tx, &cause(100, 110, "Disk full")).await.unwrap();
        outage_causes::save(&mut tx, &cause(200, 210, "Deploy")).await.unwrap();
        outage_causes::save(&mut tx, &cause(100, 120, "Disk full, “ü” & <b>")).await.unwrap();
        tx.commit().await.unwrap();
        let found = async |from, to| outage_causes::list(db, service, Span::new(Minute(from), Minute(to))).await.unwrap();
        let disk = cause(100, 120, "Disk full, “ü” & <b>");
        assert_eq!(found(0, 1000).await, [disk.clone(), cause(200, 210, "Deploy")]);
        assert_eq!(found(119, 200).await, [disk], "the end is the first minute after");
        assert!(found(120, 200).await.is_empty());
        let mut tx = begin(db).await;
        outage_causes::save(&mut tx, &cause(100, 120, "")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found(0, 1000).await, [cause(200, 210, "Deploy")]);
        assert!(outage_causes::list(db, ServiceId(1), Span::new(Minute(0), Minute(1000))).await.unwrap().is_empty());
    }
}
