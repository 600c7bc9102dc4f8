//! The ledger against a naive oracle: a map from minute to what was last written about it.

use crate::support::{an_indicator, begin, execute, on_both, sealer, service, source, up};
use nines::domain::ids::IndicatorId;
use nines::domain::ledger::{HourDetail, Slice, Tally, tally_of};
use nines::domain::time::{DAY_MINUTES, Hour, Minute, Span};
use nines::ops::shelf::Shelf;
use nines::store::ledger::{Excerpt, HourRow, UNSETTLED_HOURS, Version};
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

/// An indicator's settled hours as they were once, with the version that was read before them.
type Settled = (Version, Vec<(i64, Vec<u8>)>);

async fn settled(db: &Db, id: IndicatorId) -> Settled {
    let version = ledger::version(db, id).await.unwrap();
    (version, settled_before(db, id, version.settled_before).await)
}

async fn settled_before(db: &Db, id: IndicatorId, end: Hour) -> Vec<(i64, Vec<u8>)> {
    let rows = raw_rows(db).await.into_iter();
    rows.filter(|row| row.0 == id.0 && row.1 < end.0).map(|row| (row.1, row.5)).collect()
}

/// Whoever kept settled hours may trust them for exactly as long as the number of their changes is the same.
async fn settled_hours_are_as_they_were(db: &Db, id: IndicatorId, moments: &[Settled]) -> usize {
    let now = ledger::version(db, id).await.unwrap();
    let hold = moments.iter().filter(|(version, _)| version.settled_changes == now.settled_changes);
    let mut trusted = 0;
    for (version, hours) in hold {
        assert_eq!(settled_before(db, id, version.settled_before).await, *hours, "{version:?}");
        trusted += usize::from(version.changes < now.changes && !hours.is_empty());
    }
    trusted
}

