//! The ledger against a naive oracle: a map from minute to what was last written about it.

use crate::support::{an_indicator, begin, execute, on_both, sealer, service, source, up};
use nines::domain::ids::IndicatorId;
use nines::domain::ledger::{HourDetail, Slice, Tally, tally_of};
use nines::domain::time::{DAY_MINUTES, Hour, Minute, Span};
use nines::store::ledger::HourRow;
use nines::store::{Db, StoreError, Tx, indicators, ledger, services, sources, spreads};
use std::collections::BTreeMap;

/// 2026-11-21T00:00Z in minutes.
const NOW: i64 = 29_920_320;

/// A small deterministic generator: a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % limit
    }

    fn slice(&mut self) -> Option<Slice> {
        match self.below(10) {
            0 => None,
            1 => Some(Slice::default()),
            2 => Some(Slice::new(0, self.below(5)).unwrap().caught_up()),
            _ => {
                let total = self.below(2_000);
                Some(Slice::new(total - self.below(total + 1).min(3), total).unwrap())
            }
        }
    }

    fn span(&mut self, around: Span) -> Span {
        let start = around.start().0 - 200 + self.below(around.minutes() + 400);
        let length = match self.below(4) {
            0 => self.below(10),
            1 => self.below(130),
            2 => 60 * self.below(50),
            _ => self.below(around.minutes()),
        };
        Span::new(Minute(start), Minute(start + length))
    }
}

type Oracle = BTreeMap<i64, Slice>;

fn expected(oracle: &Oracle, span: Span) -> Tally {
    let known = oracle.range(span.start().0..span.end().0.max(span.start().0)).map(|(_, slice)| slice);
    known.fold(Tally { minutes: span.minutes(), ..Tally::default() }, |sum, slice| {
        sum + Tally { good: slice.good, total: slice.total, known: 1, minutes: 0 }
    })
}

async fn write(db: &Db, id: IndicatorId, minutes: &[(Minute, Option<Slice>)]) {
    let mut tx = begin(db).await;
    ledger::write(&mut tx, id, minutes).await.unwrap();
    tx.commit().await.unwrap();
}

/// The rows as they are: sums beside detail.
async fn raw_rows(db: &Db) -> Vec<(i64, i64, i64, i64, i64, Vec<u8>)> {
    const READ: &str = "SELECT indicator, hour, good, total, known, detail FROM hours ORDER BY indicator, hour";
    match begin(db).await {
        Tx::Sqlite(mut tx) => sqlx::query_as(READ).fetch_all(&mut *tx).await.unwrap(),
        Tx::Postgres(mut tx) => sqlx::query_as(READ).fetch_all(&mut *tx).await.unwrap(),
    }
}

async fn damage(db: &Db) {
    const DAMAGE: &str = "UPDATE hours SET detail = substr(detail, 1, 5)";
    let mut tx = begin(db).await;
    execute(&mut tx, DAMAGE).await;
    tx.commit().await.unwrap();
}

/// Random writes in random pieces, many of them twice, late or taken back; then every question that the store answers.
async fn random_writes_and_questions(db: &Db, id: IndicatorId, seed: u64) {
    let mut dice = Dice(seed);
    let mut oracle = Oracle::new();
    let around = Span::new(Minute(NOW - 3 * DAY_MINUTES), Minute(NOW));
    for _batch in 0..25 {
        let start = around.start().0 + dice.below(around.minutes());
        let count = [1, 10, 200, 1_500][usize::try_from(dice.below(4)).unwrap()];
        let step = 1 + dice.below(3);
        let mut batch = (0..count).map(|n| (Minute(start + n * step), dice.slice())).collect::<Vec<_>>();
        batch.push((Minute(start), dice.slice())); // the same minute twice in one batch: the last counts
        let before = (raw_rows(db).await, ledger::version(db, id).await.unwrap());
        write(db, id, &batch).await;
        let after = (raw_rows(db).await, ledger::version(db, id).await.unwrap());
        assert_eq!(before.0 != after.0, before.1 < after.1, "the version tells of every change and of no other");
        for (minute, slice) in &batch {
            match slice {
                Some(slice) => oracle.insert(minute.0, *slice),
                None => oracle.remove(&minute.0),
            };
        }
        if dice.below(4) == 0 {
            write(db, id, &batch).await; // once more changes nothing
            assert_eq!(ledger::version(db, id).await.unwrap(), after.1);
        }
        let spans = (0..dice.below(60)).map(|_| dice.span(around)).collect::<Vec<_>>();
        let answers = ledger::tallies(db, id, &spans).await.unwrap();
        assert_eq!(answers, spans.iter().map(|span| expected(&oracle, *span)).collect::<Vec<_>>(), "seed {seed}");
        for (span, answer) in spans.iter().zip(answers) {
            let found = spreads::tallies(db, &[id, IndicatorId(1)], *span).await.unwrap();
            assert_eq!(found.get(&id).copied().unwrap_or_default().known, answer.known, "seed {seed}, {span:?}");
            assert!(found.get(&id).is_none_or(|found| *found == answer), "seed {seed}, {span:?}: many at once");
        }
    }
    let span = dice.span(around);
    let known = oracle.range(span.start().0..span.end().0).map(|(m, s)| (Minute(*m), *s)).collect::<Vec<_>>();
    assert_eq!(ledger::slices(db, id, span).await.unwrap(), known, "seed {seed}");
    let mut paged = Vec::new();
    for page in ledger::pages(span) {
        paged.extend(ledger::slices(db, id, page).await.unwrap());
    }
    assert_eq!(paged, known);
    for row in ledger::hours(db, id, span).await.unwrap() {
        let whole = expected(&oracle, row.hour.span());
        assert_eq!((row.good, row.total, row.known), (whole.good, whole.total, whole.known));
    }
    let extent = oracle.first_key_value().zip(oracle.last_key_value());
    let extent = extent.map(|((first, _), (last, _))| Span::new(Minute(*first), Minute(last + 1)));
    assert_eq!(ledger::extent(db, id).await.unwrap(), extent);
}

