//! Signing in and out, the first set-up, one's own account.

use crate::language::{self, Language};
use crate::ops::change_password::{self, ChangePassword};
use crate::ops::choose_language;
use crate::ops::set_up::{self, SetUp};
use crate::ops::sign_in::SignInError;
use crate::ops::{sign_in, sign_out};
use crate::view::account::{AccountPage, SetUpPage, SignInPage};
use crate::view::{Flash, FlashKind, Form, Help, Section};
use crate::web::extract::{Client, Frame, Posted, SignedIn};
use crate::web::html::{Html, page, see_other};
use crate::web::throttle::TooMany;
use crate::web::{State, WebError, error, forms, paths, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, Query};
use secrecy::SecretString;
use serde::Deserialize;

/// The query of the sign-in page.
#[derive(Debug, Deserialize)]
pub struct Next {
    next: Option<String>,
}

/// The query of the set-up link.
#[derive(Debug, Deserialize)]
pub struct Token {
    token: Option<String>,
}

/// GET `/sign-in`.
pub async fn show_sign_in(frame: Frame, state: Data<State>, query: Query<Next>) -> Result<HttpResponse, WebError> {
    let next = paths::local(query.next.as_deref().unwrap_or_default());
    if frame.shell.user.is_some() {
        return Ok(see_other(&next));
    }
    let mut form = Form::default();
    form.set("next", next);
    if !set_up::is_done(&state.db).await? {
        form.refuse(
            "",
            crate::language::say!(
                "There is no account yet. Open the set-up link that Nines printed when it was started."
            ),
        );
    }
    let shell = frame.shell.clone().page("Sign in", Section::Account, Some(Help::SIGN_IN));
    frame.bring(page(StatusCode::OK, &SignInPage { shell, form })?)
}

/// POST `/sign-in`.
pub async fn sign_in(
    frame: Frame,
    client: Client,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    let email = posted.text("email");
    let refusal = if let Err(wait) = state.throttle.check(client.0, email) {
        Refusal::wait(wait)
    } else {
        let password = SecretString::from(posted.text("password"));
        match sign_in::sign_in(&state.db, &state.hasher, email, &password, state.clock.now()).await {
            Ok(user) => {
                session::begin(&session, user.id)?;
                return Ok(see_other(&paths::local(posted.text("next"))));
            }
            Err(SignInError::Refused) => Refusal::wrong(),
            Err(SignInError::Store(error)) => return Err(error.into()),
            Err(SignInError::Hash(error)) => return Err(error.into()),
        }
    };
    let mut form = refused(&posted, Vec::new());
    form.refuse("", refusal.sentence);
    let shell = frame.shell.clone().page("Sign in", Section::Account, Some(Help::SIGN_IN));
    let mut response = page(refusal.status, &SignInPage { shell, form })?;
    if let Some(wait) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, wait.into());
    }
    frame.bring(response)
}

/// Why nobody was signed in.
struct Refusal {
    status: StatusCode,
    sentence: String,
    retry_after: Option<u64>,
}

impl Refusal {
    fn wrong() -> Self {
        tracing::info!("somebody was not signed in: wrong address or password");
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            sentence: crate::language::say!(
                "This address and password do not belong together. Check both and try again."
            ),
            retry_after: None,
        }
    }

    fn wait(TooMany { wait_seconds }: TooMany) -> Self {
        tracing::warn!(wait_seconds, "somebody tries to sign in too often");
        let wait = error::in_words(wait_seconds);
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            sentence: crate::language::say!("There were too many tries. Please wait {wait}, then try again.", wait),
            retry_after: Some(wait_seconds),
        }
    }
}

/// POST `/sign-out`.
pub async fn sign_out(user: SignedIn, session: Session, state: Data<State>) -> Result<HttpResponse, WebError> {
    sign_out::sign_out(&state.db, user.0.id, state.clock.now()).await?;
    session.purge();
    Ok(see_other(paths::SIGN_IN))
}

/// GET `/set-up?token=…`.
pub async fn show_set_up(
    frame: Frame,
    client: Client,
    state: Data<State>,
    query: Query<Token>,
) -> Result<HttpResponse, WebError> {
    let token = query.into_inner().token.unwrap_or_default();
    state.throttle.check_address(client.0).map_err(|no| WebError::TooMany { wait_seconds: no.wait_seconds })?;
    if !set_up::is_valid(&state.db, &token, state.clock.now()).await? {
        return Err(dead_link());
    }
    let mut form = Form::default();
    form.set("token", token);
    let shell = frame.shell.clone().page("Set up Nines", Section::Account, Some(Help::SET_UP));
    frame.bring(page(StatusCode::OK, &SetUpPage { shell, form })?)
}