/// Random writes in random pieces, many of them twice, late or taken back; then every question that the store answers.
async fn random_writes_and_questions(db: &Db, id: IndicatorId, seed: u64) {
    let mut dice = Dice(seed);
    let mut oracle = Oracle::new();
    let around = Span::new(Minute(NOW - 3 * DAY_MINUTES), Minute(NOW));
    let (mut moments, mut trusted, shelf) = (Vec::new(), 0, Shelf::default());
    for batch in 0..25 {
        // every other batch is the newest, as most are that a server answers
        let newest = around.start().0 + around.minutes() * (batch + 1) / 25 - 100;
        let start = if batch % 2 == 0 { newest } else { around.start().0 + dice.below(around.minutes()) };
        let count = [1, 10, 200, 1_500][usize::try_from(dice.below(4)).unwrap()];
        let step = 1 + dice.below(3);
        let mut batch = (0..count).map(|n| (Minute(start + n * step), dice.slice())).collect::<Vec<_>>();
        batch.push((Minute(start), dice.slice())); // the same minute twice in one batch: the last counts
        moments.push(settled(db, id).await);
        let before = (raw_rows(db).await, ledger::version(db, id).await.unwrap().changes);
        write(db, id, &batch).await;
        let after = (raw_rows(db).await, ledger::version(db, id).await.unwrap().changes);
        assert_eq!(before.0 != after.0, before.1 < after.1, "the version tells of every change and of no other");
        trusted += settled_hours_are_as_they_were(db, id, &moments).await;
        for (minute, slice) in &batch {
            match slice {
                Some(slice) => oracle.insert(minute.0, *slice),
                None => oracle.remove(&minute.0),
            };
        }
        if dice.below(4) == 0 {
            write(db, id, &batch).await; // once more changes nothing
            assert_eq!(ledger::version(db, id).await.unwrap().changes, after.1);
        }
        let spans = (0..dice.below(60)).map(|_| dice.span(around)).collect::<Vec<_>>();
        let answers = ledger::tallies(db, id, &spans).await.unwrap();
        assert_eq!(answers, spans.iter().map(|span| expected(&oracle, *span)).collect::<Vec<_>>(), "seed {seed}");
        let version = ledger::version(db, id).await.unwrap();
        for (span, answer) in spans.iter().zip(&answers) {
            let hours = shelf.excerpt(db, id, &version, *span).await.unwrap();
            assert_eq!(hours.tallies(&[*span]).unwrap(), [*answer], "seed {seed}, {span:?}: from the shelf");
        }
        let hull = Span::new(around.start().plus(-200), around.end().plus(DAY_MINUTES * 4));
        assert_eq!(Excerpt::read(db, id, hull).await.unwrap().tallies(&spans).unwrap(), answers, "seed {seed}");
        for (span, answer) in spans.iter().zip(answers) {
            let found = spreads::tallies(db, &[id, IndicatorId(1)], *span).await.unwrap();
            assert_eq!(found.get(&id).copied().unwrap_or_default().known, answer.known, "seed {seed}, {span:?}");
            assert!(found.get(&id).is_none_or(|found| *found == answer), "seed {seed}, {span:?}: many at once");
        }
    }
    assert!(trusted > 0, "some settled hours are still trusted after a change of later ones");
    let span = dice.span(around);
    let known = oracle.range(span.start().0..span.end().0).map(|(m, s)| (Minute(*m), *s)).collect::<Vec<_>>();
    assert_eq!(ledger::slices(db, id, span).await.unwrap(), known, "seed {seed}");
    let mut paged = Vec::new();
    for page in ledger::pages(span) {
        paged.extend(ledger::slices(db, id, page).await.unwrap());
    }
    assert_eq!(paged, known);
    let hours = ledger::hours(db, id, span).await.unwrap();
    assert_eq!(Excerpt::read(db, id, span).await.unwrap().hours().collect::<Vec<_>>(), hours);
    for row in hours {
        let whole = expected(&oracle, row.hour.span());
        assert_eq!((row.good, row.total, row.known), (whole.good, whole.total, whole.known));
    }
    let extent = oracle.first_key_value().zip(oracle.last_key_value());
    let extent = extent.map(|((first, _), (last, _))| Span::new(Minute(*first), Minute(last + 1)));
    assert_eq!(ledger::extent(db, id).await.unwrap(), extent);
    let version = ledger::version(db, id).await.unwrap();
    assert_eq!(shelf.first(db, id, &version).await.unwrap(), extent.map(Span::start));
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
        let version = async || ledger::version(db, id).await.unwrap().changes;
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

    /// Ten hours: the first seven are settled when the tenth is written.
    async fn a_change_of_a_settled_hour_is_counted_apart(db: &Db) {
        let id = an_indicator(db).await;
        let day = Minute(NOW);
        let change = async |hour: i64, good: i64| {
            write(db, id, &[(day.plus(60 * hour), Some(Slice::new(good, 9).unwrap()))]).await;
            let version = ledger::version(db, id).await.unwrap();
            (version.changes, version.settled_changes, version.settled_before.0 - day.hour().0)
        };
        let settled = 10 - UNSETTLED_HOURS;
        write(db, id, &(0..9).map(|n| (day.plus(60 * n), Some(Slice::new(9, 9).unwrap()))).collect::<Vec<_>>()).await;
        assert_eq!(change(9, 9).await, (2, 0, settled));
        assert_eq!(change(9, 9).await, (2, 0, settled), "the same again changes nothing");
        assert_eq!(change(settled, 8).await, (3, 0, settled), "the first that is not settled");
        assert_eq!(change(settled - 1, 8).await, (4, 1, settled - 1), "the last that was");
        assert_eq!(change(9, 8).await, (5, 1, settled), "settled anew");
        assert_eq!(change(2, 8).await, (6, 2, 2), "a backfill begins");
        assert_eq!(change(3, 8).await, (7, 2, 2), "and goes on");
        let mut tx = begin(db).await;
        ledger::drop_old(&mut tx, day.hour(), Hour(day.hour().0 + 1)).await.unwrap();
        tx.commit().await.unwrap();
        let version = ledger::version(db, id).await.unwrap();
        assert_eq!((version.changes, version.settled_changes), (8, 3), "what was dropped was settled");
    }

    /// What is altered behind the ledger's back shows what the shelf did not read again.
    async fn the_shelf_reads_settled_hours_once(db: &Db) {
        let id = an_indicator(db).await;
        let (day, shelf) = (Minute(NOW), Shelf::default());
        let whole = Span::new(day.plus(30), day.plus(600));
        let totals = async |span: Span| -> Vec<i64> {
            let version = ledger::version(db, id).await.unwrap();
            shelf.excerpt(db, id, &version, span).await.unwrap().hours().map(|hour| hour.total).collect()
        };
        let first = async || {
            let version = ledger::version(db, id).await.unwrap();
            shelf.first(db, id, &version).await.unwrap()
        };
        let minute = |hour: i64, good: i64| (day.plus(60 * hour), Some(Slice::new(good, 9).unwrap()));
        write(db, id, &(0..10).map(|hour| minute(hour, 9)).collect::<Vec<_>>()).await;
        assert_eq!(totals(Span::new(day.plus(120), day.plus(240))).await, [9; 2]);
        assert_eq!((totals(whole).await, first().await), (vec![9; 10], Some(day)));
        let mut tx = begin(db).await;
        execute(&mut tx, "UPDATE hours SET total = 1, good = 1, known = 0").await;
        tx.commit().await.unwrap();
        assert_eq!((totals(whole).await, first().await), (vec![9; 10], Some(day)), "nothing has changed, it says");
        write(db, id, &[minute(9, 8)]).await;
        assert_eq!(totals(whole).await, [9, 9, 9, 9, 9, 9, 9, 1, 1, 9], "the newest are read, the last was written");
        assert_eq!(totals(Span::new(day.plus(120), day.plus(240))).await, [9; 2]);
        write(db, id, &[minute(0, 8)]).await;
        assert_eq!(totals(whole).await, [9, 1, 1, 1, 1, 1, 1, 1, 1, 9], "everything is read anew");
        let far = Span::new(day.plus(-9_000), day.plus(-8_000));
        assert_eq!((totals(far).await, totals(whole).await.len()), (vec![], 10));
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
