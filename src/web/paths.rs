//! The addresses of pages, for those who answer them and those who lead to them.

use url::{Url, form_urlencoded};

/// The overview.
pub const HOME: &str = "/";
/// Signing in.
pub const SIGN_IN: &str = "/sign-in";
/// Signing out; POST only.
pub const SIGN_OUT: &str = "/sign-out";
/// The first account, through the link that was printed at the start.
pub const SET_UP: &str = "/set-up";
/// One's own account.
pub const ACCOUNT: &str = "/account";
/// In which language one reads; POST only.
pub const ACCOUNT_LANGUAGE: &str = "/account/language";
/// One objective.
pub const OBJECTIVE: &str = "/objectives/{id:[0-9]+}";
/// One objective's counts.
pub const OBJECTIVE_FILE: &str = "/objectives/{id:[0-9]+}.{ending:csv|json}";
/// Why a service was down; POST only.
pub const OBJECTIVE_CAUSE: &str = "/objectives/{id:[0-9]+}/cause";
/// Deploys and notes of one objective; POST leaves one.
pub const OBJECTIVE_NOTES: &str = "/objectives/{id:[0-9]+}/notes";
/// Where programs leave notes; POST only.
pub const NOTES: &str = "/notes";
/// One objective's outages as a file.
pub const OBJECTIVE_OUTAGES: &str = "/objectives/{id:[0-9]+}/outages.csv";
/// How good one objective's past outlooks were.
pub const OBJECTIVE_OUTLOOKS: &str = "/objectives/{id:[0-9]+}/outlooks";
/// When one objective left its usual, as a file.
pub const OBJECTIVE_ANOMALIES: &str = "/objectives/{id:[0-9]+}/anomalies.{ending:csv|json}";
/// How one objective is watched.
pub const OBJECTIVE_BASELINE: &str = "/objectives/{id:[0-9]+}/baseline";
/// What somebody says of an anomaly; POST only.
pub const OBJECTIVE_ANOMALY: &str = "/objectives/{id:[0-9]+}/anomalies/{anomaly:[0-9]+}";
/// The guide.
pub const GUIDE: &str = "/guide";
/// The audit log.
pub const AUDIT: &str = "/audit";
/// The process answers.
pub const HEALTH: &str = "/health";
/// The process can work.
pub const READY: &str = "/ready";
/// What a report's JSON looks like, for machines.
pub const REPORT_SCHEMA: &str = "/schema/report-{version}.json";
/// Own counters.
pub const METRICS: &str = "/metrics";
/// Embedded files.
pub const ASSETS: &str = "/assets/{hash}/{name:.*}";

/// All sources.
pub const SOURCES: &str = "/sources";
/// All agreements.
pub const AGREEMENTS: &str = "/agreements";
/// All exclusions.
pub const EXCLUSIONS: &str = "/exclusions";
/// Everybody with an account.
pub const PEOPLE: &str = "/people";
/// What is shown to people without an account, below it a token.
pub const SHARED: &str = "/shared";
/// Pictures for other people's pages, below it a token.
pub const BADGES: &str = "/badges";
/// When reports are mailed, and to whom.
pub const SCHEDULES: &str = "/schedules";
/// Mail on its way.
pub const DELIVERIES: &str = "/deliveries";
/// All reports.
pub const REPORTS: &str = "/reports";

/// The sign-in page that leads on to `next`.
#[must_use]
pub fn sign_in(next: Option<&str>) -> String {
    match next.filter(|next| *next != HOME) {
        Some(next) => {
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            format!("{SIGN_IN}?{query}")
        }
        None => SIGN_IN.to_owned(),
    }
}

/// Where to go on after signing in: a path of ours, or the overview.
#[must_use]
pub fn local(next: &str) -> String {
    const HERE: &str = "http://nines.invalid/";
    let Ok(here) = Url::parse(HERE) else { return HOME.to_owned() };
    let is_plain = next.starts_with('/') && !next.chars().any(|c| c.is_control() || c == '\\');
    match here.join(next) {
        // what a browser would make of it decides: `//host` and the like leave us
        Ok(url)
            if is_plain && url.origin() == here.origin() && !url.path().starts_with("//") && url.path() != SIGN_IN =>
        {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", url.path())
        }
        _ => HOME.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_on_to_our_own_pages_only() {
        assert_eq!(local("/objectives/5?window=30d"), "/objectives/5?window=30d");
        assert_eq!(local("/a b"), "/a%20b");
        for text in [
            "",
            "objectives",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/x\r\nSet-Cookie: a=b",
            "/..//evil.example",
            "/.//evil.example",
            "/sign-in?next=/x",
        ] {
            assert_eq!(local(text), "/", "{text:?}");
        }
    }

    #[test]
    fn the_way_back_survives_the_query() {
        assert_eq!(
            sign_in(Some("/objectives?sort=name&page=2")),
            "/sign-in?next=%2Fobjectives%3Fsort%3Dname%26page%3D2"
        );
        assert_eq!(sign_in(Some("/")), "/sign-in");
    }
}
