//! What a report keeps in English, told in the reader's language.
//!
//! A report is data, and its JSON is the same whoever reads it, so the sentences in it are English for ever. What can be
//! told from figures is told anew where it is shown. The arithmetic behind them, the terms and the reasons are recognised
//! by the messages that they were made of, in older reports too; what nobody recognises stays as it is.

use crate::domain::wording;
use crate::language::{self, Language};
use crate::report::Report;
use std::fmt::Display;

/// A longer text is none of ours, or too long to be looked into.
const TEXT_MAX: usize = 2_000;
/// How deep messages lie within messages.
const DEPTH_MAX: usize = 4;
/// The parts that are told as they are: what people named, moments, and sums of money.
const AS_IT_IS: [&str; 8] = ["name", "names", "text", "reason", "money", "fee", "when", "zone"];

/// The messages that a report's sentences are made of. A part called `n`, `n2` or `n3` is a number, one of [`AS_IT_IS`] stays
/// as it is, and any other is told in turn. The first that fits is taken.
const MESSAGES: &[&str] = &[
    // how the objectives' shares come about
    "Met, with weights: none",
    "Met, with weights: {names}",
    "Missed: none",
    "Missed: {names}",
    "Not measured or not applicable, so left out: {names}",
    "Nothing that counts was decided, so there is no compliance.",
    "Raw, nothing taken out: {sides}",
    "Taken out: {excluded} excluded, {closed} outside business hours",
    "Contractual: {sides}",
    "{n} of {all} good in {minutes}: {measured}",
    "{n} of {n2} good, {n3} minutes known",
    "{n} of {n2} good",
    "{n} of {all} good",
    // what is owed
    "not applicable: nothing was counted",
    "nothing",
    "{n} % of the fee, {money}",
    "{n} % of the fee",
    "No objective earns credits, and none is about availability.",
    "Credits go by {names}; the worst tier decides.",
    "Credits are settled by the calendar {settled}: a {judged} alone owes nothing, and this only says which tier it would be in.",
    "Nothing was counted there, so no tier can apply.",
    "That is below no tier.",
    "Below {n} %: {n2} % of the fee",
    "At most {n} % is credited.",
    "{fee} a month × 3 months × {n} % = {money}",
    "{fee} a month × 12 months × {n} % = {money}",
    "{fee} a month × {n} % = {money}",
    "none: the worst tier applies",
    "not applicable",
    "{n} more slices of {n2} min may fail, or {time} of full downtime",
    "{n} more slice of {n2} min may fail, or {time} of full downtime",
    "{n} more {noun} may fail, or {time} of full downtime",
    "{time} of full downtime",
    "There is no further tier to fall to, or nothing was counted.",
    "The next tier credits {n} % below {n2} %; {name} is nearest.",
    "{n} of {all} are good; {n2} % of all must be, whole ones rounded up.",
    "({measured} − {n} %) × {minutes} so far = {time}",
    "until {when}, too late",
    "until {when}, {days} left",
    // outages
    "Planned maintenance in the period, overlaps once: {time}",
    "No outage in {minutes} that were judged and known",
    "{minutes} down / {outages} = {time}",
    "{minutes} up / {outages} = {time}",
    "The longest of {outages}: {time}",
    "Outages of the objectives about availability; those that overlap or touch are one.",
    "Promised: {limit}",
    "The period is too short to prove it.",
    "no outage in {time}",
    "not measured",
    "at most {n} % bad ({n2} % good)",
    "at most {time}",
    "at least {time}",
    // terms
    "good slices of all slices; one is bad if that of any member is (any_bad)",
    "the weighted mean of its members (weighted)",
    "good slices of all slices of {n} min (timeslices)",
    "good {events} of all {events2} (occurrences)",
    "the mean share of good {events} in slices of {n} min (ratio_timeslices)",
    "a slice is good from {n} % good {events} on",
    "a slice without {events} counts as good",
    "a slice without {events} counts as bad",
    "a slice without {events} is not counted",
    "a slice of which nothing is known counts as good",
    "a slice of which nothing is known counts as bad",
    "a slice of which nothing is known is not counted",
    "a minute of which nothing is known counts as good",
    "a minute of which nothing is known counts as bad",
    "a minute of which nothing is known is not counted",
    "every minute below {n} % and with at least {least}",
    "every minute below {n} %",
    "every slice of {n} min below {n2} % and with at least {least}",
    "every slice of {n} min below {n2} %",
    "{n} or more minutes in a row below {n2} % and with at least {least}",
    "{n} or more minutes in a row below {n2} %",
    "{n} or more slices of {n2} min in a row below {n3} % and with at least {least}",
    "{n} or more slices of {n2} min in a row below {n3} %",
    "weeks on Monday, months on day {n}, years with month {n2}",
    "weeks on Sunday, months on day {n}, years with month {n2}",
    "calendar {period}",
    "the calendar {period}",
    "every {period}",
    "{n}d",
    "{n}h",
    "{n}m",
    "Periods begin",
    "Maintenance taken out, at most a month",
    "Most credit",
    "Planned downtime, at most",
    // nouns
    "{n} slice of {n2} min",
    "{n} slices of {n2} min",
    "slices of {n} min",
    "slice of {n} min",
    // what left its usual
    "{what}, higher than usual",
    "{what}, lower than usual",
    "{what}, lower than the other day",
    "{expected}, band up to {high}",
    "{expected}, band from {low}",
    "{expected}, band {low} to {high}",
    "{n} a minute",
    // how it was counted
    "The period is half-open: it holds its first minute and ends just before its end. Days begin at midnight in {zone}.",
    "Judged by revision {n} of the agreement, which has been in force since {when}.",
    // why it is corrected
    "Data of {name} from {text} came or changed after the report was issued.",
    "Exclusion {n} for {category} ({reason}) was approved on {when}, after the report was issued.",
    "Exclusion {n} for {category} was approved on {when}, after the report was issued.",
    "Exclusion {n} for {category} ({reason}) was withdrawn on {when}, after the report was issued.",
    "Exclusion {n} for {category} was withdrawn on {when}, after the report was issued.",
    "The terms of the agreement were changed with effect from the past.",
    // what it claims
    "Credit owed",
    "Credit in money",
    "Compliance, {group}",
    "Minutes down",
    "Minutes up",
    "Minutes of planned maintenance",
    "Exclusion {n}, minutes",
    "Exclusion {n}",
    "not decided",
    "{n} taken out, {n2} late, {n3} beyond the cap",
    "{n} of {n2} bad",
    "{n} of {n2}",
    "{value}, kept",
    "{value}, broken",
    "{name}: status",
    "{name}: target",
    "{name}: measured",
    "{name}: good",
    "{name}: all",
    "{name}: known minutes",
    "{name}: excluded minutes",
    "{name}: raw",
    "{name}: cause of the outage {when}",
    "{name}: outage {when}",
    "{name}: {n} of {all} good, {measured}",
];