/// POST `/set-up`.
pub async fn set_up(
    frame: Frame,
    client: Client,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    state.throttle.check_address(client.0).map_err(|no| WebError::TooMany { wait_seconds: no.wait_seconds })?;
    let wish = SetUp {
        token: posted.text("token"),
        name: posted.text("name"),
        email: posted.text("email"),
        password: SecretString::from(posted.text("password")),
        repeat: SecretString::from(posted.text("repeat")),
    };
    match set_up::set_up(&state.db, &state.hasher, wish, state.clock.now()).await {
        Ok(user) => {
            session::begin(&session, user)?;
            session::tell(&session, &done(&crate::language::say!("Welcome to Nines. Your account is ready.")))?;
            Ok(see_other(paths::HOME))
        }
        Err(set_up::SetUpError::DeadLink) => Err(dead_link()),
        Err(set_up::SetUpError::Refused(problems)) => {
            let shell = frame.shell.clone().page("Set up Nines", Section::Account, Some(Help::SET_UP));
            let form = refused(&posted, problems);
            frame.bring(page(StatusCode::UNPROCESSABLE_ENTITY, &SetUpPage { shell, form })?)
        }
        Err(set_up::SetUpError::Store(error)) => Err(error.into()),
        Err(set_up::SetUpError::Hash(error)) => Err(error.into()),
        Err(set_up::SetUpError::Random(error)) => Err(error.into()),
    }
}

/// GET `/account`.
pub async fn show(user: SignedIn, frame: Frame) -> Html<AccountPage> {
    Html(account_page(&user, frame, Form::default()))
}

fn account_page(user: &SignedIn, frame: Frame, mut form: Form) -> AccountPage {
    if !form.values.contains_key("language") {
        form.set("language", user.0.language.map_or("", Language::word));
    }
    AccountPage { shell: frame.shell.page("Account", Section::Account, Some(Help::ACCOUNT)), form }
}

/// POST `/account/language`: says in which language one reads.
pub async fn choose_language(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    let mut form = posted.form();
    let Ok(chosen) = forms::language(&mut form) else {
        return page(StatusCode::UNPROCESSABLE_ENTITY, &account_page(&user, frame, form));
    };
    choose_language::choose_language(&state, &user.0, chosen).await?;
    // said on the next page, which is in that language already
    chosen.into_iter().for_each(language::prefer);
    session::tell(&session, &done(&crate::language::say!("Your pages are in this language from now on.")))?;
    Ok(see_other(paths::ACCOUNT))
}

/// POST `/account`: changes the password.
pub async fn change_password(
    user: SignedIn,
    frame: Frame,
    client: Client,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    let tries = state.throttle.check(client.0, &user.0.email);
    tries.map_err(|no| WebError::TooMany { wait_seconds: no.wait_seconds })?;
    let wish = ChangePassword {
        user: &user.0,
        current: SecretString::from(posted.text("current")),
        password: SecretString::from(posted.text("password")),
        repeat: SecretString::from(posted.text("repeat")),
    };
    match change_password::change_password(&state.db, &state.hasher, wish, state.clock.now()).await {
        Ok(()) => {
            session::begin(&session, user.0.id)?;
            session::tell(
                &session,
                &done(&crate::language::say!("The password is changed. Everywhere else you are signed out.")),
            )?;
            Ok(see_other(paths::ACCOUNT))
        }
        Err(change_password::ChangeError::Refused(problems)) => {
            let form = refused(&posted, problems);
            page(StatusCode::UNPROCESSABLE_ENTITY, &account_page(&user, frame, form))
        }
        Err(change_password::ChangeError::Store(error)) => Err(error.into()),
        Err(change_password::ChangeError::Hash(error)) => Err(error.into()),
    }
}

fn done(text: &str) -> Flash {
    Flash { kind: FlashKind::Done, text: text.to_owned() }
}

fn dead_link() -> WebError {
    WebError::Refused {
        status: StatusCode::GONE,
        title: crate::language::say!("This set-up link does not work any more"),
        message: crate::language::say!(
            "It works once, for one day, and only until there is an account. Start Nines again to get a new one, \
             or sign in if somebody has made the account already."
        ),
    }
}

/// What was typed, with what is wrong beside it; passwords are typed anew.
pub(super) fn refused(posted: &Posted, problems: Vec<(&'static str, String)>) -> Form {
    let mut form = posted.form();
    form.values.retain(|name, _| !matches!(name.as_str(), "password" | "repeat" | "current"));
    for (field, sentence) in problems {
        form.refuse(field, sentence);
    }
    form
}
