//! The terms of objectives and agreements as JSON text: words and numbers as people read them, each with its default left out.

use crate::domain::burn::{AlertRule, Severity};
use crate::domain::calendar::Anchor;
use crate::domain::compliance::Group;
use crate::domain::contract::{AgreementTerms, Composite, ObjectiveTerms, Rule};
use crate::domain::credit::{Credit, CreditTexts};
use crate::domain::exclusion::Rules;
use crate::domain::ids::ObjectiveId;
use crate::domain::recovery::RecoveryTargets;
use crate::domain::retention::KeepYears;
use crate::domain::schedule::Schedule;
use crate::domain::terms::{Counting, Downtime, Method, Policy, SliceMinutes, SliceTarget};
use crate::language::Language;
use chrono::Weekday;
use serde::{Deserialize, Serialize};

/// [`ObjectiveTerms`] as they are stored.
#[derive(Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct ObjectiveDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice_target_ppm: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_requests: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consecutive: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least_requests: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    earns_credit: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    composite: Option<CompositeDocument>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<AlertDocument>,
}

/// The factor as text, because JSON readers may round it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertDocument {
    severity: String,
    factor: String,
    long_minutes: i64,
    short_minutes: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CompositeDocument {
    rule: String,
    members: Vec<(i64, u32)>,
}

/// The text for an objective's terms.
pub(super) fn objective_text(terms: &ObjectiveTerms) -> Result<String, serde_json::Error> {
    let usual = ObjectiveTerms::default();
    let Counting { method, no_requests, unknown, downtime } = terms.counting;
    let slice = (method != Method::Occurrences).then(|| method.slice().minutes());
    let slice_target = if let Method::Timeslices { target, .. } = method { Some(target.ppm()) } else { None };
    let unless = |policy: Policy, usual: Policy| (policy != usual).then(|| policy.word().to_owned());
    serde_json::to_string(&ObjectiveDocument {
        method: (method != Method::Occurrences).then(|| method.word().to_owned()),
        slice_minutes: slice,
        slice_target_ppm: slice_target,
        no_requests: unless(no_requests, usual.counting.no_requests),
        unknown: unless(unknown, usual.counting.unknown),
        consecutive: (downtime.consecutive() != 1).then(|| downtime.consecutive()),
        at_least_requests: (downtime.at_least_requests() != 1).then(|| downtime.at_least_requests()),
        group: terms.group.map(|group| group.word().to_owned()),
        earns_credit: terms.earns_credit,
        weight: (terms.weight != usual.weight).then_some(terms.weight),
        composite: terms.composite.as_ref().map(|composite| CompositeDocument {
            rule: composite.rule().word().to_owned(),
            members: composite.members().iter().map(|(id, weight)| (id.0, *weight)).collect(),
        }),
        alerts: terms.alerts.iter().map(alert_document).collect(),
    })
}

fn alert_document(rule: &AlertRule) -> AlertDocument {
    AlertDocument {
        severity: rule.severity.word().to_owned(),
        factor: rule.factor.to_string(),
        long_minutes: rule.long_minutes,
        short_minutes: rule.short_minutes,
    }
}

fn alert(document: AlertDocument) -> Result<AlertRule, String> {
    let AlertDocument { severity, factor, long_minutes, short_minutes } = document;
    let number = factor.parse::<f64>().ok().filter(|factor| factor.is_finite());
    Ok(AlertRule {
        severity: Severity::from_word(&severity).ok_or_else(|| format!("{severity} is no severity"))?,
        factor: number.ok_or_else(|| format!("{factor} is no factor"))?,
        long_minutes,
        short_minutes,
    })
}

