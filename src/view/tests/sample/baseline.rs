//! What is usual, and what left it.

use super::objective::drawing;
use super::{Say, form, shell};
use crate::view::baseline::{AnomalyRow, BaselineChart, BaselinePage, BaselinePreview, BaselineSection, TrialRow};
use crate::view::plot::Drawing;
use crate::view::{Badge, Choice, Fact, Help, Link, Section, Tone};
use askama::Template;

pub(super) fn section(say: &Say) -> BaselineSection {
    let anomaly = |id, standing: Badge, is_expected| AnomalyRow {
        id,
        from: say.it("2026-11-12 14:05 CET"),
        to: say.it("2026-11-12 15:20 CET"),
        what: say.it("Error rate, higher than usual"),
        why: say.it("unlike anything seen before"),
        value: say.it("3.2 %"),
        expected: say.it("0.10 %, at most 0.50 %"),
        score: say.it("0.83"),
        standing,
        said: if is_expected { say.it("says Ana, 2026-11-13 09:00 CET") } else { String::new() },
        is_expected,
    };
    BaselineSection {
        standing: say.it("Watched by the method auto, sensitivity normal."),
        is_learning: true,
        charts: vec![BaselineChart {
            id: "usual-bad_share".to_owned(),
            title: say.it("Error rate"),
            summary: say.it("Percent. The band is what was expected before each hour began."),
            drawing: Drawing { page: drawing("usual"), phone: drawing("usual") },
        }],
        unwatched: Some(say.it("The mean is not watched: the source has no sums.")),
        anomalies: vec![
            anomaly(14_000, Badge::new(Tone::Warn, say.it("Unusual")), false),
            anomaly(14_001, Badge::new(Tone::Idle, say.it("Expected")), true),
        ],
        more: Some(say.it("12 earlier anomalies are in the files below.")),
        can_say: true,
        settings: Some(Link::new("/objectives/5000/baseline", say.it("How it is watched"))),
    }
}

pub(super) fn pages(say: &Say) -> Vec<(&'static str, String)> {
    let choices = |words: &[&str]| words.iter().map(|word| Choice::new(*word, say.it(word))).collect::<Vec<_>>();
    let typed = [
        ("method", "auto"),
        ("sensitivity", "normal"),
        ("against", "yesterday"),
        ("percent", "5"),
        ("latency_p95", "yes"),
    ];
    let page = BaselinePage {
        shell: shell(say, "How it is watched", Section::Overview, Some(Help::OBJECTIVE)),
        id: 5000,
        objective: Link::new("/objectives/5000", say.it("Checkout answers")),
        form: form(say, &typed, &[("percent", "Write the part as whole percent from 10 to 90.")]),
        methods: choices(&["auto", "ewma"]),
        sensitivities: choices(&["calm", "normal", "keen"]),
        latencies: choices(&["latency_mean", "latency_p95"]),
        days: choices(&["yesterday", "last_week"]),
        sentences: vec![Fact::new(say.it("auto"), say.it("Marks what resembles nothing seen before."))],
        begun: say.it("Learned from 2026-11-12 14:05 CET on; nothing from before counts."),
        can_edit: true,
        preview: None,
    };
    let row = |method: &str, is_current, newest: &[&str]| TrialRow {
        method: say.it(method),
        sensitivity: say.it("normal"),
        is_current,
        counts: vec![say.it("3"), say.it("1")],
        newest: newest.iter().map(|one| say.it(one)).collect(),
        more: if is_current { say.it("and 2 more") } else { String::new() },
    };
    let preview = BaselinePreview {
        span: say.it("2026-10-17 00:00 CEST – 2026-11-21 00:00 CET"),
        measures: vec![say.it("Error rate"), say.it("Traffic")],
        rows: vec![row("auto", true, &["2026-11-12 14:05 CET: Error rate 3.2 %"]), row("ewma", false, &[])],
    };
    let tried = BaselinePage { preview: Some(preview), can_edit: false, begun: String::new(), ..page.clone() };
    vec![("baseline-form", page.render().unwrap()), ("baseline-preview", tried.render().unwrap())]
}
