//! Documents in the shapes that the specification shows, and hostile ones.

use super::slo::percent;
use super::*;

const SHOP: &str = r#"
apiVersion: openslo/v1
kind: Service
metadata: {name: shop, displayName: The shop}
spec: {description: Sells things}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom-eu}
spec:
  type: Prometheus
  connectionDetails: {url: "http://prometheus.example:9090"}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: answers}
spec:
  description: Answers that are no server errors
  ratioMetric:
    counter: true
    bad:
      metricSource: {metricSourceRef: prom-eu, type: Prometheus, spec: {query: 'http_requests_total{code=~"5.."}'}}
    total:
      metricSource: {metricSourceRef: prom-eu, type: Prometheus, spec: {query: http_requests_total}}
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: shop-answers
  displayName: Shop answers
  labels: {team: [a, b]}
spec:
  service: shop
  indicatorRef: answers
  budgetingMethod: Timeslices
  timeWindow: [{duration: 4w, isRolling: true}]
  objectives:
    - {displayName: Gold, target: 0.9995, timeSliceTarget: 0.95, timeSliceWindow: 5m}
    - {target: 0.99, timeSliceTarget: 0.9, timeSliceWindow: 1h, compositeWeight: 2}
  alertPolicies: [{kind: AlertPolicy}]
"#;

#[test]
fn documents_that_refer_to_each_other_become_objectives() {
    let read = import(SHOP).unwrap();
    let query = ImportedQuery::Ratio {
        total: "http_requests_total".to_owned(),
        part: "http_requests_total{code=~\"5..\"}".to_owned(),
        is_bad: true,
    };
    let gold = ImportedObjective {
        name: "Shop answers: Gold".to_owned(),
        service: "The shop".to_owned(),
        source: ("prom-eu".to_owned(), "http://prometheus.example:9090".to_owned()),
        query,
        target: "99.95".to_owned(),
        window: "28d".to_owned(),
        method: "timeslices",
        slice: "5".to_owned(),
        slice_target: "95".to_owned(),
    };
    let second = ImportedObjective {
        name: "Shop answers 2".to_owned(),
        target: "99".to_owned(),
        slice: "60".to_owned(),
        slice_target: "90".to_owned(),
        ..gold.clone()
    };
    assert_eq!(read.objectives, [gold, second]);
    assert_eq!((read.zone, read.period), (None, None));
    assert_eq!(
        read.left_out,
        [
            "SLO Shop answers: metadata.labels is not taken over.",
            "SLI answers: spec.description is not taken over.",
            "SLO Shop answers: spec.objectives[1].compositeWeight is not taken over.",
            "SLO Shop answers: spec.alertPolicies is not taken over.",
        ]
    );
}

#[test]
fn a_calendar_window_and_a_threshold_are_understood() {
    let read = import(
        "apiVersion: openslo/v1
kind: SLO
metadata: {name: cpu}
spec:
  service: shop
  indicator:
    metadata: {name: load}
    spec:
      thresholdMetric:
        metricSource: {type: Datadog, spec: {query: 'avg(cpu)'}}
  timeWindow:
    - duration: 1M
      isRolling: false
      calendar: {startTime: '2026-01-01 00:00:00', timeZone: Europe/Berlin}
  objectives: [{op: lt, value: 80, targetPercent: 99.5}]
",
    )
    .unwrap();
    let one = &read.objectives[0];
    assert_eq!((one.name.as_str(), one.target.as_str(), one.window.as_str()), ("cpu", "99.5", "period"));
    let gauge = "avg(cpu)".to_owned();
    assert_eq!(one.query, ImportedQuery::Level { gauge, at_least: false, limit: "80".to_owned() });
    assert_eq!((read.zone.as_deref(), read.period), (Some("Europe/Berlin"), Some(PeriodKind::Month)));
    let said = read.left_out.join("\n");
    for part in ["calendar.startTime is not taken over", "type is “Datadog”", "op is “lt”"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn what_is_no_openslo_is_refused_with_the_reason() {
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
        c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n\
        e: [*d, *d, *d, *d, *d, *d, *d, *d, *d]\n";
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let v2 = SHOP.replace("openslo/v1", "openslo/v2alpha");
    let mut long = SHOP.to_owned();
    long.push_str(&"#".repeat(TEXT_BYTES_MAX));
    for (text, why) in [
        ("", "It holds no SLO"),
        ("just text", "Document 1 is no mapping."),
        ("a: [", "This is no YAML that can be read"),
        ("kind: SLO\nkind: SLO\n", "This is no YAML that can be read"),
        (bomb, "This is no YAML that can be read"),
        (&deep, "This is no YAML that can be read"),
        (&v2, "its version is “openslo/v2alpha”"),
        (&long, "Paste at most 64 kB"),
    ] {
        let refused = import(text).unwrap_err();
        assert!(refused.contains(why) && refused.chars().count() < 700, "{why}: {refused}");
    }
    // nothing to count: named, and no objective
    let bare =
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x}\nspec: {indicatorRef: y, objectives: [{target: 0.9}]}";
    let read = import(bare).unwrap();
    assert_eq!(read.objectives, []);
    assert!(read.left_out.iter().any(|line| line.contains("the SLI “y” is not among the documents")), "{read:?}");
}

#[test]
fn shares_become_percent_digit_by_digit() {
    let pairs = [("0.999", "99.9"), ("0.9", "90"), ("0.99999", "99.999"), ("1", "100"), ("0", "0"), ("0.001", "0.1")];
    for (share, is) in pairs {
        assert_eq!(percent(share).as_deref(), Some(is));
    }
    for share in ["", "-0.9", "9e-1", "x", ".9"] {
        assert_eq!(percent(share), None, "{share}");
    }
}