/// The terms behind a text, or what is wrong with it.
pub(super) fn objective_terms(text: &str) -> Result<ObjectiveTerms, String> {
    let document: ObjectiveDocument = serde_json::from_str(text).map_err(|why| why.to_string())?;
    let usual = ObjectiveTerms::default();
    let policy = |word: Option<String>, usual: Policy| match word {
        None => Ok(usual),
        Some(word) => Policy::from_word(&word).ok_or_else(|| format!("{word} is no policy")),
    };
    Ok(ObjectiveTerms {
        counting: Counting {
            method: method(&document)?,
            no_requests: policy(document.no_requests, usual.counting.no_requests)?,
            unknown: policy(document.unknown, usual.counting.unknown)?,
            downtime: Downtime::new(document.consecutive.unwrap_or(1), document.at_least_requests.unwrap_or(1))
                .map_err(|why| why.to_string())?,
        },
        group: document.group.as_deref().map(group).transpose()?,
        earns_credit: document.earns_credit,
        weight: document.weight.unwrap_or(usual.weight),
        composite: document.composite.map(composite).transpose()?,
        alerts: document.alerts.into_iter().map(alert).collect::<Result<_, _>>()?,
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it may skip by reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

fn group(word: &str) -> Result<Group, String> {
    Group::from_word(word).ok_or_else(|| format!("{word} is no group"))
}

fn method(document: &ObjectiveDocument) -> Result<Method, String> {
    let slice = || {
        let minutes = document.slice_minutes.ok_or("no length of a slice")?;
        SliceMinutes::new(minutes).map_err(|why| why.to_string())
    };
    match document.method.as_deref() {
        None | Some("occurrences") => Ok(Method::Occurrences),
        Some("ratio_timeslices") => Ok(Method::RatioTimeslices { slice: slice()? }),
        Some("timeslices") => {
            let ppm = document.slice_target_ppm.ok_or("no target of a slice")?;
            let target = SliceTarget::from_ppm(ppm).map_err(|why| why.to_string())?;
            Ok(Method::Timeslices { slice: slice()?, target })
        }
        Some(word) => Err(format!("{word} is no budgeting method")),
    }
}

fn composite(document: CompositeDocument) -> Result<Composite, String> {
    let rule = Rule::from_word(&document.rule).ok_or_else(|| format!("{} is no rule", document.rule))?;
    let members = document.members.into_iter().map(|(id, weight)| (ObjectiveId(id), weight)).collect();
    Composite::new(rule, members).map_err(|why| why.to_string())
}

/// [`AgreementTerms`] as they are stored; what was typed as text is stored as its canonical text.
#[derive(Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct AgreementDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<AnchorDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<HoursDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    monthly_cap_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<CreditDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mttr_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtbf_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longest_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    planned_minutes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_years: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnchorDocument {
    week: String,
    day: u32,
    month: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursDocument {
    hours: String,
    holidays: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CreditDocument {
    tiers: String,
    cap: String,
    fee: String,
    claim: String,
}

/// The text for an agreement's terms.
pub(super) fn agreement_text(terms: &AgreementTerms) -> Result<String, serde_json::Error> {
    let AgreementTerms { anchor, hours, rules, credit, recovery, language, keep_years } = terms;
    let week = if anchor.week() == Weekday::Sun { "sunday" } else { "monday" };
    let anchor = (*anchor != Anchor::default()).then(|| AnchorDocument {
        week: week.to_owned(),
        day: anchor.day(),
        month: anchor.month(),
    });
    let credit = credit.as_ref().map(|credit| {
        let CreditTexts { tiers, cap, fee, claim } = credit.texts();
        CreditDocument { tiers, cap, fee, claim }
    });
    serde_json::to_string(&AgreementDocument {
        anchor,
        hours: hours.as_ref().map(|hours| HoursDocument { hours: hours.hours_text(), holidays: hours.holidays_text() }),
        notice_minutes: rules.notice_minutes,
        monthly_cap_minutes: rules.monthly_cap_minutes,
        credit,
        mttr_minutes: recovery.mttr_minutes,
        mtbf_minutes: recovery.mtbf_minutes,
        longest_minutes: recovery.longest_minutes,
        planned_minutes: recovery.planned_minutes,
        language: language.map(|language| language.word().to_owned()),
        keep_years: keep_years.map(KeepYears::years),
    })
}

/// The terms behind a text, or what is wrong with it.
pub(super) fn agreement_terms(text: &str) -> Result<AgreementTerms, String> {
    let document: AgreementDocument = serde_json::from_str(text).map_err(|why| why.to_string())?;
    Ok(AgreementTerms {
        anchor: document.anchor.as_ref().map(anchor).transpose()?.unwrap_or_default(),
        hours: document
            .hours
            .map(|text| Schedule::parse(&text.hours, &text.holidays).map_err(|why| why.to_string()))
            .transpose()?,
        rules: Rules { notice_minutes: document.notice_minutes, monthly_cap_minutes: document.monthly_cap_minutes },
        credit: document.credit.map(credit).transpose()?.flatten(),
        recovery: RecoveryTargets {
            mttr_minutes: document.mttr_minutes,
            mtbf_minutes: document.mtbf_minutes,
            longest_minutes: document.longest_minutes,
            planned_minutes: document.planned_minutes,
        },
        language: document
            .language
            .map(|word| Language::from_word(&word).ok_or_else(|| format!("{word} is no language")))
            .transpose()?,
        keep_years: document.keep_years.map(KeepYears::new).transpose().map_err(|why| why.to_string())?,
    })
}

fn anchor(document: &AnchorDocument) -> Result<Anchor, String> {
    let week = match document.week.as_str() {
        "monday" => Weekday::Mon,
        "sunday" => Weekday::Sun,
        other => return Err(format!("{other} begins no week")),
    };
    Anchor::new(week, document.day, document.month).map_err(|why| why.to_string())
}

fn credit(document: CreditDocument) -> Result<Option<Credit>, String> {
    let CreditDocument { tiers, cap, fee, claim } = document;
    let said = |why: Vec<_>| why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    Credit::parse(&CreditTexts { tiers, cap, fee, claim }).map_err(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_come_back_and_what_is_usual_is_left_out() {
        assert_eq!(objective_text(&ObjectiveTerms::default()).unwrap(), "{}");
        let slice = SliceMinutes::FIVE;
        let terms = ObjectiveTerms {
            counting: Counting {
                method: Method::Timeslices { slice, target: SliceTarget::from_ppm(1_000_000).unwrap() },
                no_requests: Policy::Excluded,
                unknown: Policy::Bad,
                downtime: Downtime::new(5, 2000).unwrap(),
            },
            group: Some(Group::Business),
            earns_credit: true,
            weight: 3,
            composite: Some(Composite::new(Rule::AnyBad, vec![(ObjectiveId(1), 1), (ObjectiveId(2), 4)]).unwrap()),
            alerts: vec![AlertRule { severity: Severity::Page, factor: 14.4, long_minutes: 60, short_minutes: 5 }],
        };
        let text = objective_text(&terms).unwrap();
        assert_eq!(
            text,
            r#"{"method":"timeslices","slice_minutes":5,"slice_target_ppm":1000000,"no_requests":"excluded","unknown":"bad","consecutive":5,"at_least_requests":2000,"group":"business","earns_credit":true,"weight":3,"composite":{"rule":"any_bad","members":[[1,1],[2,4]]},"alerts":[{"severity":"page","factor":"14.4","long_minutes":60,"short_minutes":5}]}"#
        );
        assert_eq!(objective_terms(&text).unwrap(), terms);
        let mean = ObjectiveTerms {
            counting: Counting { method: Method::RatioTimeslices { slice }, ..Counting::default() },
            ..ObjectiveTerms::default()
        };
        assert_eq!(objective_terms(&objective_text(&mean).unwrap()).unwrap(), mean);
    }

    #[test]
    fn an_agreement_s_terms_come_back() {
        assert_eq!(agreement_text(&AgreementTerms::default()).unwrap(), "{}");
        let texts = CreditTexts {
            tiers: "99.9: 10, 99: 25".to_owned(),
            cap: "50".to_owned(),
            fee: "1200 EUR".to_owned(),
            claim: "30 days".to_owned(),
        };
        let terms = AgreementTerms {
            anchor: Anchor::new(Weekday::Sun, 15, 4).unwrap(),
            hours: Some(Schedule::parse("Mon-Fri 08:00-18:00", "2026-12-25 Christmas").unwrap()),
            rules: Rules { notice_minutes: Some(2880), monthly_cap_minutes: Some(240) },
            credit: Credit::parse(&texts).unwrap(),
            recovery: RecoveryTargets { mttr_minutes: Some(15), ..RecoveryTargets::default() },
            language: Some(Language::Chinese),
            keep_years: Some(KeepYears::new(10).unwrap()),
        };
        assert!(terms.credit.is_some());
        assert_eq!(agreement_terms(&agreement_text(&terms).unwrap()).unwrap(), terms);
        for damaged in [
            "",
            r#"{"anchor":{"week":"friday","day":1,"month":1}}"#,
            r#"{"credit":{"tiers":"x","cap":"","fee":"","claim":""}}"#,
            r#"{"keep_years":0}"#,
        ] {
            assert!(!agreement_terms(damaged).unwrap_err().is_empty(), "{damaged}");
        }
    }

    #[test]
    fn damaged_terms_say_what_is_wrong() {
        for damaged in [
            "",
            r#"{"x":1}"#,
            r#"{"method":"timeslices"}"#,
            r#"{"method":"timeslices","slice_minutes":7,"slice_target_ppm":1}"#,
            r#"{"method":"often"}"#,
            r#"{"unknown":"maybe"}"#,
            r#"{"consecutive":0}"#,
            r#"{"composite":{"rule":"any_bad","members":[[1,1]]}}"#,
        ] {
            assert!(!objective_terms(damaged).unwrap_err().is_empty(), "{damaged}");
        }
    }
}
