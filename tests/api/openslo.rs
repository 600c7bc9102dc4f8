//! OpenSLO documents, pasted into the agreement form.

use crate::on_both;
use crate::reports::an_agreement;
use nines::store;
use reqwest::StatusCode;

const DOCUMENT: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata: {name: search, displayName: Search <answers>}
spec:
  service: search
  budgetingMethod: Occurrences
  timeWindow: [{duration: 28d, isRolling: true}]
  indicator:
    metadata: {name: ok}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: {metricSourceRef: prometheus, spec: {query: 'search_total{code="200"}'}}}
        total: {metricSource: {metricSourceRef: prometheus, spec: {query: 'sum(rate(search_total[5m]))'}}}
  objectives: [{target: 0.995}]
  alertPolicies: [page]
"#;

/// The value of a field in a page.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no {name}"));
    let (attributes, after) = rest.split_once('>').unwrap();
    match attributes.split_once("value=\"") {
        Some((_, value)) => value.split('"').next().unwrap(),
        None => after.split("</textarea>").next().unwrap().trim_start(),
    }
}

on_both! {
    async fn pasted_documents_fill_the_form_and_can_be_saved(app: TestApp) {
        let ana = app.signed_in().await;
        an_agreement(&app, &ana, "boss@example.org").await; // for its source
        let press = async |document: &str| {
            let fields = [("action", "import-openslo"), ("name", "Search for ACME"), ("zone", "UTC"), ("period", "month"),
                ("report-every", "week"), ("objective-0-kind", "availability"), ("openslo", document)];
            ana.post_form("/agreements/new", &fields).await
        };
        let filled = press(DOCUMENT).await;
        assert_eq!(filled.status, StatusCode::OK, "{}", filled.visible());
        let seen = filled.visible();
        for text in ["One objective is filled in.", "SLO Search &#60;answers&#62;: spec.alertPolicies is not taken over."] {
            assert!(seen.contains(text), "{text}: {seen}");
        }
        assert_eq!(value(&filled.text, "name"), "Search for ACME", "what was typed stays");
        assert!(!filled.text.contains("objective-1-kind"), "the untouched objective makes way");
        assert_eq!(store::agreements::list(app.db()).await.unwrap().len(), 1, "nothing is saved");
        let source = store::sources::list(app.db(), &app.state.sealer).await.unwrap()[0].id.to_string();
        let at = |name: &str| format!("objective-0-{name}");
        let mut fields: Vec<(String, String)> =
            [("action", "save"), ("name", "Search for ACME"), ("zone", "UTC"), ("period", "month"), ("report-every", "week")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        for name in ["name", "service", "target", "window", "total", "part"] {
            let text = value(&filled.text, &at(name)).replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">");
            fields.push((at(name), text));
        }
        fields.extend([(at("kind"), "availability".to_owned()), (at("part-is"), "good".to_owned()), (at("source"), source)]);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let saved = ana.post_form("/agreements/new", &fields).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.visible());
        let kept = store::objectives::listings(app.db()).await.unwrap();
        let kept = kept.iter().find(|one| one.objective.name == "Search <answers>").unwrap();
        assert_eq!((kept.objective.target.ppm(), kept.objective.window.to_string(), kept.service_name.as_str()), (995_000, "28d".to_owned(), "search"));

        let refused = press("a: [").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.visible().contains("This is no YAML that can be read"), "{}", refused.visible());
        assert!(refused.text.contains("a: ["), "what was pasted stays");
    }
}
