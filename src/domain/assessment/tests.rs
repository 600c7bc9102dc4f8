use super::*;
use crate::domain::calendar::PeriodKind;
use crate::domain::contract::{AgreementTerms, ObjectiveTerms};
use crate::domain::credit::{Credit, CreditTexts};
use crate::domain::evidence::Part;
use crate::domain::exclusion::{Category, Rules, effect};
use crate::domain::ids::{AgreementId, ExclusionId, IndicatorId};
use crate::domain::ledger::Slice;
use crate::domain::model::{ObjectiveKind, Window};
use crate::domain::recovery::RecoveryTexts;
use crate::domain::sheet::Sheet;
use crate::domain::terms::SliceMinutes;
use chrono_tz::Tz;

const MONTH_MINUTES: i64 = 30 * 1440;

/// June 1970, of 30 days.
fn june() -> Period {
    Period::parse("1970-06", Tz::UTC).unwrap()
}

fn agreement(credit: Option<Credit>, recovery: RecoveryTargets, rules: Rules) -> Agreement {
    Agreement {
        id: AgreementId(1),
        name: "Shop".into(),
        customer: String::new(),
        owner: String::new(),
        zone: Tz::UTC,
        period: PeriodKind::Month,
        report_every: PeriodKind::Month,
        terms: AgreementTerms { rules, credit, recovery, ..AgreementTerms::default() },
        created_at: Instant::from_seconds(0),
        archived_at: None,
    }
}

fn objective(id: i64, name: &str, target: &str, terms: ObjectiveTerms) -> Objective {
    Objective {
        id: ObjectiveId(id),
        agreement: AgreementId(1),
        indicator: IndicatorId(id),
        name: name.into(),
        kind: ObjectiveKind::Availability,
        target: Target::parse(target).unwrap(),
        window: Window::Calendar,
        terms,
        archived_at: None,
    }
}

fn sliced(method: Method) -> ObjectiveTerms {
    ObjectiveTerms { counting: Counting { method, ..Counting::default() }, ..ObjectiveTerms::default() }
}

/// Ten requests a minute of June, of which `good` are good.
fn sheet(good: impl Fn(i64) -> i64) -> Sheet {
    let start = june().span().start();
    Sheet::of_minutes((0..MONTH_MINUTES).map(|n| (start.plus(n), Slice { good: good(n), total: 10, catch_up: false })))
}

fn assessed(objective: &Objective, sheet: Sheet, effect: &Effect, causes: &[(Span, String)]) -> Assessed {
    let (period, span) = (june(), june().span());
    let judged = Spans::from(span).minus(&effect.excluded);
    let judged_minutes = judged.minutes();
    let counting = objective.terms.counting;
    let part = Part { sheet, counting, target: objective.target, weight: 1 };
    Assessed::of(&Facts {
        objective,
        events: ("request", "requests"),
        evidence: &Evidence::of_one(part, judged),
        span,
        terms: Terms { target: objective.target, window_minutes: span.minutes(), judged_minutes, counting },
        effect,
        closed: 0,
        causes,
        period: &period,
    })
}

fn put_together(agreement: &Agreement, exclusions: &[Exclusion], objectives: Vec<Assessed>) -> Assessment {
    let names = BTreeMap::from([(UserId(3), "Ana".to_owned())]);
    let (period, span) = (june(), june().span());
    let around = Surroundings { period: &period, span, now: span.end().start(), exclusions, names: &names };
    whole(agreement, &around, objectives)
}

fn s3() -> Option<Credit> {
    let texts = CreditTexts {
        tiers: "99.9: 10, 99.0: 25, 95.0: 100".into(),
        fee: "1,200.00 EUR".into(),
        claim: "30 days".into(),
        ..CreditTexts::default()
    };
    Credit::parse(&texts).unwrap()
}

