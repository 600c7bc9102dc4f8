use super::range::{Asked, Choice, of, presets, query};
use super::*;
use crate::domain::calendar::PeriodKind;
use crate::domain::contract::{AgreementTerms, ObjectiveTerms};
use crate::domain::ids::{AgreementId, IndicatorId, ServiceId, SourceId};
use crate::domain::model::{self, Agreement, Indicator, Objective, ObjectiveKind, RollingMinutes, Window};
use crate::domain::selector::Selector;
use crate::domain::target::Target;
use crate::domain::time::Instant;
use chrono_tz::Tz;

/// 2026-11-21T06:58:00Z.
const UNTIL: Minute = Minute(29_920_738);

pub(super) fn listing(window: Window) -> ObjectiveListing {
    let target = Target::parse("99.9").unwrap();
    let (agreement, indicator) = (AgreementId(3), IndicatorId(7));
    ObjectiveListing {
        objective: Objective {
            id: ObjectiveId(5),
            agreement,
            indicator,
            name: "Up".to_owned(),
            kind: ObjectiveKind::Uptime,
            target,
            window,
            terms: ObjectiveTerms::default(),
            archived_at: None,
        },
        indicator: Indicator {
            id: indicator,
            service: ServiceId(1),
            source: SourceId(2),
            query: model::Query::Up { gauge: Selector::parse("up").unwrap() },
        },
        agreement: Agreement {
            id: agreement,
            name: "Gold".to_owned(),
            customer: "ACME".to_owned(),
            owner: String::new(),
            zone: Tz::Europe__Berlin,
            period: PeriodKind::Month,
            report_every: PeriodKind::Week,
            terms: AgreementTerms::default(),
            created_at: Instant::from_seconds(0),
            archived_at: None,
        },
        service_name: "api".to_owned(),
        source_name: "prometheus".to_owned(),
    }
}

fn asked(range: &str, from: &str, to: &str) -> Asked {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Asked { range: given(range), from: given(from), to: given(to), step: None, compare: None }
}

/// What a query asks of an objective over 30 days, as moments in UTC.
fn moments(range: &str, from: &str, to: &str) -> Result<(String, String), &'static str> {
    let range = of(&asked(range, from, to), &listing(Window::Rolling(RollingMinutes::MONTH)), UNTIL);
    let text = |minute: Minute| minute.start().to_string();
    range.map(|range| (text(range.span.start()), text(range.span.end()))).map_err(|problem| problem.field)
}

fn between(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

#[test]
fn days_are_the_agreements_days_and_the_last_one_is_inside() {
    assert_eq!(moments("", "2026-11-01", "2026-11-02"), Ok(between("2026-10-31T23:00:00Z", "2026-11-02T23:00:00Z")));
    assert_eq!(
        moments("", "2026-10-25", "2026-10-25"),
        Ok(between("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")),
        "25 hours"
    );
    assert_eq!(
        moments("", "2026-11-20", "2026-12-31"),
        Ok(between("2026-11-19T23:00:00Z", "2026-11-21T06:58:00Z")),
        "no further than judgements reach"
    );
}

#[test]
fn moments_name_their_zone_and_a_lost_plus_is_found_again() {
    let expected = Ok(between("2026-11-01T07:00:00Z", "2026-11-01T09:30:00Z"));
    assert_eq!(moments("", "2026-11-01T08:00:00+01:00", "2026-11-01T09:30:59Z"), expected);
    assert_eq!(moments("", "2026-11-01T08:00:00 01:00", "2026-11-01T09:30:00Z"), expected);
}

#[test]
fn what_is_left_out_is_the_objectives_window() {
    let window = Ok(between("2026-10-22T06:58:00Z", "2026-11-21T06:58:00Z"));
    assert_eq!(moments("", "", ""), window);
    assert_eq!(moments("window", " ", ""), window);
    assert_eq!(moments("30d", "", ""), window);
    assert_eq!(moments("1d", "", ""), Ok(between("2026-11-20T06:58:00Z", "2026-11-21T06:58:00Z")));
    assert_eq!(moments("", "2026-11-20", ""), Ok(between("2026-11-19T23:00:00Z", "2026-11-21T06:58:00Z")));
    assert_eq!(moments("", "", "2026-10-31"), Ok(between("2026-10-01T23:00:00Z", "2026-10-31T23:00:00Z")));
}

#[test]
fn nonsense_is_refused_at_its_field() {
    for (range, from, to, field) in [
        ("xyz", "", "", "range"),
        ("-1d", "", "", "range"),
        ("", "NaN", "", "from"),
        ("", "2026-11", "", "from"),
        ("", "2026-02-30", "", "from"),
        ("", "+99999-01-01", "", "from"),
        ("", "", "tomorrow", "to"),
        ("", "2026-11-02", "2026-11-01", "from"),
        ("", "2026-11-22", "2026-11-23", "from"),
        ("", "2025-10-01", "2026-11-20", "from"),
        ("", "1970-01-01", "2026-11-20", "from"),
    ] {
        assert_eq!(moments(range, from, to), Err(field), "{range:?} {from:?} {to:?}");
    }
    // 400 days and not a minute more
    assert!(moments("", "2025-10-17T06:58:00Z", "2026-11-21T06:58:00Z").is_ok());
    assert!(moments("", "2025-10-17T06:57:00Z", "2026-11-21T06:58:00Z").is_err());
}

#[test]
fn the_window_is_offered_once() {
    let words = |window, choice| {
        let listing = listing(window);
        let range = Range { span: Span::ending(UNTIL, 60), choice };
        let presets = presets(&range, &listing.objective, PeriodKind::Month);
        let current: Vec<_> = presets.iter().filter(|one| one.is_current).map(|one| one.word.clone()).collect();
        (presets.into_iter().map(|one| one.label).collect::<Vec<_>>(), current)
    };
    let month = Window::Rolling(RollingMinutes::MONTH);
    assert_eq!(
        words(month, Choice::Window),
        (["1 day", "7 days", "90 days", "Window: 30 days"].map(str::to_owned).to_vec(), vec!["window".to_owned()])
    );
    assert_eq!(words(Window::Calendar, Choice::Days(30)).1, ["30d"]);
    assert_eq!(
        words(Window::Calendar, Choice::Custom),
        (["1 day", "7 days", "30 days", "90 days", "This month"].map(str::to_owned).to_vec(), vec![])
    );
}

#[test]
fn a_range_comes_back_from_its_own_query() {
    let listing = listing(Window::Calendar);
    let range = range::window(&listing, UNTIL);
    let pairs: std::collections::BTreeMap<_, _> =
        form_urlencoded::parse(query(range.span).as_bytes()).into_owned().collect();
    let again = of(&asked("", &pairs["from"], &pairs["to"]), &listing, UNTIL).unwrap();
    assert_eq!((again.span, again.choice), (range.span, Choice::Custom));
}

#[test]
fn an_outage_that_goes_on_is_listed_however_cheap() {
    let outage = |at: i64, bad| Outage { span: Span::new(Minute(at), Minute(at + 1)), bad, total: bad, cost: bad };
    let mut outages: Vec<_> = (0..30).map(|n| outage(n * 10, 100)).collect();
    outages.push(outage(999, 1));
    let (shown, left_out) = shown_outages(&outages, Minute(1000));
    assert_eq!((shown.len(), left_out), (OUTAGES_SHOWN + 1, 15));
    assert_eq!(shown.last().unwrap().span.end(), Minute(1000));
}
