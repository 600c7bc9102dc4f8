use super::*;
use crate::report::{render_csv, render_fragment, render_html, render_json, render_text, sample};

/// Every sentence about the whole stands in every shape.
#[test]
fn all_renderings_tell_the_agreement_as_a_whole() {
    let report = sample::judged();
    let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = flat(render_text(&report));
    let mail = render_html(&report, &[], crate::report::Medium::Mail, None).unwrap();
    let fragment = render_fragment(&report).unwrap();
    let figures = [compliance(&report), credit(&report), recovery(&report)];
    let figures = figures.iter().flatten().map(|figure| figure.value.clone());
    let violations = report.whole.violations.iter().map(|one| violation(&report, one));
    let one = &exclusions(&report)[0];
    let parts = [&one.when, &one.effect, &one.who].map(String::clone);
    for sentence in figures.chain(violations).chain(parts) {
        let escaped = sentence.replace('<', "&#60;").replace('>', "&#62;").replace('\'', "&#39;");
        assert!(flat(mail.clone()).contains(&escaped), "the mail lacks {sentence}");
        assert!(flat(fragment.clone()).contains(&escaped), "the page lacks {sentence}");
        let capital = capitalised(&sentence);
        assert!(text.contains(&sentence) || text.contains(&capital), "the text lacks {sentence}: {text}");
    }
    for html in [&mail, &fragment] {
        assert!(html.contains("New &#60;database&#62;") && html.contains("a disk was full"));
    }
    assert!(fragment.contains("<summary>Why this number?</summary><ul><li>9 / 12 = 75 %</li></ul>"));
    assert!(fragment.contains("2,013.6 of 2,016"), "billionths are told as slices");
}

#[test]
fn the_sentences_are_those_of_the_contract() {
    let report = sample::judged();
    let first = &report.whole.violations[1];
    assert_eq!(
        violation(&report, first),
        "Minor: Checkout availability: 99.8997 %, promised 99.9 %, since 2026-11-11 08:12 CET"
    );
    assert_eq!(compliance(&report)[0].value, "75 % by weight, 3 of 4 objectives met; 1 objective left out");
    assert_eq!(recovery(&report)[0].value, "27 min 30 s, promised at most 15 min – broken");
    assert_eq!(
        credit(&report)[1].value,
        "8,997 more requests may fail, or 1 h 30 min of full downtime until below 99 %"
    );
    let one = &exclusions(&report)[0];
    assert_eq!(one.effect, "240 minutes taken out; 60 minutes judged all the same, beyond the month's cap");
    assert_eq!(one.who, "asked by Ana on 2026-11-01, approved by Bo on 2026-11-02");
    let side = &sides(&report)[0];
    assert_eq!((side.raw.as_str(), side.contractual.as_str()), ("99.4024 %", "99.8997 %"));
    assert!(report.verdict.sentence.ends_with("Broken promises about outages: mean time to repair."));
    assert!(disagreement(&report.objectives[0]).is_some());
}

#[test]
fn files_hold_every_figure() {
    let report = sample::judged();
    let csv = render_csv([&report]).unwrap();
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let row = reader.records().next().unwrap().unwrap();
    let cell = |name: &str| row.get(headers.iter().position(|head| head == name).unwrap()).unwrap().to_owned();
    for (name, value) in [
        ("method", "occurrences"),
        ("unit", "event"),
        ("raw_good", "998000"),
        ("raw_sli_percent", "99.4024"),
        ("excluded_minutes", "240"),
        ("group", "availability"),
        ("weight", "3"),
        ("severity", "minor"),
        ("violated_since", "2026-11-11T07:12:00Z"),
        ("timeslices_sli_percent", "99.9504"),
        ("methods_disagree", "yes"),
        ("outage_causes", "a disk was full"),
        ("compliance_percent", "75"),
        ("credit_amount", "120.00 EUR"),
    ] {
        assert_eq!(cell(name), value, "{name}");
    }
    let json = render_json(&report).unwrap();
    assert_eq!(crate::report::json::read(&json).unwrap(), report);
}
