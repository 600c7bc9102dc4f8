//! Keeps secrets that were typed while a form goes to and fro, without showing them.
//!
//! A test, or a mistake elsewhere in the form, must not cost the password that was just typed, and no page shows it again.
//! So it travels in the page sealed with the key that also seals it in the database, for this one person.

use crate::domain::ids::UserId;
use crate::store::Sealer;
use crate::view::Form;
use crate::web::WebError;
use crate::web::forms::source::{Kept, SECRETS};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

/// The hidden field.
const FIELD: &str = "kept";

#[derive(Serialize, Deserialize)]
struct Document {
    origin: String,
    password: Option<String>,
    token: Option<String>,
    headers: Vec<(String, String)>,
}

/// What the form brought along, on top of what is stored.
pub fn open(sealer: &Sealer, user: UserId, form: &Form, stored: Kept) -> Kept {
    // what cannot be opened is another's or was tampered with: it counts as not sent
    let Ok(brought) = URL_SAFE_NO_PAD.decode(form.value(FIELD)) else { return stored };
    let Ok(bytes) = sealer.open(&place(user), &brought) else { return stored };
    let Ok(found) = serde_json::from_slice::<Document>(&bytes) else { return stored };
    let secret = |text: Option<String>| text.map(SecretString::from);
    Kept {
        origin: found.origin,
        password: secret(found.password),
        token: secret(found.token),
        headers: found.headers.into_iter().map(|(name, value)| (name, value.into())).collect(),
    }
}

/// Takes the secrets out of the form and seals them into it; says what is kept.
pub fn seal(sealer: &Sealer, user: UserId, form: &mut Form, kept: Kept) -> Result<Kept, WebError> {
    let typed = |name: &str| Some(form.value(name).trim()).filter(|text| !text.is_empty()).map(SecretString::from);
    let headers: Vec<(String, SecretString)> = form
        .value("headers")
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().into()))
        .collect();
    // a mistake in the headers has to be seen to be mended
    let keeps_headers = !headers.is_empty() && form.field("headers").problem.is_none();
    let (password, token) = (typed("password"), typed("token"));
    let came_along = !form.value(FIELD).is_empty();
    let is_typed = password.is_some() || token.is_some() || keeps_headers;
    // an address with a mistake in it is none yet
    let address = Url::parse(form.value("url").trim()).map(|url| url.origin().ascii_serialization());
    let origin = address.unwrap_or_else(|_| kept.origin.clone());
    let kept = if is_typed {
        // secrets that were kept for another address do not come along
        let before = if origin == kept.origin { kept } else { Kept::default() };
        Kept {
            origin,
            password: password.or(before.password),
            token: token.or(before.token),
            headers: if keeps_headers { headers } else { before.headers },
        }
    } else {
        kept
    };
    for name in SECRETS.into_iter().filter(|name| *name != "headers" || keeps_headers) {
        form.values.remove(name);
    }
    form.values.remove(FIELD);
    // what is only stored needs no second place
    if (is_typed || came_along) && !kept.is_empty() {
        form.set(FIELD, sealed(sealer, user, &kept)?);
    }
    Ok(kept)
}

fn sealed(sealer: &Sealer, user: UserId, kept: &Kept) -> Result<String, WebError> {
    let text = |secret: &SecretString| secret.expose_secret().to_owned();
    let document = Document {
        origin: kept.origin.clone(),
        password: kept.password.as_ref().map(text),
        token: kept.token.as_ref().map(text),
        headers: kept.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
    };
    let bytes = serde_json::to_vec(&document).map_err(WebError::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(sealer.seal(&place(user), &bytes).map_err(WebError::internal)?))
}

fn place(user: UserId) -> String {
    format!("source-form:{user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        Form::from_pairs(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn typed_secrets_travel_sealed_and_only_for_the_same_person_and_address() {
        let (sealer, ana) = (Sealer::new([7; 32]), UserId(1));
        let mut sent = form(&[("url", "http://p:9090/x"), ("password", "hunter2"), ("headers", "X-Key: k3y")]);
        let kept = seal(&sealer, ana, &mut sent, Kept::default()).unwrap();
        assert_eq!(kept.origin, "http://p:9090");
        let page = format!("{sent:?}");
        assert!(!page.contains("hunter2") && !page.contains("k3y"), "{page}");
        let back = open(&sealer, ana, &sent, Kept::default());
        assert_eq!(back.password.unwrap().expose_secret(), "hunter2");
        assert_eq!(back.headers.first().unwrap().1.expose_secret(), "k3y");
        assert!(open(&sealer, UserId(2), &sent, Kept::default()).is_empty(), "another person");
        let mut moved = sent.clone();
        moved.set("url", "http://evil.example");
        moved.set("token", "t");
        let kept = seal(&sealer, ana, &mut moved, open(&sealer, ana, &sent, Kept::default())).unwrap();
        assert!(kept.password.is_none() && kept.headers.is_empty() && kept.token.is_some());
    }

    #[test]
    fn a_mistyped_address_does_not_cost_the_password() {
        let (sealer, ana) = (Sealer::new([7; 32]), UserId(1));
        let mut sent = form(&[("url", "prometheus"), ("password", "hunter2")]);
        let kept = seal(&sealer, ana, &mut sent, Kept::default()).unwrap();
        assert!(kept.origin.is_empty() && kept.password.is_some(), "not bound to any address yet");
        let stored = Kept { origin: "http://p".to_owned(), token: Some("t".into()), ..Kept::default() };
        let kept = seal(&sealer, ana, &mut form(&[("url", "p"), ("password", "x")]), stored).unwrap();
        assert_eq!((kept.origin.as_str(), kept.token.is_some()), ("http://p", true), "bound as before");
    }

    #[test]
    fn wrong_headers_stay_to_be_mended() {
        let mut sent = form(&[("url", "http://p"), ("headers", "X Y: z")]);
        sent.refuse("headers", "This is no name.");
        seal(&Sealer::new([7; 32]), UserId(1), &mut sent, Kept::default()).unwrap();
        assert_eq!(sent.value("headers"), "X Y: z");
    }
}
