//! The well-known forms of cloud contracts as data, to start a contract of one's own from.
//!
//! Each follows a public contract by its arithmetic: what a unit is, when it is bad, and what a bad period credits. The
//! numbers are those of the service named in `source`; other services of the same provider differ in target and tiers,
//! not in form. Providers change their terms, and only the signed text counts.
//!
//! ```
//! use nines::domain::credit::{Credit, templates::Template};
//! let s3 = Template::from_key("aws-s3").unwrap();
//! let credit = Credit::parse(&s3.credit_texts()).unwrap().unwrap();
//! assert_eq!((s3.counting.method, s3.counting.slice_minutes, credit.tiers().len()), ("ratio_timeslices", 5, 3));
//! ```
//!
//! The awkward case: "unavailable" in minutes means that *nothing* got through, so a single success makes a minute
//! good. That is a slice target of 0.0001 %, the smallest there is: of a million requests one is enough.

use super::CreditTexts;

/// How a template counts, in the words that are stored and stand in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountingTexts {
    /// `occurrences`, `timeslices` or `ratio_timeslices`.
    pub method: &'static str,
    /// Length of a slice in minutes: 1, 5, 10, 15, 30 or 60.
    pub slice_minutes: i64,
    /// The share of good events from which a slice is good, in percent; none where slices are averaged.
    pub slice_target_percent: Option<&'static str>,
    /// So many bad slices in a row are downtime; fewer are none. 1 if each counts.
    pub consecutive: i64,
    /// A slice with fewer requests is not bad; 0 if the contract says nothing.
    pub at_least_requests: i64,
    /// What a slice without requests is: `good`, `excluded` or `bad`.
    pub no_requests: &'static str,
    /// What a slice is that nobody measured: `excluded`, `good` or `bad`.
    pub unknown: &'static str,
}

/// A form of contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The word in URLs and files.
    pub key: &'static str,
    /// What people see.
    pub name: &'static str,
    /// What it counts and credits, in a sentence.
    pub sentence: &'static str,
    /// The public contract whose arithmetic it follows.
    pub source: &'static str,
    /// How it counts.
    pub counting: CountingTexts,
    /// The promised share, in percent.
    pub target: &'static str,
    /// See [`CreditTexts::tiers`].
    pub tiers: &'static str,
    /// See [`CreditTexts::cap`]; empty if there is none.
    pub cap: &'static str,
    /// See [`CreditTexts::claim`].
    pub claim: &'static str,
}

impl Template {
    /// Every template, in the order in which a form offers them.
    pub const ALL: [Self; 5] = [AWS_S3, AWS_EC2_REGION, GOOGLE_5_MINUTES, AZURE_MINUTES, AZURE_STORAGE];

    /// The template behind a key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.key == key)
    }

    /// What it credits, as a form is filled in; the fee is for people to write.
    #[must_use]
    pub fn credit_texts(&self) -> CreditTexts {
        CreditTexts {
            tiers: self.tiers.to_owned(),
            cap: self.cap.to_owned(),
            fee: String::new(),
            claim: self.claim.to_owned(),
        }
    }
}

/// Every minute for itself, bad if nothing got through.
const MINUTES: CountingTexts = CountingTexts {
    method: "timeslices",
    slice_minutes: 1,
    slice_target_percent: Some("0.0001"),
    consecutive: 1,
    at_least_requests: 0,
    no_requests: "good",
    unknown: "excluded",
};

/// The mean of the error rates of all intervals, 0 % for one without requests.
const MEAN: CountingTexts = CountingTexts { method: "ratio_timeslices", slice_target_percent: None, ..MINUTES };

const AWS_S3: Template = Template {
    key: "aws-s3",
    name: "AWS S3: mean of 5-minute error rates",
    sentence: "100 % minus the mean of the error rates of all 5-minute intervals of the month; an interval without \
               requests has an error rate of 0 %.",
    source: "Amazon S3 Service Level Agreement, S3 Standard",
    counting: CountingTexts { slice_minutes: 5, ..MEAN },
    target: "99.9",
    tiers: "99.9: 10, 99: 25, 95: 100",
    cap: "",
    claim: "2 periods",
};