/// The first 3 days of 5-minute slices have one bad request of ten: 864 of 8 640 at 90 %. Mean 99.0 %, exactly; it owes
/// the first tier and has nothing left until the second. Under timeslices 864 slices are bad: 90 %.
#[test]
fn three_days_at_ten_percent_errors_owe_the_first_tier_and_leave_nothing() {
    let objective = objective(1, "Storage", "99.9", sliced(Method::RatioTimeslices { slice: SliceMinutes::FIVE }));
    let one = assessed(&objective, sheet(|n| if n < 3 * 1440 { 9 } else { 10 }), &Effect::default(), &[]);
    assert_eq!(one.measured(), "99 %");
    assert_eq!(
        why::good_of_all(&one, one.judgement.tally.good, one.judgement.tally.total),
        "8,553.6 of 8,640 slices of 5 min"
    );
    // 1 % errors of 0.1 % allowed: exactly ten times, which is major
    assert_eq!((one.severity, one.since), (Some(Severity::Major), Some(june().span().start())));
    let shares: Vec<(String, Option<bool>)> =
        one.comparison.iter().map(|c| (measured(&c.counted, one.target), c.met)).collect();
    assert_eq!(shares, [("99 %".into(), Some(false)), ("90 %".into(), Some(false)), ("99 %".into(), Some(false))]);
    assert!(!one.methods_disagree());
    let all = put_together(&agreement(s3(), RecoveryTargets::default(), Rules::default()), &[], vec![one]);
    let credit = all.credit.unwrap();
    assert_eq!(why::owed_text(&credit), "10 % of the fee, 120.00 EUR");
    let room = credit.room.unwrap();
    assert_eq!((room.below_ppm, room.failures, room.seconds), (990_000, 0, 0));
    assert_eq!((credit.days_left, credit.settles()), (Some(30), true));
    let lines = why::owed(&credit, &all.objectives);
    assert!(lines.contains(&"1,200.00 EUR a month × 10 % = 120.00 EUR".to_owned()), "{lines:?}");
    assert_eq!(all.compliance.share().map(Ratio::numerator), Some(0));
}

/// The worst tier of two objectives decides; headroom is to the tier below that one, where the nearer one counts.
#[test]
fn the_worst_of_the_objectives_decides_the_credit() {
    let first = objective(1, "Shop", "99.9", ObjectiveTerms::default());
    let second = objective(2, "Pay", "99.9", ObjectiveTerms::default());
    let speed = ObjectiveTerms { group: Some(Group::Performance), ..ObjectiveTerms::default() };
    let third = objective(3, "Fast", "99.9", speed);
    let none = Effect::default();
    // 0.5 % of the minutes are down: 216 of 43 200, 2 160 requests of 432 000
    let list = || {
        vec![
            assessed(&first, sheet(|_| 10), &none, &[]),
            assessed(&second, sheet(|n| if n < 216 { 0 } else { 10 }), &none, &[]),
            assessed(&third, sheet(|_| 0), &none, &[]),
        ]
    };
    let terms = agreement(s3(), RecoveryTargets::default(), Rules::default());
    let all = put_together(&terms, &[], list());
    let credit = all.credit.as_ref().unwrap();
    assert_eq!(
        (credit.by.clone(), credit.owed.map(|(index, owed)| (index, owed.credit_ppm))),
        (vec![0, 1], Some((1, 100_000)))
    );
    // 99 % of 432 000 leaves 4 320 bad: 2 160 more, 216 min
    let room = credit.room.unwrap();
    assert_eq!((room.nearest, room.failures, room.seconds), (1, 2_160, 216 * 60));
    assert_eq!(
        why::headroom_text(credit, &all.objectives),
        "2,160 more requests may fail, or 3 h 36 min of full downtime"
    );
    // 1 of 3 by weight; Fast misses all of it: a thousand times the budget
    assert_eq!((all.compliance.met_weight, all.compliance.decided_weight), (1, 3));
    let found: Vec<(&str, Severity)> = all.violations.iter().map(|v| (v.metric.as_str(), v.severity)).collect();
    assert_eq!(found, [("Fast", Severity::Critical), ("Pay", Severity::Major)]);
    let mut named = list();
    named[2].earns_credit = true;
    let credit = put_together(&terms, &[], named).credit.unwrap();
    assert_eq!(
        credit.owed.map(|(index, owed)| (index, owed.credit_ppm)),
        Some((2, 1_000_000)),
        "only who is named counts"
    );
    assert!(credit.room.is_none(), "nothing is worse");
}