/// The claims of which both sides are what people typed.
const TYPED: [&str; 3] = ["Agreement", "Customer", "Owner"];

/// A text that a report keeps, in the reader's language.
pub(super) fn retold(text: &str) -> String {
    if language::current() == Language::English || text.len() > TEXT_MAX {
        return text.to_owned();
    }
    tell(text, DEPTH_MAX)
}

/// Each of several.
pub(super) fn all_retold(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| retold(text)).collect()
}

/// A number and what it counts, a noun that the report keeps.
pub(super) fn counted(number: &str, noun: &str) -> String {
    retold(&format!("{number} {noun}"))
}

/// What a claim is called, and what one side says of it.
pub(super) fn claim(what: &str, says: &str) -> (String, String) {
    let is_typed = TYPED.contains(&what) || what.contains(": cause of the outage ");
    (retold(what), if is_typed { says.to_owned() } else { exclusion(what, says).unwrap_or_else(|| retold(says)) })
}

/// `planned maintenance: New database`: ours before the mark, and what people typed behind it.
fn exclusion(what: &str, says: &str) -> Option<String> {
    what.strip_prefix("Exclusion ").filter(|id| is_number(id))?;
    let (category, reason) = says.split_once(": ")?;
    Some(crate::language::say!("{category}: {reason}", retold(category), reason))
}

impl Report {
    /// The outcome in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match language::current() {
            Language::English => self.verdict.sentence.clone(),
            Language::Chinese => super::Verdict::of(&self.objectives, &self.whole.broken_measures()).sentence,
        }
    }

    /// How it was counted.
    pub(super) fn notes_told(&self) -> Vec<String> {
        all_retold(&self.notes)
    }

    /// What was odd about the data: an objective, and a sentence about it.
    pub(super) fn findings_told(&self) -> Vec<String> {
        let finding = |text: &String| {
            let told = self.objectives.iter().find_map(|line| {
                let sentence = text.strip_prefix(&line.name)?.strip_prefix(": ")?;
                Some(crate::language::say!("{category}: {reason}", line.name, retold(sentence)))
            });
            told.unwrap_or_else(|| text.clone())
        };
        self.findings.iter().map(finding).collect()
    }
}

