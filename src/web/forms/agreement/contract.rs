//! What an agreement says beyond names, zone and recipients: periods, hours, rules, credits, recovery; and templates.

use super::{GROUP, field};
use crate::domain::calendar::Anchor;
use crate::domain::contract::AgreementTerms;
use crate::domain::credit::templates::Template;
use crate::domain::credit::{Credit, CreditPart, CreditTexts};
use crate::domain::exclusion::Rules;
use crate::domain::recovery::{MeasureKind, RecoveryTargets, RecoveryTexts, parse_length};
use crate::domain::retention::{KeepYears, KeepYearsError};
use crate::domain::schedule::Schedule;
use crate::language::Language;
use crate::language::say;
use crate::ops::define_agreement::KEEP_YEARS;
use crate::view::Form;
use crate::web::forms::{Refused, language, sentence};
use chrono::Weekday;

/// The fields as the form opens for an agreement that exists.
pub(super) fn fields(terms: &AgreementTerms) -> Vec<(&'static str, String)> {
    let AgreementTerms { anchor, hours, rules, credit, recovery, language, keep_years } = terms;
    let length = |minutes: Option<i64>| minutes.map(length_text).unwrap_or_default();
    let credit = credit.as_ref().map(Credit::texts).unwrap_or_default();
    let recovery = recovery.texts();
    let week = if anchor.week() == Weekday::Sun { "sunday" } else { "monday" };
    vec![
        ("week-starts", week.to_owned()),
        ("period-day", anchor.day().to_string()),
        ("period-month", anchor.month().to_string()),
        ("hours", hours.as_ref().map(Schedule::hours_text).unwrap_or_default()),
        ("holidays", hours.as_ref().map(Schedule::holidays_text).unwrap_or_default()),
        ("notice", length(rules.notice_minutes)),
        ("maintenance-cap", length(rules.monthly_cap_minutes)),
        ("tiers", credit.tiers),
        ("credit-cap", credit.cap),
        ("fee", credit.fee),
        ("claim", credit.claim),
        ("mttr", recovery.mttr),
        ("mtbf", recovery.mtbf),
        ("longest", recovery.longest),
        ("planned", recovery.planned),
        ("language", language.map_or("", Language::word).to_owned()),
        (KEEP_YEARS, keep_years.map(|years| years.to_string()).unwrap_or_default()),
    ]
}

fn length_text(minutes: i64) -> String {
    match minutes {
        m if m % 60 == 0 => format!("{}h", m / 60),
        m => format!("{m}m"),
    }
}

/// Reads the terms of the agreement.
pub(super) fn read(form: &mut Form) -> Option<AgreementTerms> {
    let anchor = anchor(form);
    let hours = hours(form);
    let notice = length(form, "notice", "48h");
    let cap = length(form, "maintenance-cap", "4h");
    let credit = credit(form);
    let recovery = recovery(form);
    let language = language(form);
    let keep_years = keep_years(form);
    Some(AgreementTerms {
        anchor: anchor?,
        hours: hours.ok()?,
        rules: Rules { notice_minutes: notice.ok()?, monthly_cap_minutes: cap.ok()? },
        credit: credit.ok()?,
        recovery: recovery?,
        language: language.ok()?,
        keep_years: keep_years.ok()?,
    })
}

fn keep_years(form: &mut Form) -> Result<Option<KeepYears>, Refused> {
    let typed = form.value(KEEP_YEARS).trim().to_owned();
    if typed.is_empty() {
        return Ok(None);
    }
    let years = typed.parse().map_err(|_no_number| KeepYearsError).and_then(KeepYears::new);
    years.map(Some).map_err(|why| {
        form.refuse(KEEP_YEARS, sentence(&why.to_string()));
        Refused
    })
}

fn anchor(form: &mut Form) -> Option<Anchor> {
    let week = if form.is("week-starts", "sunday") { Weekday::Sun } else { Weekday::Mon };
    let part = |form: &mut Form, name: &str, most: u32, sentence: String| {
        let typed = form.value(name).trim().to_owned();
        let read = if typed.is_empty() { Some(1) } else { typed.parse().ok().filter(|n| (1..=most).contains(n)) };
        if read.is_none() {
            form.refuse(name, sentence);
        }
        read
    };
    let day =
        part(form, "period-day", 31, say!("Please write the day of the month as a whole number from 1 to {most}.", 31));
    let month = part(form, "period-month", 12, say!("Please write the month as a whole number from 1 to {most}.", 12));
    let anchor = Anchor::new(week, day?, month?);
    anchor.map_err(|why| form.refuse("period-day", sentence(&why.to_string()))).ok()
}

fn hours(form: &mut Form) -> Result<Option<Schedule>, Refused> {
    let (hours, holidays) = (form.value("hours").trim().to_owned(), form.value("holidays").trim().to_owned());
    if hours.is_empty() && holidays.is_empty() {
        return Ok(None);
    }
    // holidays alone mean: open always, but on these days
    let open = if hours.is_empty() { "Mon-Sun 00:00-24:00" } else { &hours };
    match Schedule::parse(open, &holidays) {
        Ok(schedule) => Ok(Some(schedule)),
        Err(why) => {
            let name = if why.is_about_holidays() { "holidays" } else { "hours" };
            form.refuse(name, sentence(&why.to_string()));
            Err(Refused)
        }
    }
}

