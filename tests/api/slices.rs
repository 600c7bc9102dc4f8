//! The slices behind a report, added up by a program that knows nothing of Nines.

use crate::closing::exclude;
use crate::on_both;
use crate::scene::{agree, draft, indicators, instance, promise, ratio, source};
use nines::domain::contract::Rule;
use nines::domain::ledger::Slice;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::domain::target::Target;
use nines::domain::terms::{Counting, Downtime, Method, SliceMinutes, SliceTarget};
use nines::domain::time::{Minute, Span};
use nines::ops::define_agreement::{CompositeDraft, ObjectiveDraft};
use nines::ops::run_schedules;
use nines::store;
use reqwest::StatusCode;
use serde_json::Value;
use std::process::Command;

/// Sums a file of slices for each objective and prints: id, good, total, known, judged, minutes, minutes down, rows excluded.
const SUMS: &str = r#"
import csv, json, sys
from datetime import datetime
rows = csv.DictReader(open(sys.argv[1], newline="")) if sys.argv[1].endswith("csv") else json.load(open(sys.argv[1]))["rows"]
yes = lambda value: value in ("yes", True)
sums = {}
for row in rows:
    one = sums.setdefault(int(row["objective_id"]), [0] * 7)
    length = datetime.fromisoformat(row["end"].replace("Z", "+00:00")) - datetime.fromisoformat(row["start"].replace("Z", "+00:00"))
    one[0] += int(row["counted_good"] or 0)
    one[1] += int(row["counted_total"] or 0)
    if not yes(row["excluded"]):
        one[2] += int(row["known_minutes"])
        one[3] += int(row["judged_minutes"])
    one[4] += length.seconds // 60
    one[5] += int(row["judged_minutes"]) if yes(row["down"]) else 0
    one[6] += yes(row["excluded"])
    assert row["class"] in ("good", "bad", "no_requests", "unknown"), row
for objective, one in sorted(sums.items()):
    print(objective, *one)
"#;

