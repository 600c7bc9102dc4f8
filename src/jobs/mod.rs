//! When to do what. Each job is a loop around one use case; what is done is decided there.
//!
//! Several instances may run the same jobs on one database: sources and deliveries are claimed by lease, evaluations are
//! the same wherever they are computed, and a report exists once by its label.

use crate::domain::ids::SourceId;
use crate::ops::{
    Context, OpsError, apply_revisions, deliver, evaluate, learn_baselines, pull, recheck_reports, run_schedules, sweep,
};
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often due sources are looked for.
const PULL_PACE: Duration = Duration::from_secs(1);
/// How often everything is evaluated.
const EVALUATE_PACE: Duration = Duration::from_mins(1);
/// How often what is usual is learned anew.
const LEARN_PACE: Duration = Duration::from_secs(30);
/// How often revisions are looked for whose moment has come.
const REVISE_PACE: Duration = Duration::from_mins(1);
/// How often due reports are looked for.
const REPORT_PACE: Duration = Duration::from_mins(1);
/// How often final reports are looked for that may be wrong by now.
const RECHECK_PACE: Duration = Duration::from_mins(1);
/// How often due deliveries are looked for.
const DELIVER_PACE: Duration = Duration::from_secs(3);
/// How often what has expired is swept out.
const SWEEP_PACE: Duration = Duration::from_hours(1);

/// Starts every job; each ends when `stop` is cancelled, after the step that it is in.
pub fn start(context: &Context, tasks: &TaskTracker, stop: &CancellationToken) {
    let pulls = tasks.clone();
    run(context, tasks, stop, "pull", PULL_PACE, move |context| pull_due(context, pulls.clone()));
    run(context, tasks, stop, "evaluate", EVALUATE_PACE, |context| async move {
        let began = Instant::now();
        let count = evaluate::evaluate_all(&context).await?;
        context.metrics.evaluated(u64::try_from(count).unwrap_or_default(), began.elapsed());
        Ok(())
    });
    run(context, tasks, stop, "learn", LEARN_PACE, |context| async move {
        learn_baselines::learn_due(&context).await.map(|_| ())
    });
    run(context, tasks, stop, "revise", REVISE_PACE, |context| async move {
        apply_revisions::apply_due(&context).await.map(|_| ())
    });
    run(context, tasks, stop, "report", REPORT_PACE, |context| async move {
        run_schedules::run_due(&context).await.map(|_| ())
    });
    run(context, tasks, stop, "recheck", RECHECK_PACE, |context| async move {
        recheck_reports::recheck(&context).await.map(|_| ())
    });
    run(context, tasks, stop, "deliver", DELIVER_PACE, |context| async move {
        deliver::deliver_due(&context).await.map(|_| ())
    });
    run(context, tasks, stop, "sweep", SWEEP_PACE, |context| async move { sweep::sweep(&context).await });
}

/// Runs one step at a steady pace. A step that fails is logged once and tried again at the next tick.
fn run<Work, Outcome>(
    context: &Context,
    tasks: &TaskTracker,
    stop: &CancellationToken,
    name: &'static str,
    pace: Duration,
    mut work: Work,
) where
    Work: FnMut(Context) -> Outcome + Send + 'static,
    Outcome: Future<Output = Result<(), OpsError>> + Send,
{
    let (context, stop) = (context.clone(), stop.clone());
    tasks.spawn(async move {
        let mut ticks = interval(pace);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = work(context.clone()).await {
                tracing::error!(job = name, error = %error, "a job's step failed and will be tried again");
            }
            if pace <= EVALUATE_PACE {
                context.metrics.beat(name, context.clock.now().seconds());
            }
        }
    });
}

/// Gives each due source a task of its own, so that a slow one delays nobody.
async fn pull_due(context: Context, tasks: TaskTracker) -> Result<(), OpsError> {
    for id in pull::claim_due(&context).await? {
        tasks.spawn(pull_one(context.clone(), id));
    }
    Ok(())
}

async fn pull_one(context: Context, id: SourceId) {
    if let Err(error) = pull::pull_claimed(&context, id).await {
        tracing::error!(source.id = id.0, error = %error, "a pull could not be recorded; its lease will run out");
    }
}
