//! What the last weeks would have come to under the terms in a form.

use super::objective::MethodRow;
use super::{Badge, Fact};

/// One objective of the form, judged before anything is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectivePreview {
    /// The number of the objective in the form.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// What people should know about the data, or why nothing was judged.
    pub notes: Vec<String>,
    /// What was read, what of it is known, outages, and what the suggestion rests on.
    pub facts: Vec<Fact>,
    /// Its windows: the one that ends now, perhaps the last whole period.
    pub windows: Vec<PreviewWindow>,
    /// The first window under each method.
    pub methods: Vec<MethodRow>,
    /// Over which span alerts are replayed, in a sentence; empty if nothing was judged.
    pub alerts_note: String,
    /// What each alert would have done.
    pub alerts: Vec<PreviewAlert>,
    /// The suggested target as it is typed; nothing if there is none, or if several objectives share the field.
    pub suggested: Option<String>,
}

/// One window of a preview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewWindow {
    /// Which: `the last 30 days`.
    pub name: String,
    /// Good of all: `8,632 of 8,640 requests`.
    pub counted: String,
    /// What was measured, as it is promised: `99.9074 %`.
    pub sli: String,
    /// Met or missed.
    pub verdict: Badge,
    /// What is left of the budget: `34.2 %, 14 min 46 s left`.
    pub left: String,
}

/// What one alert would have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewAlert {
    /// Which: `Page when it burns faster than 14.4× over both 1 h and 5 min`.
    pub name: String,
    /// How often it would have fired.
    pub times: String,
    /// For how long in all.
    pub minutes: String,
}

/// What an objective's source knows about the query that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedUp {
    /// The objective's number in the form.
    pub number: usize,
    /// What was found, or why nothing, in a sentence.
    pub note: String,
    /// Names of metrics.
    pub metrics: Vec<String>,
    /// Labels with their values.
    pub labels: Vec<Fact>,
    /// The metric's type and its help, if the source was told.
    pub about: Option<Fact>,
    /// The bounds of a histogram's buckets; empty if it is none.
    pub bounds: String,
}