on_both! {
    async fn questions_are_answered_as_a_naive_count_would(db: &Db) {
        let first = an_indicator(db).await;
        let mut tx = begin(db).await;
        let service = services::insert(&mut tx, &service("other")).await.unwrap();
        let source = sources::insert(&mut tx, &sealer(), &source("other")).await.unwrap();
        let second = indicators::find_or_insert(&mut tx, service, source, &up("up")).await.unwrap();
        tx.commit().await.unwrap();
        // two indicators side by side: neither may see the other's events
        for seed in 1..=3 {
            random_writes_and_questions(db, if seed % 2 == 0 { second } else { first }, seed).await;
            let mut tx = begin(db).await;
            execute(&mut tx, "DELETE FROM hours WHERE indicator = 3000").await;
            tx.commit().await.unwrap();
        }
        let rows = raw_rows(db).await;
        assert!(!rows.is_empty());
        for (_, hour, good, total, known, detail) in rows {
            let sums = HourDetail::unpack(&detail).unwrap().sums();
            assert_eq!((good, total, known), (sums.good, sums.total, sums.known), "hour {hour}: sums are its detail's");
        }
    }

    async fn nothing_written_is_unknown_and_not_zero(db: &Db) {
        let id = an_indicator(db).await;
        let span = Span::new(Minute(NOW - 90), Minute(NOW));
        let empty = Span::new(Minute(NOW), Minute(NOW));
        let tallies = ledger::tallies(db, id, &[span, empty]).await.unwrap();
        assert_eq!(tallies, [Tally { minutes: 90, ..Tally::default() }, Tally::default()]);
        assert_eq!(ledger::tallies(db, id, &[]).await.unwrap(), []);
        assert_eq!(ledger::extent(db, id).await.unwrap(), None);
        assert_eq!(ledger::hours(db, id, span).await.unwrap(), []);
        assert_eq!(ledger::slices(db, id, empty).await.unwrap(), []);
        write(db, id, &[]).await;
        write(db, id, &[(Minute(NOW - 1), None)]).await;
        assert_eq!(ledger::extent(db, id).await.unwrap(), None);
    }

    async fn an_hour_is_written_taken_back_and_written_again(db: &Db) {
        let id = an_indicator(db).await;
        let slice = Slice::new(9, 10).unwrap();
        let hour = Hour(NOW / 60);
        write(db, id, &[(hour.first(), Some(slice)), (hour.first().plus(59), Some(slice.caught_up()))]).await;
        let rows = [HourRow { hour, good: 18, total: 20, known: 2 }];
        assert_eq!(ledger::hours(db, id, hour.span()).await.unwrap(), rows);
        let slices = ledger::slices(db, id, hour.span()).await.unwrap();
        assert_eq!(slices, [(hour.first(), slice), (hour.first().plus(59), slice.caught_up())], "the mark is kept");
        assert_eq!(ledger::extent(db, id).await.unwrap(), Some(hour.span()));
        write(db, id, &[(hour.first(), None), (hour.first().plus(59), None)]).await;
        assert_eq!(ledger::extent(db, id).await.unwrap(), None);
        write(db, id, &[(hour.first().plus(3), Some(Slice::default()))]).await;
        let known = Span::new(hour.first().plus(3), hour.first().plus(4));
        assert_eq!(ledger::extent(db, id).await.unwrap(), Some(known), "no requests is known");
    }

    async fn years_of_the_busiest_minutes_add_up(db: &Db) {
        let id = an_indicator(db).await;
        let most = Slice::new(Slice::MOST_EVENTS, Slice::MOST_EVENTS).unwrap();
        let day = Span::new(Minute(NOW), Minute(NOW + DAY_MINUTES));
        let minutes = day.iter().map(|minute| (minute, Some(most))).collect::<Vec<_>>();
        write(db, id, &minutes).await;
        let long = Span::new(Minute(NOW - 400 * DAY_MINUTES), Minute(NOW + 400 * DAY_MINUTES));
        let tally = ledger::tallies(db, id, &[long]).await.unwrap().remove(0);
        assert_eq!(tally.good, 1_440 * Slice::MOST_EVENTS);
    }

    async fn impossible_counts_are_refused_and_nothing_is_written(db: &Db) {
        let id = an_indicator(db).await;
        let mut tx = begin(db).await;
        let right = (Minute(NOW), Some(Slice::new(1, 1).unwrap()));
        let wrong = (Minute(NOW + 1), Some(Slice { good: 2, total: 1, catch_up: false }));
        let refused = ledger::write(&mut tx, id, &[right, wrong]).await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused { indicator, minute, .. } if (indicator, minute) == (id, NOW + 1)));
        assert!(refused.to_string().contains("more good events (2) than events (1)"), "{refused}");
        tx.commit().await.unwrap();
        assert_eq!(ledger::extent(db, id).await.unwrap(), None);
    }

    /// Hours 0 and 1 of a day hold 60 × 10 events each. Without its minutes, an hour still answers as a whole (600) and
    /// says that half of it is unknown when it is cut; without its sums it is gone.
    async fn old_hours_lose_their_minutes_first_and_their_sums_last(db: &Db) {
        let id = an_indicator(db).await;
        let day = Minute(NOW);
        let slice = Some(Slice::new(9, 10).unwrap());
        write(db, id, &(0..120).map(|n| (day.plus(n), slice)).collect::<Vec<_>>()).await;
        let spans = [Span::new(day, day.plus(120)), Span::new(day.plus(30), day.plus(120)), Span::new(day, day.plus(90))];
        let drop_before = async |detail: Hour, sums: Hour| {
            let mut tx = begin(db).await;
            let dropped = ledger::drop_old(&mut tx, detail, sums).await.unwrap();
            tx.commit().await.unwrap();
            dropped
        };
        let totals = async || -> Vec<(i64, i64)> {
            ledger::tallies(db, id, &spans).await.unwrap().iter().map(|t| (t.total, t.known)).collect()
        };
        let second = day.plus(60).hour();
        let version = async || ledger::version(db, id).await.unwrap();
        let first = version().await;
        assert_eq!(drop_before(second, Hour(0)).await, (1, 0));
        let second_version = version().await;
        assert!(first < second_version, "what cuts into the hour is unknown now");
        assert_eq!(totals().await, [(1200, 120), (600, 60), (900, 90)]);
        assert_eq!(ledger::slices(db, id, spans[0]).await.unwrap().len(), 60, "the first hour's minutes are gone");
        assert_eq!(ledger::hours(db, id, spans[0]).await.unwrap().len(), 2, "its sums are not");
        assert_eq!(ledger::extent(db, id).await.unwrap(), Some(spans[0]));
        write(db, id, &[(day, Some(Slice::new(5, 5).unwrap()))]).await;
        assert_eq!(totals().await[0], (1200, 120), "nothing can be merged into minutes that are gone");
        assert_eq!(version().await, second_version);
        assert_eq!(drop_before(second, second).await, (0, 1));
        assert!(second_version < version().await);
        assert_eq!(totals().await, [(600, 60), (600, 60), (300, 30)]);
        let third = version().await;
        assert_eq!(drop_before(second, second).await, (0, 0));
        assert_eq!(version().await, third, "nothing was dropped");
    }

    async fn a_damaged_row_is_told_with_its_table_and_hour(db: &Db) {
        let id = an_indicator(db).await;
        let span = Span::new(Minute(NOW), Minute(NOW + 5));
        let minutes = span.iter().map(|minute| (minute, Some(Slice::new(5, 5).unwrap()))).collect::<Vec<_>>();
        write(db, id, &minutes).await;
        damage(db).await;
        let mut tx = begin(db).await;
        let answers = [
            ledger::tallies(db, id, &[span]).await.unwrap_err(),
            ledger::slices(db, id, span).await.unwrap_err(),
            ledger::extent(db, id).await.unwrap_err(),
            ledger::write(&mut tx, id, &minutes).await.unwrap_err(),
        ];
        for answer in answers {
            let hour = format!("{id}, hour {}", NOW / 60);
            let told = matches!(&answer, StoreError::Corrupt { table: "hours", id, .. } if *id == hour);
            assert!(told, "{answer:?}");
        }
    }
}

#[test]
fn the_oracle_counts_as_the_domain_does() {
    let mut detail = HourDetail::default();
    let mut oracle = Oracle::new();
    let mut dice = Dice(9);
    for minute in 0..60 {
        if let Some(slice) = dice.slice() {
            detail.merge(Minute(minute), slice).unwrap();
            oracle.insert(minute, slice);
        }
    }
    let span = Span::new(Minute(7), Minute(41));
    assert_eq!(tally_of(&detail, Hour(0), span), expected(&oracle, span));
}
