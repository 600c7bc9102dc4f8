//! Reads one `/metrics` endpoint, like a Prometheus of our own.

use crate::domain::counting::Sample;
use crate::domain::model::{Source, SourceSpec};
use crate::language::say;
use crate::source::http::Http;
use crate::source::{Labels, SourceError, exposition};
use url::Url;

/// The most bytes of one scrape, unpacked.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// `OpenMetrics` first; the older text format is as good for counting.
const ACCEPT: &str =
    "application/openmetrics-text;version=1.0.0;q=1.0,text/plain;version=0.0.4;q=0.8,text/plain;q=0.5,*/*;q=0.1";
/// The media type of texts that must end with `# EOF`.
const OPEN_METRICS: &str = "application/openmetrics-text";

/// An endpoint that is scraped.
#[derive(Clone, Debug)]
pub struct Scrape {
    http: Http,
    url: Url,
}

impl Scrape {
    /// Prepares to scrape a source; refused if it is of another kind, or names what Nines does not connect to.
    pub fn new(source: &Source) -> Result<Self, SourceError> {
        let SourceSpec::Scrape { url } = &source.spec else {
            let text = say!(
                "{name} is a {kind} source, which has no endpoint to scrape",
                format!("{:?}", source.name),
                source.spec.kind()
            );
            return Err(SourceError::Refused(text));
        };
        let http = Http::new(source, BODY_BYTES_MAX)?;
        http.check(url)?;
        Ok(Self { http, url: url.clone() })
    }

    /// Every sample of the endpoint, dated with the time of the scrape: a timestamp in the text, which few endpoints
    /// write, says when the value was found out and not that the process was still there.
    pub async fn fetch(&self, at_ms: i64) -> Result<Vec<(Labels, Sample)>, SourceError> {
        let document = self.http.get(&self.url, Some(ACCEPT)).await?;
        let text = std::str::from_utf8(&document.body).map_err(|error| malformed(&error))?;
        // a torn answer would look like labels that went away, and be booked as their rebirth when they are back
        if document.media_type.trim_start().starts_with(OPEN_METRICS) && !exposition::is_ended(text) {
            return Err(malformed(&say!("the text ends before its line # EOF")));
        }
        let lines = exposition::parse(text).map_err(|error| malformed(&error))?;
        Ok(lines.into_iter().map(|(labels, value, _)| (labels, Sample { at_ms, value })).collect())
    }
}

fn malformed(error: &impl ToString) -> SourceError {
    SourceError::Malformed(say!(
        "it is not in the Prometheus text format or in OpenMetrics: {problem}",
        error.to_string()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::Check;
    use crate::source::testing::source;
    use wiremock::matchers::{header_regex, method};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    async fn scraped(answer: ResponseTemplate) -> Result<Vec<(Labels, Sample)>, SourceError> {
        let server = MockServer::start().await;
        let asked =
            Mock::given(method("GET")).and(header_regex("accept", "^application/openmetrics-text;version=1.0.0"));
        asked.respond_with(answer).mount(&server).await;
        let url = server.uri().parse().unwrap();
        Scrape::new(&source(SourceSpec::Scrape { url })).unwrap().fetch(60_000).await
    }

    #[tokio::test]
    async fn samples_are_dated_with_the_scrape() {
        let text = "# TYPE a counter\na_total{b=\"c\"} 7 1.5\nup 1\n# EOF\n";
        let labels = |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let expected = vec![
            (labels(&[("__name__", "a_total"), ("b", "c")]), Sample { at_ms: 60_000, value: 7.0 }),
            (labels(&[("__name__", "up")]), Sample { at_ms: 60_000, value: 1.0 }),
        ];
        assert_eq!(scraped(ResponseTemplate::new(200).set_body_string(text)).await, Ok(expected));
    }

    #[tokio::test]
    async fn what_is_no_exposition_is_named_with_its_place() {
        let error = scraped(ResponseTemplate::new(200).set_body_string("up 1\n<html>")).await.unwrap_err();
        let text = "the source's answer cannot be read: it is not in the Prometheus text format or in OpenMetrics: \
                    line 2, column 1: expected a metric name";
        assert_eq!(error.to_string(), text);
        let error = scraped(ResponseTemplate::new(200).set_body_bytes(b"up{a=\"\xff\"} 1".to_vec())).await.unwrap_err();
        assert!(matches!(&error, SourceError::Malformed(text) if text.contains("utf-8")), "{error:?}");
        let error = scraped(ResponseTemplate::new(500)).await.unwrap_err();
        assert!(matches!(error, SourceError::Status { code: 500, .. }), "{error:?}");
    }

    /// Where the end of the connection is the end of the answer, only the text itself can tell that it is whole.
    #[tokio::test]
    async fn a_torn_open_metrics_text_is_refused() {
        let answer =
            |text: &str| ResponseTemplate::new(200).set_body_raw(text, "application/openmetrics-text; version=1.0.0");
        let error = scraped(answer("a_total 7\n")).await.unwrap_err();
        assert!(matches!(&error, SourceError::Malformed(text) if text.ends_with("before its line # EOF")), "{error:?}");
        assert_eq!(scraped(answer("a_total 7\n# EOF\n")).await.unwrap().len(), 1);
        assert_eq!(
            scraped(ResponseTemplate::new(200).set_body_raw("a_total 7\n", "text/plain")).await.unwrap().len(),
            1
        );
    }

    /// 17 MiB of comments: nothing in it is wrong but its size.
    #[tokio::test]
    async fn an_endpoint_without_end_is_refused() {
        let error = scraped(ResponseTemplate::new(200).set_body_bytes(b"#\n".repeat(17 << 19))).await.unwrap_err();
        assert_eq!(error, SourceError::TooLarge { bytes_max: 16_777_216 });
    }

    #[test]
    fn other_sources_and_guarded_addresses_are_refused_at_once() {
        let probe = SourceSpec::Probe(Check::Tcp { host: "localhost".to_owned(), port: 1 });
        let guarded = SourceSpec::Scrape { url: "http://169.254.169.254/metrics".parse().unwrap() };
        for spec in [probe, guarded] {
            assert!(matches!(Scrape::new(&source(spec)), Err(SourceError::Refused(_))));
        }
    }
}