/// 40 h of announced maintenance that is a crash, of which four are forgiven: 36 h of downtime stay.
#[test]
fn maintenance_beyond_the_cap_is_downtime_and_both_numbers_are_told() {
    let start = june().span().start();
    let work = Exclusion {
        id: ExclusionId(7),
        proposed: crate::domain::exclusion::Signed { by: Some(UserId(3)), at: start.start() },
        reason: "New database".into(),
        ..Exclusion::planned(Span::new(start, start.plus(2_400)))
    };
    let rules = Rules { notice_minutes: None, monthly_cap_minutes: Some(240) };
    let effect = effect([&work], &rules, Tz::UTC, june().span());
    let shop = objective(1, "Shop", "99.9", ObjectiveTerms::default());
    let causes = [(Span::new(start.plus(300), start.plus(301)), "disk full".to_owned())];
    let one = assessed(&shop, sheet(|n| if n < 2_400 { 0 } else { 10 }), &effect, &causes);
    assert_eq!((one.raw.counted.good, one.raw.counted.total), (408_000, 432_000));
    assert_eq!((one.judgement.tally.good, one.judgement.tally.total), (408_000, 429_600), "only 240 min are forgiven");
    assert_eq!((one.excluded_minutes, one.judged_minutes), (240, 42_960));
    assert_eq!(why::raw(&one)[1], "Taken out: 240 minutes excluded, 0 minutes outside business hours");
    assert_eq!((one.outages.len(), one.outages[0].outage.span.minutes()), (1, 2_160));
    assert_eq!(one.outages[0].cause.as_deref(), Some("disk full"));
    assert_eq!(one.since, Some(start.plus(240)));
    let texts = RecoveryTexts { mttr: "15m".into(), planned: "4h".into(), ..RecoveryTexts::default() };
    let recovery = RecoveryTargets::parse(&texts).unwrap();
    let all = put_together(&agreement(None, recovery, rules), std::slice::from_ref(&work), vec![one]);
    assert_eq!((all.recovery.outages, all.recovery.down_minutes, all.recovery.planned_minutes), (1, 2_160, 2_400));
    let metrics: Vec<&str> = all.violations.iter().map(|v| v.metric.as_str()).collect();
    assert_eq!(metrics, ["Shop", "mean time to repair", "planned downtime"], "critical first");
    let told: Vec<bool> = all.measures.iter().map(|told| told.promised).collect();
    assert_eq!(told, [true, false, false, true]);
    let applied = &all.exclusions[0];
    assert_eq!((applied.taken.minutes(), applied.asked_by.as_str()), (240, "Ana"));
    assert_eq!(applied.refused.iter().map(|(b, s)| (*b, s.minutes())).collect::<Vec<_>>(), [(Broken::Cap, 2_160)]);
    assert_eq!(applied.when().minutes(), 2_400);
}

#[test]
fn a_month_that_is_excluded_altogether_is_not_applicable() {
    let span = june().span();
    let all_of_it = Exclusion { category: Category::ForceMajeure, ..Exclusion::planned(span) };
    let effect = effect([&all_of_it], &Rules::default(), Tz::UTC, span);
    let shop = objective(1, "Shop", "99.9", ObjectiveTerms::default());
    let one = assessed(&shop, sheet(|_| 0), &effect, &[]);
    assert_eq!((one.judgement.sli, one.measured().as_str()), (Sli::NotApplicable, "not applicable"));
    assert_eq!(one.raw_met(), Some(false), "the raw number is still told");
    let texts = RecoveryTexts { mttr: "15m".into(), ..RecoveryTexts::default() };
    let terms = agreement(s3(), RecoveryTargets::parse(&texts).unwrap(), Rules::default());
    let all = put_together(&terms, std::slice::from_ref(&all_of_it), vec![one]);
    assert!(all.compliance.share().is_none() && all.violations.is_empty());
    let credit = all.credit.unwrap();
    assert!(credit.owed.is_none() && credit.room.is_none());
    assert_eq!(why::owed_text(&credit), "not applicable: nothing was counted");
    assert_eq!(all.measures[0].measure.met, None);
}

/// An hour with one bad request of ten: 60 of 432 000 are more than the 43.2 that 99.99 % allows. Where nine of ten make
/// a slice good, not a slice is bad.
#[test]
fn methods_that_disagree_are_flagged() {
    let method = Method::Timeslices {
        slice: SliceMinutes::FIVE,
        target: crate::domain::terms::SliceTarget::parse("90").unwrap(),
    };
    let lenient = objective(1, "Shop", "99.99", sliced(method));
    let one = assessed(&lenient, sheet(|n| if n < 60 { 9 } else { 10 }), &Effect::default(), &[]);
    let met: Vec<Option<bool>> = one.comparison.iter().map(|compared| compared.met).collect();
    assert_eq!(met, [Some(false), Some(true), Some(false)]);
    assert!(one.methods_disagree() && one.comparison[1].is_own);
    assert_eq!((one.severity, one.since), (None, None), "the agreed method decides");
}

/// Two members, weights 3 and 1: the second fails from minute 100 on, so that the mean of 75 % and more falls below 90 %
/// when its own share does below 60 %: 100 of 100 + n, at n = 67.
#[test]
fn a_weighted_mean_is_violated_from_the_minute_on_which_it_falls() {
    let target = Target::parse("90").unwrap();
    let part =
        |good: fn(i64) -> i64, weight| Part { sheet: sheet(good), counting: Counting::default(), target, weight };
    let parts = vec![part(|_| 10, 3), part(|n| if n < 100 { 10 } else { 0 }, 1)];
    let span = june().span();
    let evidence = Evidence::of_members(parts, Rule::Weighted, Counting::default(), target, span.into());
    assert_eq!(since(&evidence, &evidence.slices(span), span, target), Some(span.start().plus(166)));
}