fn length(form: &mut Form, name: &str, example: &str) -> Result<Option<i64>, Refused> {
    let typed = form.value(name).trim().to_owned();
    if typed.is_empty() {
        return Ok(None);
    }
    match parse_length(&typed) {
        Ok(minutes) => Ok(Some(minutes)),
        Err(why) => {
            form.refuse(name, say!("{problem} An example: {example}.", sentence(&why.to_string()), example));
            Err(Refused)
        }
    }
}

fn credit(form: &mut Form) -> Result<Option<Credit>, Refused> {
    let text = |name: &str| form.value(name).to_owned();
    let texts = CreditTexts { tiers: text("tiers"), cap: text("credit-cap"), fee: text("fee"), claim: text("claim") };
    match Credit::parse(&texts) {
        Ok(credit) => Ok(credit),
        Err(problems) => {
            for problem in problems {
                let name = match problem.part() {
                    CreditPart::Tiers => "tiers",
                    CreditPart::Cap => "credit-cap",
                    CreditPart::Fee => "fee",
                    CreditPart::Claim => "claim",
                };
                form.refuse(name, sentence(&problem.to_string()));
            }
            Err(Refused)
        }
    }
}

fn recovery(form: &mut Form) -> Option<RecoveryTargets> {
    let text = |name: &str| form.value(name).to_owned();
    let texts =
        RecoveryTexts { mttr: text("mttr"), mtbf: text("mtbf"), longest: text("longest"), planned: text("planned") };
    match RecoveryTargets::parse(&texts) {
        Ok(targets) => Some(targets),
        Err(problems) => {
            for problem in problems {
                let name = match problem.measure {
                    MeasureKind::Mttr => "mttr",
                    MeasureKind::Mtbf => "mtbf",
                    MeasureKind::LongestOutage => "longest",
                    MeasureKind::PlannedDowntime => "planned",
                };
                form.refuse(name, sentence(&problem.why.to_string()));
            }
            None
        }
    }
}

/// Fills a form with the terms of a well-known contract: periods and credits, and how each of its objectives counts.
pub fn apply(form: &mut Form, template: &Template) {
    let CreditTexts { tiers, cap, claim, .. } = template.credit_texts();
    form.set("period", "month");
    for (name, value) in [("tiers", tiers), ("credit-cap", cap), ("claim", claim)] {
        form.set(name, value);
    }
    let counting = template.counting;
    for number in form.group(GROUP) {
        let mut set = |name: &str, value: &str| form.set(field(number, name), value);
        set("method", counting.method);
        set("slice", &counting.slice_minutes.to_string());
        set("slice-target", counting.slice_target_percent.unwrap_or_default());
        set("consecutive", &counting.consecutive.to_string());
        set("down-requests", &counting.at_least_requests.max(1).to_string());
        set("no-requests", counting.no_requests);
        set("unknown", counting.unknown);
        set("target", template.target);
        set("window", "period");
        set("earns-credit", "on");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::forms::agreement::empty;

    #[test]
    fn every_template_fills_a_form_that_reads() {
        for template in Template::ALL {
            let mut form = empty("UTC", "");
            apply(&mut form, &template);
            let terms = read(&mut form).unwrap_or_else(|| panic!("{}: {:?}", template.key, form.problems));
            assert_eq!(terms.credit.unwrap().tiers().len(), 3, "{}", template.key);
            let target = crate::domain::target::Target::parse(template.target).unwrap();
            let counting = super::super::counting::read(&mut form, 0, Some(target), 43_200);
            assert_eq!(
                counting.unwrap_or_else(|| panic!("{:?}", form.problems)).counting.method.word(),
                template.counting.method
            );
        }
    }

    #[test]
    fn what_is_read_is_what_the_form_opens_with() {
        let mut form = empty("UTC", "");
        for (name, value) in [
            ("week-starts", "sunday"),
            ("period-day", "15"),
            ("period-month", "4"),
            ("hours", "Mon-Fri 08:00-18:00"),
            ("holidays", "2026-12-25 Christmas"),
            ("notice", "2 days"),
            ("maintenance-cap", "4h"),
            ("tiers", "99.9: 10, 99: 25"),
            ("fee", "1,200 EUR"),
            ("claim", "30 days"),
            ("mttr", "15m"),
            ("mtbf", "30d"),
            ("planned", "4 hours"),
            ("keep-years", " 10 "),
        ] {
            form.set(name, value);
        }
        let terms = read(&mut form).unwrap_or_else(|| panic!("{:?}", form.problems));
        assert_eq!((terms.rules.notice_minutes, terms.rules.monthly_cap_minutes), (Some(2880), Some(240)));
        let mut again = empty("UTC", "");
        for (name, value) in fields(&terms) {
            again.set(name, value);
        }
        assert_eq!(read(&mut again), Some(terms));
    }

    #[test]
    fn each_refusal_stands_beside_its_field() {
        let mut form = empty("UTC", "");
        let wrong = [
            ("period-day", "32"),
            ("hours", "Mon 25:00-26:00"),
            ("notice", "soon"),
            ("tiers", "99: 10, 99.9: 25"),
            ("fee", "12"),
            ("claim", "later"),
            ("mttr", "fast"),
            ("keep-years", "100"),
        ];
        for (name, value) in wrong {
            form.set(name, value);
        }
        assert_eq!(read(&mut form), None);
        for (name, _) in wrong {
            assert!(form.field(name).problem.is_some(), "{name}: {:?}", form.problems);
        }
    }
}