fn sums(text: &str, ending: &str) -> Vec<Vec<i64>> {
    let file = tempfile::Builder::new().suffix(&format!(".{ending}")).tempfile().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let done = Command::new("python3").args(["-c", SUMS]).arg(file.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let lines = String::from_utf8(done.stdout).unwrap();
    lines.lines().map(|line| line.split(' ').map(|number| number.parse().unwrap()).collect()).collect()
}

/// A hundred events a minute; minutes 100 to 129 of a day are unknown, 200 to 219 are silent, 300 to 341 are all bad, and one event
/// of every seventh minute.
fn happens(minute: i64) -> Option<Slice> {
    match minute % 1440 {
        100..130 => None,
        200..220 => Some(Slice::new(0, 0).unwrap()),
        300..342 => Some(Slice::new(0, 100).unwrap()),
        other => Some(Slice::new(100 - i64::from(other % 7 == 0), 100).unwrap()),
    }
}

fn objectives(id: nines::domain::ids::SourceId) -> Vec<ObjectiveDraft> {
    let one = |name: &str, counting: Counting| {
        let mut promise = promise(name, ObjectiveKind::Availability, id, ratio("a_total", "a_total{code=\"500\"}"));
        promise.target = Target::parse("95").unwrap();
        promise.terms.counting = counting;
        promise
    };
    let slice = SliceMinutes::FIVE;
    let slices = Method::Timeslices { slice, target: SliceTarget::from_ppm(990_000).unwrap() };
    let composite = |name: &str, rule: Rule| ObjectiveDraft {
        kind: ObjectiveKind::Composite,
        composite: Some(CompositeDraft { rule, members: vec![("Events".to_owned(), 1), ("=Slices".to_owned(), 2)] }),
        ..one(name, Counting::default())
    };
    vec![
        one("Events", Counting::default()),
        one("=Slices", Counting { method: slices, downtime: Downtime::new(2, 1).unwrap(), ..Counting::default() }),
        one("Shares", Counting { method: Method::RatioTimeslices { slice }, ..Counting::default() }),
        composite("Any", Rule::AnyBad),
        composite("Weighed", Rule::Weighted),
    ]
}

on_both! {
    async fn the_slices_of_a_period_add_up_to_its_report(app: TestApp) {
        let context = instance(&app, "one");
        let id = source(&context, "shop", SourceSpec::Scrape { url: "http://127.0.0.1:9/".parse().unwrap() }).await;
        let agreement = agree(&context, draft("Gold", &[], objectives(id))).await;
        let indicator = indicators(&context.db, id).await[0];
        let day = 1_795_219_200 / 60; // 2026-11-21 00:00 UTC
        let minutes: Vec<_> = (day..day + 1440).map(|minute| (Minute(minute), happens(minute - day))).collect();
        let mut pull = store::indicators::load_pull(&context.db, indicator).await.unwrap().unwrap();
        (pull.settled, pull.reached) = (Some(Minute(day + 1440)), Some(Minute(day + 1440)));
        let mut tx = context.db.begin_write().await.unwrap();
        store::ledger::write(&mut tx, indicator, &minutes).await.unwrap();
        store::indicators::save_pull(&mut tx, indicator, &pull).await.unwrap();
        tx.commit().await.unwrap();
        // an hour and two minutes, so that slices of five are cut, too
        exclude(&context, "a test", Span::new(Minute(day + 321), Minute(day + 383))).await;
        app.advance((day + 1440 + 120) * 60 - app.state.clock.now().seconds());
        assert_eq!(run_schedules::run_due(&context).await.unwrap().issued, 1);

        let ana = app.signed_in().await;
        let kept = store::reports::latest(app.db(), agreement, "2026-11-21").await.unwrap().unwrap();
        let report: Value = serde_json::from_str(kept.document().unwrap()).unwrap();
        let page = ana.get(&format!("/reports/{}", kept.head.id)).await.text;
        let path = format!("/agreements/{agreement}/slices.csv?period=2026-11-21");
        assert!(page.contains(&format!("href=\"{path}\"")), "{page}");
        let csv = ana.get(&path).await;
        assert_eq!((csv.status, csv.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        assert!(csv.header("content-disposition").contains(&format!("nines-agreement-{agreement}-slices-2026-11-21.csv")));
        let json = ana.get(&path.replace("csv", "json")).await.text;
        let sums_of_csv = sums(&csv.text, "csv");
        assert_eq!(sums_of_csv, sums(&json, "json"), "both say the same");
        for (line, sum) in report["objectives"].as_array().unwrap().iter().zip(&sums_of_csv) {
            let [id, good, total, known, judged, all, down, excluded] = sum[..] else { panic!("{sum:?}") };
            let number = |value: &Value| value.as_i64().unwrap();
            assert_eq!((id, all), (number(&line["id"]), 1440), "{line}");
            assert_eq!((known, judged), (number(&line["coverage"]["known"]), number(&line["coverage"]["minutes"])), "{}", line["name"]);
            assert_eq!(judged, 1440 - 62);
            let outages = line["outages"].as_array().unwrap();
            assert_eq!(down, outages.iter().map(|one| number(&one["minutes"])).sum::<i64>(), "{}", line["name"]);
            assert!(excluded >= 13, "{excluded}");
            match line["name"].as_str().unwrap() {
                "Weighed" => assert_eq!((good, total), (0, 0), "weighed shares do not add up"),
                "Shares" => {
                    let (told, all) = (number(&line["good"]), number(&line["total"]));
                    assert_eq!(total, all);
                    assert!((0..=all / 1_000_000_000).contains(&(told - good)), "{told} {good}");
                }
                name => assert_eq!((good, total), (number(&line["good"]), number(&line["total"])), "{name}"),
            }
        }
        // by hand: 1 440 − 62 excluded − 30 unknown − 20 silent minutes of a hundred events
        assert_eq!(sums_of_csv[0][2], 100 * (1440 - 62 - 30 - 20));
        assert!(csv.text.contains("\r\n'=Slices,") && !csv.text.contains("\r\n=Slices"), "no cell runs as a formula");
        assert!(json.contains("\"objective\":\"=Slices\""));

        let ahead = ana.get(&format!("/agreements/{agreement}/slices.csv?period=2031-01-01")).await;
        assert_eq!(ahead.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(ahead.visible().contains("This period has not begun"), "{}", ahead.visible());
        assert_eq!(ana.get(&format!("/agreements/{agreement}/slices.csv?period=soon")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(ana.get("/agreements/1/slices.csv").await.status, StatusCode::NOT_FOUND);
        app.advance(401 * 86_400);
        let ana = app.signed_in().await;
        let old = ana.get(&path).await;
        assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(old.visible().contains("The single minutes of this period are not kept any more"), "{}", old.visible());
    }
}
