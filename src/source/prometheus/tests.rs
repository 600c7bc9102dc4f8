use super::*;
use crate::domain::model::Auth;
use crate::source::testing::source;
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const QUERY: &str = "/api/v1/query";
const QUERY_RANGE: &str = "/api/v1/query_range";

fn client(url: &str) -> Prometheus {
    Prometheus::new(&source(SourceSpec::Prometheus { url: url.parse().unwrap() })).unwrap()
}

async fn server(route: &str, answer: impl Respond + 'static) -> (MockServer, Prometheus) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path(route)).respond_with(answer).mount(&server).await;
    let client = client(&server.uri());
    (server, client)
}

/// What `raw` makes of an answer to every query.
async fn raw_of(answer: ResponseTemplate) -> Result<Answer<Vec<RawSeries>>, SourceError> {
    let (_server, client) = server(QUERY, answer).await;
    client.raw(&selector("x"), 0, 1000).await
}

fn json_of(kind: &str, result: &Value) -> ResponseTemplate {
    let body = json!({"status": "success", "data": {"resultType": kind, "result": result}});
    ResponseTemplate::new(200).set_body_json(body)
}

fn matrix(result: &Value) -> ResponseTemplate {
    json_of("matrix", result)
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

async fn forms(server: &MockServer) -> Vec<BTreeMap<String, String>> {
    server.received_requests().await.unwrap().iter().map(form).collect()
}

#[tokio::test]
async fn ranges_closed_and_open_at_the_left_give_the_same_samples_to_the_millisecond() {
    // Prometheus 2 includes the sample at the start of the range, Prometheus 3 does not
    for left in [vec![json!([1000, "1"])], vec![]] {
        let values = [left, vec![json!([1000.001, "2"]), json!([1060.5, "+Inf"]), json!([1120.251, "3"])]].concat();
        let rows = json!([
            {"metric": {"__name__": "x", "code": "200"}, "values": values},
            {"metric": {"__name__": "x", "code": "500"}, "values": [[1000, "7"]]},
        ]);
        let (server, client) = server(QUERY, matrix(&rows)).await;
        let answer = client.raw(&selector(r#"x{a="\n"}"#), 1_000_000, 1_120_251).await.unwrap();
        let asked = &forms(&server).await[0];
        assert_eq!((asked["query"].as_str(), asked["time"].as_str()), (r#"x{a="\n"}[120251ms]"#, "1120.251"));
        let [series] = answer.value.as_slice() else { panic!("the series without samples is left out") };
        assert_eq!(series.labels["code"], "200");
        let samples: Vec<_> = series.samples.iter().map(|s| (s.at_ms, s.value)).collect();
        assert_eq!(samples, [(1_000_001, 2.0), (1_060_500, f64::INFINITY), (1_120_251, 3.0)]);
    }
}

/// The server evaluates the number of the minute at every step: the value at the end of minute m, which is what is said
/// about it, is m + 1.
#[tokio::test]
async fn a_long_span_is_asked_in_parts_that_neither_lose_nor_double_a_minute() {
    let numbered = |request: &Request| {
        let number = |name: &str| form(request)[name].parse::<i64>().unwrap();
        let (start, end) = (number("start"), number("end"));
        assert!((end - start) / 60 < 11_000, "Prometheus refuses more than 11 000 points");
        // one more at either end, as a server that rounds the range outwards answers
        let points = (start / 60 - 1..=end / 60 + 1).map(|m| json!([m * 60, m.to_string()]));
        matrix(&json!([{"metric": {}, "values": points.collect::<Vec<_>>()}]))
    };
    let (server, client) = server(QUERY_RANGE, numbered).await;
    let span = Span::new(Minute(1_000_000), Minute(1_025_000));
    let answer = client.evaluate("sum(x) * 60", span).await.unwrap();
    let expected: BTreeMap<Minute, f64> = span.iter().zip(1_000_001_u32..).map(|(m, n)| (m, f64::from(n))).collect();
    assert!(answer.value == expected, "{} minutes", answer.value.len());
    let asked = forms(&server).await;
    let ranges: Vec<_> =
        asked.iter().map(|f| [&f["start"], &f["end"]].map(|s| s.parse::<i64>().unwrap() / 60)).collect();
    assert_eq!(ranges, [[1_000_001, 1_010_000], [1_010_001, 1_020_000], [1_020_001, 1_025_000]]);
    assert!(asked.iter().all(|f| f["query"] == "sum(x) * 60" && f["step"] == "60" && f["nocache"] == "1"));
}

#[tokio::test]
async fn minutes_without_a_value_or_with_nan_are_missing() {
    let values = json!([[60, "1"], [120, "NaN"], [240, "0.5"]]);
    let (_server, client) = server(QUERY_RANGE, matrix(&json!([{"metric": {"a": "b"}, "values": values}]))).await;
    let answer = client.evaluate("x * 2", Span::new(Minute(0), Minute(5))).await.unwrap();
    assert_eq!(answer.value, BTreeMap::from([(Minute(0), 1.0), (Minute(3), 0.5)]));
}

#[tokio::test]
async fn two_series_are_refused_by_name_even_when_they_come_one_after_the_other() {
    let text = r#"the source rejects the query: the expression gives several series, such as {"code": "200"} and {"code": "500"}; wrap it in sum(…) so that it gives one"#;
    let row = |code: &str| json!({"metric": {"code": code}, "values": [[60, "1"]]});
    let (_server, client) = server(QUERY_RANGE, matrix(&json!([row("200"), row("500")]))).await;
    let error = client.evaluate("x + 0", Span::new(Minute(0), Minute(1))).await.unwrap_err();
    assert_eq!(error.to_string(), text);
    let by_part = move |request: &Request| {
        let code = if form(request)["start"] == "60" { "200" } else { "500" };
        matrix(&json!([row(code)]))
    };
    let (_server, client) = server(QUERY_RANGE, by_part).await;
    let error = client.evaluate("x + 0", Span::new(Minute(0), Minute(20_000))).await.unwrap_err();
    assert_eq!(error.to_string(), text);
}

/// For levels: two series, one of them NaN in minute 1 and gone in minute 2; the second part has another one.
#[tokio::test]
async fn every_series_has_its_value_and_nan_is_kept_where_all_are_asked_for() {
    let by_part = |request: &Request| match form(request)["start"].as_str() {
        "60" => matrix(&json!([
            {"metric": {"disk": "a"}, "values": [[0, "9"], [60, "1"], [120, "NaN"]]},
            {"metric": {"disk": "b"}, "values": [[60, "-2.5"], [120, "+Inf"], [180, "3"]]},
        ])),
        _ => matrix(&json!([{"metric": {"disk": "c"}, "values": [[600_060, "4"]]}])),
    };
    let (_server, client) = server(QUERY_RANGE, by_part).await;
    let answer = client.evaluate_all("x / y", Span::new(Minute(0), Minute(10_001))).await.unwrap();
    let texts: Vec<_> = answer.value.iter().map(|(minute, values)| format!("{} {values:?}", minute.0)).collect();
    assert_eq!(texts, ["0 [1.0, -2.5]", "1 [NaN, inf]", "2 [3.0]", "10000 [4.0]"]);
}

#[tokio::test]
async fn warnings_are_passed_on_and_a_partial_answer_is_one() {
    let body = |more: Value| {
        let mut body = json!({"status": "success", "data": {"resultType": "matrix", "result": []}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ResponseTemplate::new(200).set_body_json(body)
    };
    let partial = "the answer is partial, because some of the server's storage did not answer";
    for (more, expected) in [
        (json!({"warnings": ["one store\nis away"], "infos": ["no matter"]}), vec!["one store is away"]),
        (json!({"isPartial": true}), vec![partial]),
        (json!({"isPartial": false, "warnings": null}), vec![]),
    ] {
        assert_eq!(raw_of(body(more)).await.unwrap().warnings, expected);
    }
}

#[tokio::test]
async fn a_rejected_query_is_told_from_a_server_that_cannot_answer_now() {
    for (status, kind, is_passing) in [
        (400, "bad_data", false),
        (422, "execution", false),
        (422, "422", false), // as VictoriaMetrics names it
        (500, "internal", false),
        (200, "bad_data", false),
        (503, "timeout", true),
        (503, "canceled", true),
        (422, "timeout", true),
        (200, "unavailable", true),
        (429, "too_many_requests", true),
        (502, "", true),
        (504, "bad_gateway", true),
        (503, "503", true),
    ] {
        let body = json!({"status": "error", "errorType": kind, "error": "parse error: unexpected\n\"}\""});
        let error = raw_of(ResponseTemplate::new(status).set_body_json(body)).await.unwrap_err();
        let said = "parse error: unexpected \"}\"".to_owned();
        let expected = if is_passing { SourceError::Unavailable(said) } else { SourceError::Query(said) };
        assert_eq!(error, expected, "{status} {kind}");
        assert_eq!(error.is_transient(), is_passing);
    }
}

#[tokio::test]
async fn what_a_gateway_says_is_a_status_with_a_short_quote_that_holds_no_secret() {
    for (status, body) in
        [(502, "<html>\n<b>Bad Gateway</b> t0ken-of-ours</html>"), (503, r#"{"message": "t0ken-of-ours"}"#)]
    {
        let (server, _) = server(QUERY, ResponseTemplate::new(status).set_body_string(body)).await;
        let mut source = source(SourceSpec::Prometheus { url: server.uri().parse().unwrap() });
        source.access.auth = Auth::Bearer { token: "t0ken-of-ours".into() };
        let error = Prometheus::new(&source).unwrap().raw(&selector("x"), 0, 1000).await.unwrap_err();
        let excerpt = body.replace("t0ken-of-ours", "[hidden]").replace('\n', " ");
        assert_eq!(error, SourceError::Status { code: status, excerpt });
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn answers_in_another_format_are_malformed() {
    for body in [
        "<html>Hello</html>",
        "{}",
        r#"{"status":"success"}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#,
        r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#,
        r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"many"]]}]}}"#,
    ] {
        let error = raw_of(ResponseTemplate::new(200).set_body_string(body)).await.unwrap_err();
        assert!(matches!(error, SourceError::Malformed(_)), "{body}: {error:?}");
    }
}

#[tokio::test]
async fn native_histograms_are_refused_with_the_mend() {
    let rows = json!([{"metric": {"__name__": "h"}, "histograms": [[1, {"count": "1", "sum": "2"}]]}]);
    let refused = raw_of(matrix(&rows)).await.unwrap_err();
    assert!(matches!(&refused, SourceError::Query(text) if text.contains("native histogram")), "{refused:?}");
    let (_server, client) = server(QUERY_RANGE, matrix(&rows)).await;
    assert_eq!(client.evaluate("h * 1", Span::new(Minute(0), Minute(1))).await.unwrap_err(), refused);
}

#[tokio::test]
async fn an_endless_answer_is_too_large() {
    let huge = ResponseTemplate::new(200).set_body_bytes(vec![b' '; BODY_BYTES_MAX + 1]);
    let (server, _) = server(QUERY, huge).await;
    let mut source = source(SourceSpec::Prometheus { url: server.uri().parse().unwrap() });
    // so many bytes need longer than the second that other tests have
    source.timeout_seconds = 60;
    let error = Prometheus::new(&source).unwrap().raw(&selector("x"), 0, 1000).await.unwrap_err();
    assert_eq!(error, SourceError::TooLarge { bytes_max: BODY_BYTES_MAX });
}

#[tokio::test]
async fn the_path_before_the_api_is_kept_and_credentials_are_sent() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/tenant/7/prom/api/v1/query"))
        .and(header("authorization", "Bearer t0ken"))
        .respond_with(matrix(&json!([])))
        .mount(&server)
        .await;
    for end in ["", "/", "/?x=1#y"] {
        let url = format!("{}/tenant/7/prom{end}", server.uri());
        let mut source = source(SourceSpec::Prometheus { url: url.parse().unwrap() });
        source.access.auth = Auth::Bearer { token: "t0ken".into() };
        assert_eq!(Prometheus::new(&source).unwrap().raw(&selector("x"), 0, 1).await.map(|a| a.value), Ok(Vec::new()));
    }
    let other = source(SourceSpec::Scrape { url: server.uri().parse().unwrap() });
    assert!(matches!(Prometheus::new(&other), Err(SourceError::Refused(_))));
}

#[tokio::test]
async fn a_named_process_has_its_up_and_only_scrapes_that_succeeded_count() {
    let rows = json!([{"metric": {"__name__": "up"}, "values": [[0.999, "1"], [1, "1"], [2, "0"], [3.5, "1"]]}]);
    let (server, client) = server(QUERY, matrix(&rows)).await;
    let target = Target { job: "a".to_owned(), instance: "b:1".to_owned() };
    let siblings = client.siblings(&target, &selector("x"), 0, 60_000).await.unwrap();
    assert_eq!(siblings, [Sibling::Up(selector(r#"up{job="a",instance="b:1"}"#))]);
    assert!(server.received_requests().await.unwrap().is_empty(), "nothing needs to be asked for that");
    // a server closed at the left returns the sample at 999 ms too
    let scrapes = client.scrapes(&siblings[0], 1000, 4000).await.unwrap();
    assert_eq!(scrapes, BTreeSet::from([1000, 3500]));
    assert_eq!(forms(&server).await[0]["query"], r#"up{instance="b:1",job="a"}[3001ms]"#);
}

#[tokio::test]
async fn a_nameless_process_has_the_three_metrics_with_the_fewest_series() {
    let row = |name: &str, count: &str| json!({"metric": {"__name__": name}, "value": [60, count]});
    let counts = json!([
        row("many", "10"),
        row("x", "1"),
        row("some", "3"),
        row("two_b", "2"),
        row("two_a", "2"),
        row("more", "9"),
    ]);
    let (server, client) = server(QUERY, json_of("vector", &counts)).await;
    let nobody = Target { job: String::new(), instance: String::new() };
    let counted = selector(r#"x{service="s",le="1",code!="200",gone=""}"#);
    let siblings = client.siblings(&nobody, &counted, 0, 300_000).await.unwrap();
    let named = |metric: &str| Sibling::Other(selector(&format!(r#"{metric}{{service="s"}}"#)));
    assert_eq!(siblings, ["two_a", "two_b", "some"].map(named));
    let asked = &forms(&server).await[0];
    assert_eq!(asked["query"], r#"count by (__name__) (last_over_time({service="s"}[300000ms]))"#);
    assert_eq!(asked["time"], "300.000");
    // without a label that names something, every process would testify
    assert_eq!(client.siblings(&nobody, &selector("x"), 0, 300_000).await, Ok(Vec::new()));
}

#[tokio::test]
async fn any_sample_of_another_metric_testifies_even_one_that_cannot_be_counted() {
    let rows = json!([
        {"metric": {"quantile": "0.5"}, "values": [[1, "NaN"], [2, "0"]]},
        {"metric": {}, "histograms": [[2, {}], [3.5, {}]]},
    ]);
    let (_server, client) = server(QUERY, matrix(&rows)).await;
    let scrapes = client.scrapes(&Sibling::Other(selector("h")), 0, 4000).await.unwrap();
    assert_eq!(scrapes, BTreeSet::from([1000, 2000, 3500]));
}

#[tokio::test]
async fn bounds_come_in_numerical_order() {
    let row = |le: &str| json!({"metric": {"le": le}, "value": [5, "1"]});
    let (server, client) = server(QUERY, json_of("vector", &json!([row("+Inf"), row("10"), row("2.5")]))).await;
    assert_eq!(client.bounds(&selector(r#"h_bucket{a="b"}"#), 5000).await.unwrap(), ["2.5", "10", "+Inf"]);
    assert_eq!(forms(&server).await[0]["query"], r#"count by (le) (last_over_time(h_bucket{a="b"}[1h]))"#);
}
