//! Services, indicators, agreements, objectives.

use crate::support::{
    agreement, an_indicator, an_objective, at, begin, execute, objective, on_both, sealer, service, source, up,
};
use nines::domain::calendar::PeriodKind;
use nines::domain::counting::{CounterState, Sample, SeriesKey, TargetKey};
use nines::domain::ids::{AgreementId, IndicatorId, ObjectiveId, ServiceId};
use nines::domain::model::{Agreement, Bound, Limit, ObjectiveKind, Part, Query, Rate, Service, Threshold, Window};
use nines::domain::selector::{Expression, Selector};
use nines::domain::target::Target;
use nines::domain::time::Minute;
use nines::store::indicators::{PullProgress, PullState};
use nines::store::objectives::ObjectiveListing;
use nines::store::{Db, StoreError, agreements, indicators, objectives, services, sources};

on_both! {
    async fn services_are_kept_changed_and_found(db: &Db) {
        let mut tx = begin(db).await;
        let id = services::insert(&mut tx, &service("shop")).await.unwrap();
        let other = services::insert(&mut tx, &service("Ärzte")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((id, other), (ServiceId(1000), ServiceId(1001)));
        assert_eq!(services::find(db, id).await.unwrap(), Some(Service { id, ..service("shop") }));
        assert_eq!(services::find_by_name(db, "Ärzte").await.unwrap().unwrap().id, other);
        assert_eq!(services::find_by_name(db, "ärzte").await.unwrap(), None);

        let mut tx = begin(db).await;
        let changed = Service { id, name: "till".to_owned(), owner: String::new() };
        services::update(&mut tx, &changed).await.unwrap();
        let nobody = Service { id: ServiceId(7), ..changed.clone() };
        let missing = services::update(&mut tx, &nobody).await.unwrap_err();
        assert_eq!(missing.to_string(), "there is no service 7");
        tx.commit().await.unwrap();
        let names = services::list(db).await.unwrap().into_iter().map(|s| s.name).collect::<Vec<_>>();
        assert_eq!(names, ["till", "Ärzte"]);
    }

    async fn a_taken_name_is_a_conflict_that_says_the_same_on_both_engines(db: &Db) {
        let (agreement_id, objective_id) = an_objective(db).await;
        let indicator = objectives::find(db, objective_id).await.unwrap().unwrap().indicator;
        // after an error PostgreSQL wants a new transaction, so each attempt has its own
        let mut tx = begin(db).await;
        let taken = services::insert(&mut tx, &service("shop")).await.unwrap_err();
        assert!(taken.is_conflict_on("services.name"), "{taken:?}");
        drop(tx);
        let mut tx = begin(db).await;
        let taken = sources::insert(&mut tx, &sealer(), &source("prometheus")).await.unwrap_err();
        assert!(taken.is_conflict_on("sources.name"), "{taken:?}");
        drop(tx);
        let mut tx = begin(db).await;
        let taken = agreements::insert(&mut tx, &agreement("gold")).await.unwrap_err();
        assert!(taken.is_conflict_on("agreements.name"), "{taken:?}");
        drop(tx);
        let mut tx = begin(db).await;
        let taken = objectives::insert(&mut tx, &objective(agreement_id, indicator, "works")).await.unwrap_err();
        assert!(taken.is_conflict_on("objectives.agreement, objectives.name"), "{taken:?}");
    }

    async fn what_is_not_committed_did_not_happen(db: &Db) {
        let mut tx = begin(db).await;
        services::insert(&mut tx, &service("dropped")).await.unwrap();
        drop(tx);
        let mut tx = begin(db).await;
        services::insert(&mut tx, &service("rolled back")).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(services::list(db).await.unwrap(), []);
        db.ping().await.unwrap();
    }

    async fn a_reference_to_nothing_is_refused(db: &Db) {
        let mut tx = begin(db).await;
        let refused = objectives::insert(&mut tx, &objective(AgreementId(1), IndicatorId(2), "x")).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused:?}");
    }

    async fn equal_queries_share_an_indicator_and_every_kind_comes_back(db: &Db) {
        let raw = |text| Expression::parse(text).unwrap();
        let queries = [
            up("up{job=\"api\"}"),
            Query::Ratio { total: raw("requests_total"), part: Part::Bad(raw("sum(rate(errors_total[5m]))")) },
            Query::Ratio { total: raw("requests_total"), part: Part::Good(raw("ok_total{code=~\"2..\"}")) },
            Query::Latency {
                histogram: Selector::parse("latency_bucket").unwrap(),
                threshold: Threshold::parse("0.5").unwrap(),
            },
            Query::Check { within_ms: Some(250) },
            Query::Check { within_ms: None },
            Query::Level {
                gauge: Expression::parse_as_written("sum(rate(done_total[5m]))").unwrap(),
                limit: Limit::parse(Bound::AtLeast, "-0.50").unwrap(),
            },
            Query::Level { gauge: raw("queue_length"), limit: Limit::parse(Bound::AtMost, "80").unwrap() },
            Query::Throughput { total: raw("requests_total"), at_least: Rate::parse("50").unwrap() },
        ];
        let mut tx = begin(db).await;
        let service = services::insert(&mut tx, &service("shop")).await.unwrap();
        let here = sources::insert(&mut tx, &sealer(), &source("here")).await.unwrap();
        let there = sources::insert(&mut tx, &sealer(), &source("there")).await.unwrap();
        let mut ids = Vec::new();
        for query in &queries {
            ids.push(indicators::find_or_insert(&mut tx, service, here, query).await.unwrap());
        }
        for (query, id) in queries.iter().zip(&ids) {
            assert_eq!(indicators::find_or_insert(&mut tx, service, here, query).await.unwrap(), *id);
            assert_ne!(indicators::find_or_insert(&mut tx, service, there, query).await.unwrap(), *id);
        }
        tx.commit().await.unwrap();
        for (query, id) in queries.iter().zip(&ids) {
            let found = indicators::find(db, *id).await.unwrap().unwrap();
            assert_eq!((&found.query, found.service, found.source), (query, service, here));
        }
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), queries.len());
        assert_eq!(indicators::list(db).await.unwrap().len(), 2 * queries.len());
        let of_here = indicators::list_by_source(db, here).await.unwrap();
        assert_eq!(of_here.iter().map(|i| i.id).collect::<Vec<_>>(), ids);
    }

    async fn reading_resumes_where_it_stopped(db: &Db) {
        let id = an_indicator(db).await;
        assert_eq!(indicators::load_pull(db, id).await.unwrap(), None);
        let mut pull =
            PullState { from: Minute(29_000_000), settled: None, reached: None, state: CounterState::default(), finished_backfill_at: None };
        let mut tx = begin(db).await;
        indicators::save_pull(&mut tx, id, &pull).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(indicators::load_pull(db, id).await.unwrap().as_ref(), Some(&pull));

        pull.settled = Some(Minute(29_000_100));
        pull.reached = Some(Minute(29_000_110));
        pull.finished_backfill_at = Some(at(5));
        pull.state.series.insert(SeriesKey(u64::MAX), Sample { at_ms: 1_795_000_000_123, value: 17.25 });
        pull.state.targets.insert(TargetKey(3), 1_795_000_000_123);
        let mut tx = begin(db).await;
        indicators::save_pull(&mut tx, id, &pull).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(indicators::load_pull(db, id).await.unwrap().as_ref(), Some(&pull));
        let progress = PullProgress {
            indicator: id,
            from: pull.from,
            settled: pull.settled,
            reached: pull.reached,
            finished_backfill_at: pull.finished_backfill_at,
        };
        assert_eq!(indicators::list_progress(db).await.unwrap(), [progress]);
    }

    async fn agreements_are_kept_changed_archived_and_restored(db: &Db) {
        let mut tx = begin(db).await;
        let id = agreements::insert(&mut tx, &agreement("gold")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(id, AgreementId(4000));
        assert_eq!(agreements::find(db, id).await.unwrap(), Some(Agreement { id, ..agreement("gold") }));

        let mut tx = begin(db).await;
        let changed = Agreement {
            id,
            name: "platinum".to_owned(),
            customer: String::new(),
            owner: "Bo".to_owned(),
            zone: "America/New_York".parse().unwrap(),
            period: PeriodKind::Quarter,
            report_every: PeriodKind::Year,
            ..agreement("gold")
        };
        agreements::update(&mut tx, &changed).await.unwrap();
        agreements::archive(&mut tx, id, at(9)).await.unwrap();
        tx.commit().await.unwrap();
        let archived = Agreement { archived_at: Some(at(9)), ..changed.clone() };
        assert_eq!(agreements::find_by_name(db, "platinum").await.unwrap(), Some(archived.clone()));
        assert_eq!(agreements::list(db).await.unwrap(), [archived]);

        let mut tx = begin(db).await;
        agreements::restore(&mut tx, id).await.unwrap();
        assert!(matches!(
            agreements::archive(&mut tx, AgreementId(1), at(9)).await,
            Err(StoreError::NotFound { what: "agreement", .. })
        ));
        tx.commit().await.unwrap();
        assert_eq!(agreements::find(db, id).await.unwrap(), Some(changed));
    }

    async fn objectives_are_kept_changed_archived_and_listed_with_what_they_hang_on(db: &Db) {
        let (agreement_id, id) = an_objective(db).await;
        let mut expected = objectives::find(db, id).await.unwrap().unwrap();
        assert_eq!(id, ObjectiveId(5000));
        assert_eq!(expected, nines::domain::model::Objective { id, ..objective(agreement_id, expected.indicator, "works") });

        for (kind, window) in ObjectiveKind::ALL.into_iter().zip([expected.window, Window::Calendar].into_iter().cycle()) {
            (expected.kind, expected.window) = (kind, window);
            expected.target = Target::from_ppm(1).unwrap();
            expected.name = format!("{} works", kind.word());
            let mut tx = begin(db).await;
            objectives::update(&mut tx, &expected).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(objectives::find(db, id).await.unwrap().as_ref(), Some(&expected));
        }
        let listing = objectives::listings(db).await.unwrap().remove(0);
        assert_eq!(listing.objective, expected);
        assert_eq!(Some(listing.agreement.clone()), agreements::find(db, agreement_id).await.unwrap());
        assert_eq!(Some(listing.indicator.clone()), indicators::find(db, expected.indicator).await.unwrap());
        assert_eq!((listing.service_name.as_str(), listing.source_name.as_str()), ("shop", "prometheus"));
        assert_eq!(objectives::listing(db, id).await.unwrap(), Some(listing.clone()));
        assert_eq!(objectives::list_by_agreement(db, agreement_id).await.unwrap(), [expected.clone()]);
        assert_eq!(objectives::list_by_agreement(db, AgreementId(1)).await.unwrap(), []);

        // archived with its agreement, then by itself
        let mut tx = begin(db).await;
        agreements::archive(&mut tx, agreement_id, at(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(objectives::listings(db).await.unwrap(), []);
        let mut tx = begin(db).await;
        agreements::restore(&mut tx, agreement_id).await.unwrap();
        objectives::archive(&mut tx, id, at(2)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(objectives::listings(db).await.unwrap(), []);
        assert_eq!(objectives::listing(db, id).await.unwrap().unwrap().objective.archived_at, Some(at(2)));
        let mut tx = begin(db).await;
        objectives::restore(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(objectives::listings(db).await.unwrap(), std::slice::from_ref(&listing));
        let briefs = objectives::briefs(db).await.unwrap();
        let said = |brief: &objectives::Brief| {
            (brief.id, brief.name.clone(), brief.target, brief.agreement, brief.service_name.clone(), brief.source_name.clone())
        };
        let ObjectiveListing { objective, agreement, service_name, source_name, .. } = &listing;
        let told = (objective.id, objective.name.clone(), objective.target, agreement.id, service_name.clone(), source_name.clone());
        assert_eq!(briefs.iter().map(said).collect::<Vec<_>>(), [told]);
        let brief = &briefs[0];
        assert_eq!((&brief.agreement_name, &brief.customer, &brief.owner), (&agreement.name, &agreement.customer, &agreement.owner));
        // in the order asked for, each once, and who does not exist is left out
        let asked: Vec<_> = std::iter::once(ObjectiveId(i64::MAX)).chain([listing.objective.id; 60]).collect();
        assert_eq!(objectives::listings_of(db, &asked).await.unwrap(), [listing]);
        assert_eq!(objectives::listings_of(db, &[]).await.unwrap(), []);
    }

    async fn rows_that_somebody_damaged_are_told_with_their_table_and_number(db: &Db) {
        let (agreement_id, objective_id) = an_objective(db).await;
        let indicator = objectives::find(db, objective_id).await.unwrap().unwrap().indicator;
        let pull = PullState {
            from: Minute(0),
            settled: None,
            reached: None,
            state: CounterState::default(),
            finished_backfill_at: None,
        };
        let mut tx = begin(db).await;
        indicators::save_pull(&mut tx, indicator, &pull).await.unwrap();
        execute(&mut tx, "UPDATE pulls SET counters = substr(counters, 1, 2)").await;
        execute(&mut tx, "UPDATE indicators SET query = '{\"kind\":\"telepathy\"}'").await;
        execute(&mut tx, "UPDATE agreements SET zone = 'Atlantis/Poseidonis'").await;
        tx.commit().await.unwrap();
        let told = [
            indicators::find(db, indicator).await.unwrap_err(),
            objectives::listings(db).await.unwrap_err(),
            agreements::find(db, agreement_id).await.unwrap_err(),
            indicators::load_pull(db, indicator).await.unwrap_err(),
        ];
        let (indicator, agreement) = (indicator.0, agreement_id.0);
        let expected = [("indicators", indicator), ("indicators", indicator), ("agreements", agreement), ("pulls", indicator)];
        for (told, (expected_table, expected_id)) in told.iter().zip(expected) {
            let right = matches!(told, StoreError::Corrupt { table, id, .. }
                if *table == expected_table && *id == expected_id.to_string());
            assert!(right, "{told:?}");
        }
        assert!(told[2].to_string().contains("Atlantis/Poseidonis is no time zone"), "{}", told[2]);
    }
}
