//! How far somebody has come who has just begun: a source, data, a promise, a report.

use crate::domain::model::Agreement;
use crate::ops::{Context, measure_self};
use crate::store::evaluations::Evaluation;
use crate::store::objectives::Brief;
use crate::store::{agreements, schedules, source_states, sources};
use crate::view::overview::FirstSteps;
use crate::web::WebError;

/// Nothing once there are several agreements, or the only one is measured and reported to somebody; and nothing for those
/// who cannot take the next step, as long as there is a promise to look at.
pub(super) async fn find(
    context: &Context,
    briefs: &[Brief],
    evaluations: &[Evaluation],
    can_edit: bool,
) -> Result<Option<FirstSteps>, WebError> {
    // what Nines promises about itself is nobody's first step
    let (own, promised): (Vec<_>, Vec<_>) = briefs.iter().partition(|brief| brief.source_name == measure_self::NAME);
    let first = promised.first().map(|brief| brief.agreement);
    if promised.iter().any(|brief| Some(brief.agreement) != first) {
        return Ok(None);
    }
    let mut defined = agreements::list(&context.db).await?;
    defined.retain(|one| Some(one.id) == first || !own.iter().any(|brief| brief.agreement == one.id));
    if defined.len() > 1 || (!defined.is_empty() && !can_edit) {
        return Ok(None);
    }
    let agreement = defined.iter().find(|one: &&Agreement| one.archived_at.is_none());
    let sources = sources::list(&context.db, &context.sealer).await?;
    let own = sources.iter().filter(|source| source.name != measure_self::NAME && source.archived_at.is_none());
    let ids: Vec<_> = own.map(|source| source.id).collect();
    let states = source_states::list(&context.db).await?;
    let answered = states.iter().any(|(id, state)| ids.contains(id) && state.last_ok_at.is_some());
    let schedules = schedules::list(&context.db).await?;
    let steps = FirstSteps {
        source: ids.last().map(|id| id.0),
        has_data: answered || promised.iter().any(|brief| is_measured(evaluations, brief)),
        agreement: agreement.map(|agreement| agreement.id.0),
        has_report: agreement.is_some_and(|agreement| schedules.iter().any(|one| one.draft.scope.holds(agreement))),
        can_edit,
    };
    Ok((defined.is_empty() || !steps.is_done()).then_some(steps))
}

fn is_measured(evaluations: &[Evaluation], brief: &Brief) -> bool {
    evaluations.iter().any(|one| one.objective == brief.id && one.tally.known > 0)
}
