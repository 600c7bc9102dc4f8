//! What an exclusion does, as a table with a sentence above it.

use crate::domain::exclusion::{Broken, Rules, State};
use crate::domain::judgement::{Judgement, Sli};
use crate::domain::target::Target;
use crate::domain::wording;
use crate::ops::preview_exclusion::{Effect, OBJECTIVES_MAX, Preview};
use crate::view::exclusions::{EffectRow, EffectTable, Outcome};
use crate::view::{Badge, Link, Tone};

/// The table of a preview.
pub fn table(preview: &Preview, state: State) -> EffectTable {
    EffectTable { rows: preview.rows.iter().map(row).collect(), notes: notes(preview, state) }
}

fn notes(preview: &Preview, state: State) -> Vec<String> {
    if preview.rows.is_empty() {
        return vec!["It holds no live objective, so nothing changes.".to_owned()];
    }
    let mut notes = Vec::new();
    if matches!(state, State::Rejected | State::Withdrawn) {
        notes.push("It is not in force: the right column says what it would do.".to_owned());
    }
    let turned = preview.rows.iter().filter(|row| is_turned(row)).count();
    let all = wording::counted(number(preview.rows.len()), "row", "rows");
    notes.push(match turned {
        0 => "No period changes between met and missed.".to_owned(),
        turned => format!("{} of {all} changes between met and missed.", wording::count(number(turned))),
    });
    if preview.objectives_left_out > 0 {
        let more = wording::counted(number(preview.objectives_left_out), "more objective", "more objectives");
        notes.push(format!("Only the first {OBJECTIVES_MAX} objectives are shown; it holds {more}."));
    }
    if preview.periods_left_out {
        notes.push("Only the newest periods are shown; it touches more.".to_owned());
    }
    notes
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn is_turned(row: &Effect) -> bool {
    let met = |judgement: &Option<Judgement>| judgement.as_ref().and_then(|judgement| judgement.met);
    met(&row.without) != met(&row.with)
}

fn row(effect: &Effect) -> EffectRow {
    let listing = &effect.listing;
    let name = wording::capitalised(&wording::period_name(&effect.period));
    let target = listing.objective.target;
    EffectRow {
        objective: Link::new(format!("/objectives/{}", listing.objective.id), &listing.objective.name),
        agreement: listing.agreement.name.clone(),
        period: match (&effect.without, effect.is_running) {
            (None, _) => format!("{name}, not begun"),
            (_, true) => format!("{name} so far"),
            (_, false) => name,
        },
        taken_out: wording::duration_minutes(effect.taken_out),
        net: if effect.net == effect.taken_out {
            String::new()
        } else {
            format!("{} beyond other exclusions", wording::duration_minutes(effect.net))
        },
        refused: effect.refused.iter().map(|refused| why(*refused, &listing.agreement.terms.rules)).collect(),
        without: outcome(effect.without.as_ref(), target),
        with: outcome(effect.with.as_ref(), target),
        is_turned: is_turned(effect),
    }
}

/// Which rule keeps minutes in, and by how much it was broken.
fn why((broken, minutes): (Broken, i64), rules: &Rules) -> String {
    let length = wording::duration_minutes(minutes);
    let limit = |minutes: Option<i64>| wording::duration_minutes(minutes.unwrap_or_default());
    match broken {
        Broken::Notice => format!("{length}: not announced {} before", limit(rules.notice_minutes)),
        Broken::Cap => format!("{length}: beyond {} a month", limit(rules.monthly_cap_minutes)),
    }
}

fn outcome(judgement: Option<&Judgement>, target: Target) -> Outcome {
    let Some(judgement) = judgement else {
        return Outcome { verdict: Badge::new(Tone::Idle, "Not begun"), sli: String::new() };
    };
    let verdict = match judgement.met {
        Some(true) => Badge::new(Tone::Good, "Met"),
        Some(false) => Badge::new(Tone::Bad, "Missed"),
        None if judgement.sli == Sli::NotApplicable => Badge::new(Tone::Idle, "Not applicable"),
        None => Badge::new(Tone::Idle, "No data"),
    };
    let sli = match judgement.sli {
        Sli::Measured { good, total } => format!("{} %", wording::sli_percent(good, total, Some(target))),
        Sli::NoTraffic => "nothing happened".to_owned(),
        Sli::Unknown => "nothing measured".to_owned(),
        Sli::NotApplicable => "everything is excluded".to_owned(),
    };
    Outcome { verdict, sli }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_rule_says_how_much_stays_in_and_why() {
        let rules = Rules { notice_minutes: Some(48 * 60), monthly_cap_minutes: Some(240) };
        assert_eq!(why((Broken::Notice, 60), &rules), "1 h: not announced 2 d before");
        assert_eq!(why((Broken::Cap, 36 * 60), &rules), "1 d 12 h: beyond 4 h a month");
    }

    #[test]
    fn what_was_left_out_is_said() {
        let empty = Preview { objectives_left_out: 3, periods_left_out: true, ..Preview::default() };
        assert_eq!(table(&empty, State::Proposed).notes, ["It holds no live objective, so nothing changes."]);
        assert_eq!(outcome(None, Target::parse("99").unwrap()).verdict.word, "Not begun");
    }
}
