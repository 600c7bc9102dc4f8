//! What an exclusion does, as a table.

use crate::domain::exclusion::Exclusion;
use crate::domain::judgement::Judgement;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::Context;
use crate::ops::preview_exclusion::{Line, OBJECTIVES_MAX, preview};
use crate::store::StoreError;
use crate::view::exclusions::{EffectRow, EffectTable};
use crate::view::{Badge, Link, Tone};

/// The effect of an exclusion as if it were approved.
pub(super) async fn table(context: &Context, exclusion: &Exclusion) -> Result<EffectTable, StoreError> {
    let preview = preview(context, exclusion).await?;
    let left_off = match preview.left_off {
        0 => String::new(),
        more => say!("Only the first {most} objectives are shown; it holds {more} more.", OBJECTIVES_MAX, more),
    };
    Ok(EffectTable { sentence: sentence(&preview.lines), rows: preview.lines.iter().map(row).collect(), left_off })
}

fn sentence(lines: &[Line]) -> String {
    if lines.is_empty() {
        return say!("No live objective is in its scope, so it changes nothing now.");
    }
    let turned = lines.iter().filter(|line| line.without.met != line.with.met).count();
    let changed = lines.iter().filter(|line| line.without.tally != line.with.tally).count();
    let all = lines.len();
    match (changed, turned) {
        (0, _) => {
            say!("It changes no judgement: nothing was measured in what it takes out, or nothing is taken out.")
        }
        (changed, 0) => {
            say!("It changes {changed} of {all} judgements; each is met or missed as before.", changed, all)
        }
        (changed, turned) => {
            say!(
                "It changes {changed} of {all} judgements; in {turned} it decides whether the target is met.",
                changed,
                all,
                turned
            )
        }
    }
}

fn row(line: &Line) -> EffectRow {
    let (objective, agreement) = (&line.listing.objective, &line.listing.agreement);
    EffectRow {
        objective: Link::new(format!("/objectives/{}", objective.id), &objective.name),
        agreement: agreement.name.clone(),
        period: wording::capitalised(&wording::period_name(&line.period)),
        taken_out: taken_out(line.taken_out, line.period.span().minutes()),
        refused: refused(line.without_notice, line.over_cap),
        sli_without: sli(line, &line.without),
        without: met(&line.without),
        sli_with: sli(line, &line.with),
        with: met(&line.with),
    }
}

fn taken_out(minutes: i64, whole: i64) -> String {
    match minutes {
        0 => say!("nothing"),
        _ => format!("{} ({} %)", wording::duration_minutes(minutes), wording::share_percent(minutes, whole)),
    }
}

fn refused(without_notice: i64, over_cap: i64) -> String {
    let length = |minutes: i64| (minutes > 0).then(|| wording::duration_minutes(minutes));
    let parts = [
        length(without_notice).map(|length| say!("{length} without notice", length)),
        length(over_cap).map(|length| say!("{length} over the cap", length)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(language::word(", "))
}

fn sli(line: &Line, judgement: &Judgement) -> String {
    let tally = judgement.tally;
    match wording::sli_percent(tally.good, tally.total, Some(line.listing.objective.target)) {
        text if text == "–" => text,
        text => format!("{text} %"),
    }
}

fn met(judgement: &Judgement) -> Badge {
    match judgement.met {
        Some(true) => Badge::new(Tone::Good, "met"),
        Some(false) => Badge::new(Tone::Bad, "missed"),
        None => Badge::new(Tone::Idle, "no data"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_said_with_their_share_and_their_rule() {
        assert_eq!(taken_out(0, 43_200), "nothing");
        assert_eq!(taken_out(432, 43_200), "7 h 12 min (1 %)");
        assert_eq!(refused(0, 0), "");
        assert_eq!(refused(30, 90), "30 min without notice, 1 h 30 min over the cap");
    }
}
