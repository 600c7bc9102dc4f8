//! One SLO: its indicator, its window, its objectives.

use super::node::Node;
use super::{ImportedObjective, ImportedQuery, Reader};
use crate::domain::calendar::PeriodKind;
use crate::language::say;

/// What an indicator measures.
enum Measure {
    Ratio { total: String, part: String, is_bad: bool },
    Threshold { gauge: String },
}

impl Reader {
    pub(super) fn slo(&mut self, mut slo: Node) {
        let title = slo.text("title").unwrap_or_default();
        let mut spec = slo.node("spec").unwrap_or_default();
        slo.done(&mut self.out.left_out);
        let service = spec.text("service").unwrap_or_default();
        let service = self.services.get(&service).cloned().unwrap_or(service);
        let window = self.window(&mut spec);
        let method = self.method(&mut spec);
        let found = self.indicator(&mut spec, &title);
        let objectives = spec.list("objectives");
        let several = objectives.len() > 1;
        if objectives.is_empty() {
            self.out.left_out.push(say!("SLO {title}: it has no objectives, so nothing of it is promised.", title));
        }
        for (place, objective) in objectives.into_iter().enumerate() {
            let Some((measure, source)) = &found else {
                objective.done(&mut self.out.left_out);
                continue;
            };
            let name = |own: Option<String>| match own {
                Some(own) if several => format!("{title}: {own}"),
                None if several => format!("{title} {}", place + 1),
                _ => title.clone(),
            };
            let read = self.objective(objective, name, measure);
            self.out.objectives.push(ImportedObjective {
                service: service.clone(),
                source: source.clone(),
                window: window.clone(),
                method,
                ..read
            });
        }
        spec.done(&mut self.out.left_out);
    }

