//! What is counted beside a latency: tied to it, shared by those who promise the same histogram, and in no list of people.

use crate::support::{agreement, at, begin, objective, on_both, sealer, service, source};
use nines::domain::ids::{IndicatorId, ObjectiveId, SourceId};
use nines::domain::ledger::Slice;
use nines::domain::model::{Indicator, ObjectiveKind, Query, Threshold};
use nines::domain::selector::Selector;
use nines::domain::time::{Hour, Minute, Span};
use nines::domain::watch::{Latencies, Measure, WatchSettings};
use nines::store::{Db, agreements, baselines, indicators, ledger, objectives, services, sources, spreads};

fn within(threshold: &str) -> Query {
    Query::Latency {
        histogram: Selector::parse("seconds_bucket").unwrap(),
        threshold: Threshold::parse(threshold).unwrap(),
    }
}

fn durations() -> Query {
    Query::Durations { histogram: Selector::parse("seconds_bucket").unwrap() }
}

/// A latency that is promised, with its source.
async fn latency(db: &Db) -> (Indicator, ObjectiveId, SourceId) {
    let mut tx = begin(db).await;
    let service = services::insert(&mut tx, &service("shop")).await.unwrap();
    let source = sources::insert(&mut tx, &sealer(), &source("prometheus")).await.unwrap();
    let id = indicators::find_or_insert(&mut tx, service, source, &within("0.5")).await.unwrap();
    let agreement = agreements::insert(&mut tx, &agreement("gold")).await.unwrap();
    let promise = nines::domain::model::Objective { kind: ObjectiveKind::Latency, ..objective(agreement, id, "fast") };
    let objective = objectives::insert(&mut tx, &promise).await.unwrap();
    tx.commit().await.unwrap();
    (indicators::find(db, id).await.unwrap().unwrap(), objective, source)
}

fn ids(found: Vec<Indicator>) -> Vec<IndicatorId> {
    found.into_iter().map(|one| one.id).collect()
}

on_both! {
    async fn companions_are_tied_and_live_as_long_as_a_promise(db: &Db) {
        let (own, objective, source) = latency(db).await;
        assert_eq!(ids(spreads::untied(db, source).await.unwrap()), [own.id]);
        assert_eq!(spreads::beside(db, own.id).await.unwrap(), None);
        let mut tx = begin(db).await;
        let (sums, is_new) = spreads::find_or_insert(&mut tx, &own, &durations()).await.unwrap();
        assert!(is_new);
        assert_eq!(spreads::find_or_insert(&mut tx, &own, &durations()).await.unwrap(), (sums, false));
        spreads::tie(&mut tx, own.id, sums).await.unwrap();
        let mut companions = Vec::new();
        for bound in ["1", "0.1", "0.50"] {
            let (id, is_new) = spreads::find_or_insert(&mut tx, &own, &within(bound)).await.unwrap();
            assert!(is_new);
            spreads::tie(&mut tx, id, sums).await.unwrap();
            companions.push(id);
        }
        tx.commit().await.unwrap();
        assert_eq!(ids(spreads::untied(db, source).await.unwrap()), []);
        assert_eq!(ids(spreads::live(db, source).await.unwrap()), [sums]);
        assert_eq!(spreads::tied(db).await.unwrap(), [(own.id, sums)]);
        // by size, and of two spellings of a number the promised one
        let spread = spreads::beside(db, own.id).await.unwrap().unwrap();
        let told: Vec<_> = spread.bounds.iter().map(|one| (one.indicator, one.is_companion)).collect();
        assert_eq!(told, [(companions[1], true), (own.id, false), (companions[0], true)]);
        assert_eq!((spread.durations, spreads::bounds(db, sums).await.unwrap()), (sums, spread.bounds));
        assert_eq!(ids(indicators::list(db).await.unwrap()), [own.id]);
        assert_eq!(ids(indicators::list_by_source(db, source).await.unwrap()), [own.id]);

        // a companion that somebody asks for is one no longer
        let mut tx = begin(db).await;
        let asked = indicators::find_or_insert(&mut tx, own.service, source, &within("1")).await.unwrap();
        objectives::archive(&mut tx, objective, at(0)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(asked, companions[0]);
        assert_eq!(ids(indicators::list(db).await.unwrap()), [own.id, asked]);
        assert!(!spreads::bounds(db, sums).await.unwrap()[2].is_companion);
        assert_eq!(ids(spreads::live(db, source).await.unwrap()), [], "nobody promises it any more");
    }

    async fn many_are_read_at_once_and_none_sees_another(db: &Db) {
        let (own, _, _) = latency(db).await;
        let mut tx = begin(db).await;
        let mut all = vec![own.id];
        // more than one statement takes
        for number in 1..60_i64 {
            let (id, _) = spreads::find_or_insert(&mut tx, &own, &within(&number.to_string())).await.unwrap();
            all.push(id);
        }
        let span = Span::new(Minute(70), Minute(310));
        for (number, id) in (1..).zip(&all) {
            let slices: Vec<_> = (0..400).map(|at| (Minute(at), Some(Slice::new(number, number).unwrap()))).collect();
            ledger::write(&mut tx, *id, &slices).await.unwrap();
        }
        tx.commit().await.unwrap();
        let tallies = spreads::tallies(db, &all, span).await.unwrap();
        let sheets = spreads::sheets(db, &all, span).await.unwrap();
        for (number, id) in (1..).zip(&all) {
            assert_eq!((tallies[id].total, tallies[id].known), (240 * number, 240));
            assert_eq!(sheets[id].tally(&span.into()), tallies[id]);
            assert_eq!(ledger::tallies(db, *id, &[span]).await.unwrap(), [tallies[id]]);
        }
    }

    async fn what_is_watched_and_what_it_was_is_kept(db: &Db) {
        let (_, objective, _) = latency(db).await;
        assert_eq!(baselines::settings(db, objective).await.unwrap().latencies, Latencies::default());
        let chosen = WatchSettings { latencies: Latencies::of(&[Measure::LatencyP99]), ..WatchSettings::default() };
        let hours = |from: i64| Span::new(Hour(from).first(), Hour(from + 2).first());
        let mut tx = begin(db).await;
        baselines::save_settings(&mut tx, objective, &chosen).await.unwrap();
        let save = [(Hour(10), 0.25), (Hour(11), 0.5), (Hour(12), 1.0)];
        baselines::save_latencies(&mut tx, objective, Measure::LatencyP99, &save).await.unwrap();
        baselines::save_latencies(&mut tx, objective, Measure::LatencyP99, &[(Hour(11), 0.75)]).await.unwrap();
        baselines::save_latencies(&mut tx, objective, Measure::LatencyMean, &[(Hour(11), 0.1)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(baselines::settings(db, objective).await.unwrap(), chosen);
        let kept = async |from| baselines::latencies(db, objective, Measure::LatencyP99, hours(from)).await.unwrap();
        assert_eq!(kept(10).await, [(Hour(10), 0.25), (Hour(11), 0.75)]);
        let mut tx = begin(db).await;
        baselines::drop_hours(&mut tx, Hour(11)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kept(10).await, [(Hour(11), 0.75)]);
        let mut tx = begin(db).await;
        baselines::forget(&mut tx, objective).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kept(11).await, []);
    }
}
