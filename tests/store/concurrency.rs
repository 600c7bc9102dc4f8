//! Many at once: nothing is lost and nothing is claimed twice.

use crate::support::{self, an_indicator, an_objective, at, begin, on_both, sealer, source};
use nines::domain::chain::Digest;
use nines::domain::ids::{DeliveryId, ReportId, SourceId};
use nines::domain::ledger::Slice;
use nines::domain::time::{Minute, Span};
use nines::store::reports::{self, ReportHead};
use nines::store::{Db, ledger, outbox, source_states, sources};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

/// Eight writers, half of them through each handle; each transaction reads a row that the seven others are changing, and
/// writes it whole.
async fn eight_writers(one: &Db, other: &Db) {
    let indicator = an_indicator(one).await;
    let mut writers = JoinSet::new();
    for writer in 0..8_i64 {
        let db = if writer % 2 == 0 { one.clone() } else { other.clone() };
        writers.spawn(async move {
            for n in 0..25 {
                let minute = Minute(n * 8 + writer);
                let mut tx = begin(&db).await;
                ledger::write(&mut tx, indicator, &[(minute, Some(Slice::new(n, n + 1).unwrap()))]).await.unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let tally = ledger::tallies(one, indicator, &[Span::new(Minute(0), Minute(200))]).await.unwrap().remove(0);
    // by hand: 8 × (0 + … + 24) good, 8 × (1 + … + 25) in all, 200 minutes
    assert_eq!((tally.good, tally.total, tally.known), (2_400, 2_600, 200));
}

/// The command line beside the server: two programs with one SQLite file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_programs_that_share_a_sqlite_file_lose_nothing() {
    let test = support::sqlite().await;
    let other = Db::connect(&test.url, 1).await.unwrap();
    eight_writers(&test.db, &other).await;
}

on_both! {
    async fn eight_writers_of_the_same_hours_lose_nothing(db: &Db) {
        eight_writers(db, db).await;
    }

    async fn eight_writers_make_one_chain(db: &Db) {
        let (agreement, _) = an_objective(db).await;
        let mut writers = JoinSet::new();
        for writer in 0..8_i64 {
            let db = db.clone();
            writers.spawn(async move {
                for n in 0..5_i64 {
                    let mut tx = begin(&db).await;
                    let (number, previous) = reports::next_place(&mut tx, agreement).await.unwrap();
                    let document = format!("{number} after {previous:?}");
                    let head = ReportHead {
                        id: ReportId(0),
                        agreement,
                        number,
                        digest: Some(Digest::of(document.as_bytes())),
                        label: format!("{writer}"),
                        span: Span::new(Minute(0), Minute(10_080)),
                        revision: n + 1,
                        provisional: false,
                        verdict: "met".to_owned(),
                        built_at: at(0),
                        removed_at: None,
                    };
                    reports::insert(&mut tx, &head, &document, &[]).await.unwrap();
                    tx.commit().await.unwrap();
                }
            });
        }
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }
        let chain = reports::in_chain(db, agreement, 0, 100).await.unwrap();
        assert_eq!(chain.len(), 40);
        let mut previous = None;
        for (place, one) in chain.iter().enumerate() {
            assert_eq!(one.head.number, i64::try_from(place).unwrap() + 1);
            assert_eq!(one.document(), Some(format!("{} after {previous:?}", one.head.number).as_str()));
            previous = one.head.digest;
        }
    }

    async fn eight_claimers_never_claim_a_source_twice(db: &Db) {
        let mut tx = begin(db).await;
        for n in 0..100 {
            sources::insert(&mut tx, &sealer(), &source(&format!("source {n}"))).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut claimers = JoinSet::new();
        for claimer in 0..8 {
            let db = db.clone();
            claimers.spawn(async move {
                let mut mine: Vec<SourceId> = Vec::new();
                loop {
                    let got = source_states::claim_due(&db, at(0), 60, &format!("claimer {claimer}"), 3).await.unwrap();
                    if got.is_empty() {
                        return mine;
                    }
                    mine.extend(got);
                }
            });
        }
        let mut all = Vec::new();
        while let Some(mine) = claimers.join_next().await {
            all.extend(mine.unwrap());
        }
        assert_eq!(all.len(), 100, "each once, and nobody went home while some were left");
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 100);
    }

    async fn eight_claimers_never_claim_a_delivery_twice(db: &Db) {
        let (agreement, _) = an_objective(db).await;
        let mut tx = begin(db).await;
        let head = ReportHead {
            id: ReportId(0),
            agreement,
            number: 1,
            digest: None,
            label: "2026-W46".to_owned(),
            span: Span::new(Minute(0), Minute(10_080)),
            revision: 1,
            provisional: false,
            verdict: "met".to_owned(),
            built_at: at(0),
            removed_at: None,
        };
        let report = reports::insert(&mut tx, &head, "{}", &[]).await.unwrap();
        for n in 0..100 {
            outbox::enqueue(&mut tx, support::outgoing(report, "a@example.org", &format!("<{n}@nines>"), b"mime"), at(0)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut claimers = JoinSet::new();
        for claimer in 0..8 {
            let db = db.clone();
            claimers.spawn(async move {
                let mut mine: Vec<DeliveryId> = Vec::new();
                loop {
                    let holder = format!("claimer {claimer}");
                    let got = outbox::claim_due(&db, at(0), 60, &holder, 3).await.unwrap();
                    let mut tx = begin(&db).await;
                    for claimed in &got {
                        outbox::record_sent(&mut tx, claimed.id, &holder, at(1), "250").await.unwrap();
                    }
                    tx.commit().await.unwrap();
                    if got.is_empty() {
                        return mine;
                    }
                    mine.extend(got.iter().map(|claimed| claimed.id));
                }
            });
        }
        let mut all = Vec::new();
        while let Some(mine) = claimers.join_next().await {
            all.extend(mine.unwrap());
        }
        assert_eq!(all.len(), 100);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 100);
        assert_eq!(outbox::counts(db).await.unwrap().sent, 100);
    }
}
