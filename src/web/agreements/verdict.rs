//! An agreement's period in one sentence.

use crate::domain::judgement::{Judgement, Sli, Status};
use crate::domain::wording;
use crate::language;
use crate::language::say;

/// How many names one sentence takes.
const NAMES_MAX: usize = 3;

/// What stands after the period's judgement of each named objective.
pub fn sentence(judged: &[(&str, &Judgement)]) -> String {
    let of = |status: Status| judged.iter().filter(move |(_, judgement)| judgement.status == status);
    let measured = judged.iter().filter(|(_, judgement)| matches!(judgement.sli, Sli::Measured { .. })).count();
    if judged.is_empty() {
        return say!("There is no objective to judge.");
    }
    if measured == 0 {
        return say!("Nothing was measured in it yet, so nothing can be said.");
    }
    let met = of(Status::Meeting).count() + of(Status::AtRisk).count();
    let told = match (met, measured) {
        (1, 1) => say!("The measured objective is met"),
        (met, all) if met == all => say!("All {all} measured objectives are met", all),
        (1, all) => say!("1 of {all} measured objectives is met", all),
        (met, all) => say!("{met} of {all} measured objectives are met", met, all),
    };
    let over = |(name, judgement): &(&str, &Judgement)| say!("{name} (by {length})", name, overspent(judgement));
    let breached: Vec<String> = of(Status::Breached).map(over).collect();
    let risky: Vec<&str> = of(Status::AtRisk).map(|(name, _)| *name).collect();
    let text = match (breached.is_empty(), risky.is_empty()) {
        (false, _) => say!("{told}; over budget: {names}.", told, listed(&breached)),
        (true, false) => say!("{told}; little budget is left for {names}.", told, listed(&risky)),
        (true, true) => say!("{told}.", told),
    };
    let silent: Vec<&str> = of(Status::NoData).map(|(name, _)| *name).collect();
    if silent.is_empty() { text } else { say!("{text} Nothing was measured for {names}.", text, listed(&silent)) }
}

fn overspent(judgement: &Judgement) -> String {
    let seconds = judgement.budget.as_ref().map_or(0, |budget| budget.remaining_seconds().saturating_neg());
    wording::duration_seconds(seconds.max(1))
}

fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES_MAX).map(AsRef::as_ref).collect();
    let comma = language::word(", ");
    match (names.len(), shown.split_last()) {
        (more, _) if more > NAMES_MAX => say!("{names} and {more} more", shown.join(comma), more - NAMES_MAX),
        (_, Some((last, []))) => (*last).to_owned(),
        (_, Some((last, rest))) => say!("{names} and {last}", rest.join(comma), last),
        (_, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Account;
    use crate::domain::judgement::{Terms, judge};
    use crate::domain::ledger::Tally;
    use crate::domain::target::Target;
    use crate::domain::terms::Counting;
    use crate::domain::time::{Minute, Span};

    fn judged(good: i64, total: i64) -> Judgement {
        let terms = Terms {
            target: Target::parse("99").unwrap(),
            window_minutes: 10_000,
            judged_minutes: 10_000,
            counting: Counting::default(),
        };
        let known = i64::from(total > 0) * 100;
        let account = Account::of_events(Tally { good, total, known, minutes: 100 });
        judge(terms, &[], Span::ending(Minute(10_000), 100), account, &[])
    }

    #[test]
    fn a_period_is_told_in_one_sentence() {
        // 99 % of 10 000 min allow 100 min; 2 % bad spend 200: 100 min over
        let (fine, broken, silent) = (judged(100, 100), judged(98, 100), judged(0, 0));
        assert_eq!(sentence(&[]), "There is no objective to judge.");
        assert_eq!(sentence(&[("Search", &silent)]), "Nothing was measured in it yet, so nothing can be said.");
        assert_eq!(sentence(&[("Pay", &fine)]), "The measured objective is met.");
        assert_eq!(
            sentence(&[("Pay", &broken), ("Search", &silent), ("Buy", &fine)]),
            "1 of 2 measured objectives is met; over budget: Pay (by 1 h 40 min). Nothing was measured for Search."
        );
        assert_eq!(
            sentence(&[("A", &judged(991, 1000)), ("B", &fine)]),
            "All 2 measured objectives are met; little budget is left for A."
        );
        assert_eq!(listed(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
    }
}