    fn method(&mut self, spec: &mut Node) -> &'static str {
        match spec.text("budgetingMethod").as_deref() {
            Some("Timeslices") => "timeslices",
            Some("RatioTimeslices") => "ratio_timeslices",
            Some("Occurrences") | None => "occurrences",
            Some(other) => {
                let what = say!("is “{other}”, which is none of Occurrences, Timeslices and RatioTimeslices.", other);
                self.out.left_out.push(spec.say("budgetingMethod", &what));
                "occurrences"
            }
        }
    }

    /// The first time window as the form writes it.
    fn window(&mut self, spec: &mut Node) -> String {
        let mut windows = spec.list("timeWindow").into_iter();
        let Some(mut window) = windows.next() else {
            self.out.left_out.push(spec.say("timeWindow", &say!("is missing; 30 days are assumed.")));
            return "30d".to_owned();
        };
        for other in windows {
            other.done(&mut self.out.left_out);
        }
        let duration = window.text("duration").unwrap_or_default();
        let calendar = window.node("calendar");
        let is_rolling = window.text("isRolling").is_some_and(|is| is == "true");
        let text = if calendar.is_some() || !is_rolling && is_calendar(&duration) {
            self.calendar(&window, &duration, calendar);
            "period".to_owned()
        } else {
            self.rolling(&window, &duration)
        };
        window.done(&mut self.out.left_out);
        text
    }

    fn rolling(&mut self, window: &Node, duration: &str) -> String {
        let (number, unit) = parts(duration);
        let mut about = |days: i64| {
            let text = format!("{}d", number.saturating_mul(days));
            self.out
                .left_out
                .push(window.say("duration", &say!("{duration} rolls, so it is taken as {text}.", duration, text)));
            text
        };
        match unit {
            "M" => about(30),
            "Q" => about(90),
            "Y" => about(365),
            "w" => format!("{}d", number.saturating_mul(7)),
            _ => duration.to_owned(),
        }
    }

    fn calendar(&mut self, window: &Node, duration: &str, calendar: Option<Node>) {
        let period = match duration {
            "1d" => Some(PeriodKind::Day),
            "1w" | "7d" => Some(PeriodKind::Week),
            "1M" => Some(PeriodKind::Month),
            "1Q" | "3M" => Some(PeriodKind::Quarter),
            "1Y" | "12M" => Some(PeriodKind::Year),
            _ => None,
        };
        if period.is_none() {
            let what = say!("{duration} is no calendar period; choose by what the agreement is judged.", duration);
            self.out.left_out.push(window.say("duration", &what));
        }
        if self.out.period.is_some() && period.is_some() && self.out.period != period {
            let what = say!("{duration} differs from another window; an agreement has one period.", duration);
            self.out.left_out.push(window.say("duration", &what));
        }
        self.out.period = self.out.period.or(period);
        if let Some(mut calendar) = calendar {
            self.out.zone = self.out.zone.take().or(calendar.text("timeZone"));
            calendar.done(&mut self.out.left_out); // its start: the form asks for days and months instead
        }
    }

    /// What is measured and where, inline or behind a reference.
    fn indicator(&mut self, spec: &mut Node, title: &str) -> Option<(Measure, (String, String))> {
        let referred = spec.text("indicatorRef");
        let mut indicator = match (&referred, spec.node("indicator")) {
            (_, Some(mut inline)) => {
                let inner = inline.node("spec");
                inline.fields.remove("metadata");
                inline.done(&mut self.out.left_out);
                inner.unwrap_or_default()
            }
            (Some(name), None) => {
                let known = self.indicators.get(name).cloned();
                let found = known.and_then(|value| Node::of(value, say!("SLI {name}: spec.", name)));
                if found.is_none() {
                    let sentence =
                        say!("SLO {title}: the SLI “{name}” is not among the documents; paste it too.", title, name);
                    self.out.left_out.push(sentence);
                }
                found?
            }
            (None, None) => {
                self.out.left_out.push(say!("SLO {title}: it has no indicator.", title));
                return None;
            }
        };
        let ratio = indicator.node("ratioMetric");
        let threshold = indicator.node("thresholdMetric");
        let read = match (ratio, threshold) {
            (Some(ratio), _) => self.ratio(ratio),
            (None, Some(threshold)) => {
                let (gauge, source) = self.metric(threshold)?;
                Some((Measure::Threshold { gauge }, source))
            }
            (None, None) => {
                self.out.left_out.push(say!("SLO {title}: its indicator has neither a ratio nor a threshold.", title));
                None
            }
        };
        indicator.done(&mut self.out.left_out);
        read
    }

    fn ratio(&mut self, mut ratio: Node) -> Option<(Measure, (String, String))> {
        if ratio.text("counter").is_some_and(|is| is == "false") {
            let what = say!("is false: Nines counts the growth of counters, so look at both queries.");
            self.out.left_out.push(ratio.say("counter", &what));
        }
        let total = ratio.node("total");
        let (good, bad) = (ratio.node("good"), ratio.node("bad"));
        let place = ratio.say("", "");
        ratio.done(&mut self.out.left_out);
        let is_bad = good.is_none() && bad.is_some();
        let (Some(total), Some(part)) = (total, good.or(bad)) else {
            let place = place.trim_end().trim_end_matches('.');
            self.out
                .left_out
                .push(say!("{place} lacks its total, or its good or bad events; raw shares are not counted.", place));
            return None;
        };
        let (total, source) = self.metric(total)?;
        let (part, other) = self.metric(part)?;
        if other != source {
            self.out
                .left_out
                .push(say!("{place}good and total come from different sources; choose one.", place.trim_end()));
        }
        Some((Measure::Ratio { total, part, is_bad }, source))
    }

    /// The query of a metric and its source.
    fn metric(&mut self, mut metric: Node) -> Option<(String, (String, String))> {
        let mut source = metric.node("metricSource").unwrap_or_default();
        metric.done(&mut self.out.left_out);
        let name = source.text("metricSourceRef").unwrap_or_default();
        if let Some(kind) = source.text("type").filter(|kind| !kind.eq_ignore_ascii_case("prometheus")) {
            let what = say!("is “{kind}”: write its query anew for Prometheus.", kind);
            self.out.left_out.push(source.say("type", &what));
        }
        let mut spec = source.node("spec").unwrap_or_default();
        let query = spec.text("query").or_else(|| spec.text("promql"));
        if query.is_none() {
            self.out.left_out.push(source.say("spec.query", &say!("is missing.")));
        }
        spec.done(&mut self.out.left_out);
        source.done(&mut self.out.left_out);
        let url = self.sources.get(&name).cloned().unwrap_or_default();
        Some((query?, (name, url)))
    }

    fn objective(
        &mut self,
        mut one: Node,
        name: impl Fn(Option<String>) -> String,
        measure: &Measure,
    ) -> ImportedObjective {
        let title = one.text("displayName");
        let share = one.text("target").map(|share| percent(&share));
        let target = share.or_else(|| one.text("targetPercent").map(Some)).flatten();
        if target.is_none() {
            self.out.left_out.push(one.say("target", &say!("is missing or no share between 0 and 1.")));
        }
        let slice = one.text("timeSliceWindow").map_or_else(String::new, |text| minutes(&text).unwrap_or(text));
        let slice_target = one.text("timeSliceTarget").and_then(|share| percent(&share)).unwrap_or_default();
        let query = match measure {
            Measure::Ratio { total, part, is_bad } => {
                ImportedQuery::Ratio { total: total.clone(), part: part.clone(), is_bad: *is_bad }
            }
            Measure::Threshold { gauge } => {
                let op = one.text("op").unwrap_or_default();
                if !matches!(op.as_str(), "lte" | "gte") {
                    let what = say!("is “{op}”: a limit itself always counts as kept here.", op);
                    self.out.left_out.push(one.say("op", &what));
                }
                let at_least = op.starts_with('g');
                let limit = one.text("value").unwrap_or_default();
                ImportedQuery::Level { gauge: gauge.clone(), at_least, limit }
            }
        };
        one.done(&mut self.out.left_out);
        ImportedObjective {
            name: name(title),
            service: String::new(),
            source: Default::default(),
            query,
            target: target.unwrap_or_default(),
            window: String::new(),
            method: "occurrences",
            slice,
            slice_target,
        }
    }
}

fn is_calendar(duration: &str) -> bool {
    duration.ends_with(['M', 'Q', 'Y'])
}

/// The number and the unit of a duration such as `30d`; 0 if there is no number.
fn parts(duration: &str) -> (i64, &str) {
    let at = duration.find(|c: char| !c.is_ascii_digit()).unwrap_or(duration.len());
    let (number, unit) = duration.split_at(at);
    (number.parse().unwrap_or_default(), unit)
}

/// A duration in minutes, as the form asks for the length of a slice.
fn minutes(duration: &str) -> Option<String> {
    let (number, unit) = parts(duration);
    let each = match unit {
        "m" => 1,
        "h" => 60,
        _ => return None,
    };
    Some(number.checked_mul(each)?.to_string())
}

/// A share between 0 and 1 in percent, digit by digit: `0.9995` is `99.95`.
pub(super) fn percent(share: &str) -> Option<String> {
    let (whole, decimals) = share.split_once('.').unwrap_or((share, ""));
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(decimals) {
        return None;
    }
    let digits = format!("{whole}{decimals:0<2}");
    let (percent, rest) = digits.split_at(whole.len() + 2);
    let percent = percent.trim_start_matches('0');
    let percent = if percent.is_empty() { "0" } else { percent };
    let rest = rest.trim_end_matches('0');
    Some(if rest.is_empty() { percent.to_owned() } else { format!("{percent}.{rest}") })
}