const AWS_EC2_REGION: Template = Template {
    key: "aws-ec2-region",
    name: "AWS EC2: minutes in which a region is unavailable",
    sentence: "The share of the month's minutes in which anything got through; a minute is lost only if nothing did.",
    source: "Amazon Compute Service Level Agreement, region level",
    counting: MINUTES,
    target: "99.99",
    tiers: "99.99: 10, 99: 30, 95: 100",
    cap: "",
    claim: "2 periods",
};

const GOOGLE_5_MINUTES: Template = Template {
    key: "google-5-minutes",
    name: "Google Cloud: five bad minutes in a row",
    sentence: "Downtime is at least five consecutive minutes with more than 10 % server errors each; shorter \
               disturbances do not count. At most half of the fee is credited.",
    source: "Google App Engine Service Level Agreement",
    counting: CountingTexts { slice_target_percent: Some("90"), consecutive: 5, ..MINUTES },
    target: "99.95",
    tiers: "99.95: 10, 99: 25, 95: 50",
    cap: "50 %",
    claim: "30 days",
};

const AZURE_MINUTES: Template = Template {
    key: "azure-minutes",
    name: "Azure: minutes without downtime",
    sentence: "Maximum available minutes minus downtime, divided by maximum available minutes; a minute is downtime if \
               every attempt in it failed. At most the monthly fee is credited.",
    source: "Microsoft Azure Service Level Agreements, Functions and most others",
    counting: MINUTES,
    target: "99.95",
    tiers: "99.95: 10, 99: 25, 95: 100",
    cap: "100 %",
    claim: "2 periods",
};

const AZURE_STORAGE: Template = Template {
    key: "azure-storage",
    name: "Azure Storage: mean of hourly error rates",
    sentence: "100 % minus the mean of the error rates of all hours of the month; an hour without transactions has an \
               error rate of 0 %. A transaction that takes too long is a failed one.",
    source: "Microsoft Azure Service Level Agreements, Storage accounts",
    counting: CountingTexts { slice_minutes: 60, ..MEAN },
    target: "99.9",
    tiers: "99.9: 10, 99: 25, 95: 100",
    cap: "100 %",
    claim: "2 periods",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credit::Credit;
    use crate::domain::target::Target;

    #[test]
    fn every_template_reads_and_its_first_tier_is_its_target() {
        for template in Template::ALL {
            let key = template.key;
            let texts = template.credit_texts();
            let credit = Credit::parse(&texts).unwrap_or_else(|error| panic!("{key}: {error:?}")).unwrap();
            assert_eq!(credit.texts(), texts, "{key} is written canonically");
            let target = Target::parse(template.target).unwrap_or_else(|error| panic!("{key}: {error}"));
            assert_eq!(credit.tiers()[0].below_ppm, target.ppm(), "{key}: a missed target is what is credited");
            assert!(credit.claim().is_some(), "{key}");
            assert_eq!(Template::from_key(key), Some(template));
        }
        assert_eq!(Template::from_key("aws"), None);
    }

    #[test]
    fn every_way_of_counting_makes_sense() {
        for Template { key, counting, .. } in Template::ALL {
            assert!(["occurrences", "timeslices", "ratio_timeslices"].contains(&counting.method), "{key}");
            assert!([1, 5, 10, 15, 30, 60].contains(&counting.slice_minutes), "{key}");
            assert_eq!(counting.slice_target_percent.is_some(), counting.method == "timeslices", "{key}");
            assert!(counting.slice_target_percent.is_none_or(|text| Target::parse(text).is_ok()), "{key}");
            assert!(counting.consecutive >= 1 && counting.at_least_requests >= 0, "{key}");
            for policy in [counting.no_requests, counting.unknown] {
                assert!(["good", "excluded", "bad"].contains(&policy), "{key}");
            }
        }
    }
}