fn tell(text: &str, depth: usize) -> String {
    // what people typed may look like a message with its parts not filled in
    let word = if text.contains('{') { text } else { language::word(text) };
    if word != text || depth == 0 {
        return word.to_owned();
    }
    if let Some(length) = length(text) {
        return length;
    }
    let found = MESSAGES.iter().find_map(|message| Some((*message, parts(message, text)?)));
    let Some((message, parts)) = found else { return counted_noun(text).unwrap_or_else(|| text.to_owned()) };
    let told = language::holes_of(message).zip(parts).map(|(hole, part)| {
        let is_kept = is_for_a_number(hole) || AS_IT_IS.contains(&hole);
        if is_kept { part.to_owned() } else { tell(part, depth - 1) }
    });
    let told: Vec<String> = told.collect();
    let told: Vec<&dyn Display> = told.iter().map(|part| -> &dyn Display { part }).collect();
    language::fill(message, &told)
}

/// The parts of a message that make this text.
fn parts<'t>(message: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let Some((before, after)) = message.split_once('{') else { return (message == text).then(Vec::new) };
    let (hole, after) = after.split_once('}')?;
    let rest = text.strip_prefix(before)?;
    let fits = |part: &str| !part.is_empty() && (!is_for_a_number(hole) || is_number(part));
    let Some(next) = after.split('{').next().filter(|next| !next.is_empty()) else {
        return (after.is_empty() && fits(rest)).then(|| vec![rest]);
    };
    rest.match_indices(next).find_map(|(at, _)| {
        let (part, tail) = rest.split_at(at);
        let more = fits(part).then(|| parts(after, tail))??;
        Some([vec![part], more].concat())
    })
}

fn is_for_a_number(hole: &str) -> bool {
    matches!(hole, "n" | "n2" | "n3")
}

fn is_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || ",.-".contains(c))
}

/// `3 requests`, if we know what is counted.
fn counted_noun(text: &str) -> Option<String> {
    let (number, noun) = text.split_once(' ').filter(|(number, _)| is_number(number))?;
    Some(language::counted(number, noun))
}

/// A length in words, such as `10 min 04 s`, as the functions would say it that may have said it then.
fn length(text: &str) -> Option<String> {
    let mut seconds = 0_i64;
    let words: Vec<&str> = text.split(' ').collect();
    for pair in words.chunks(2) {
        let [number, unit] = pair else { return None };
        let size = match *unit {
            "d" => 86_400,
            "h" => 3_600,
            "min" => 60,
            "s" => 1,
            _ => return None,
        };
        let number = number.replace(',', "").parse::<i64>().ok().filter(|number| *number >= 0)?;
        seconds = seconds.checked_add(number.checked_mul(size)?)?;
    }
    let ways: [fn(i64) -> String; 3] =
        [wording::length, wording::duration_seconds, |seconds| wording::duration_minutes(seconds / 60)];
    let said = |way: &fn(i64) -> String| language::sync_scope(Language::English, || way(seconds)) == text;
    ways.into_iter().find(said).map(|way| way(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chinese(text: &str) -> String {
        language::sync_scope(Language::Chinese, || retold(text))
    }

    #[test]
    fn what_we_wrote_is_told_anew_and_what_people_typed_stays() {
        for (kept, told) in [
            ("10 % of the fee, 120.00 EUR", "费用的 10 %，即 120.00 EUR"),
            ("Met, with weights: of the fee (3), b (1)", "达标（含权重）：of the fee (3), b (1)"),
            ("nobody wrote this", "nobody wrote this"),
            ("", ""),
            ("{n} of {all} good", "{n} of {all} good"),
        ] {
            assert_eq!(chinese(kept), told);
            assert_eq!(retold(kept), kept, "English stays as it is");
        }
    }

    #[test]
    fn every_message_is_translated_and_recognised() {
        for message in MESSAGES {
            let parts: Vec<String> = language::holes_of(message)
                .map(|hole| if is_for_a_number(hole) { "7".to_owned() } else { "Ω".to_owned() })
                .collect();
            let parts: Vec<&dyn Display> = parts.iter().map(|part| -> &dyn Display { part }).collect();
            let text = language::fill(message, &parts);
            let told = chinese(&text);
            assert!(told != text && !told.contains('{'), "{message}: {told}");
        }
    }

    #[test]
    fn hostile_texts_are_answered_soon() {
        let name = ", or of good in (: ".repeat(45);
        let text = format!("{name}Exclusion 7 for x ({name}");
        assert!(!chinese(&text).is_empty());
        assert_eq!(chinese(&"x".repeat(5_000)).len(), 5_000);
    }
}
