//! People: an admin adds them, changes what they may do, and takes their access away.

use crate::domain::ids::UserId;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::add_person::{self, AddError, Person};
use crate::ops::change_access;
use crate::store;
use crate::store::users::{Role, User};
use crate::view::people::{PeoplePage, PersonRow};
use crate::view::{Choice, Form, Help, Section};
use crate::web::account::refused;
use crate::web::extract::{Client, Frame, Posted, SignedIn};
use crate::web::html::{page, see_other};
use crate::web::{State, WebError, paths, say, session};
use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use chrono_tz::Tz;
use secrecy::SecretString;

/// GET `/people`.
pub async fn show(user: SignedIn, frame: Frame, state: Data<State>) -> Result<HttpResponse, WebError> {
    say::admin(&user.0)?;
    let mut form = Form::default();
    form.set("role", Role::Editor.word());
    answer(frame, &state, &user.0, form).await
}

/// POST `/people`: adds somebody.
pub async fn add(
    user: SignedIn,
    frame: Frame,
    client: Client,
    session: Session,
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, WebError> {
    say::admin(&user.0)?;
    // each password costs time to hash
    state.throttle.check_address(client.0).map_err(|no| WebError::TooMany { wait_seconds: no.wait_seconds })?;
    let person = Person {
        name: posted.text("name"),
        email: posted.text("email"),
        role: posted.text("role"),
        password: SecretString::from(posted.text("password")),
    };
    match add_person::add(&state, &state.hasher, user.0.id, person).await {
        Ok(_) => {
            session::tell(&session, &say::done(say!("The person can sign in now. Tell them their password.")))?;
            Ok(see_other(paths::PEOPLE))
        }
        Err(AddError::Refused(problems)) => answer(frame, &state, &user.0, refused(&posted, problems)).await,
        Err(AddError::Ops(error)) => Err(error.into()),
        Err(AddError::Hash(error)) => Err(error.into()),
    }
}

/// POST `/people/{id}/role`.
pub async fn change_role(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    posted: Posted,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::admin(&user.0)?;
    let role = Role::from_word(posted.text("role"));
    let role = role.ok_or_else(|| WebError::refused(say!("Please go back and choose one of the roles.")))?;
    let done = change_access::change_role(&state, user.0.id, UserId(*id), role).await;
    settled(done, say!("The role is changed."), frame, &session, &state, &user.0).await
}

/// POST `/people/{id}/remove`.
pub async fn remove(
    user: SignedIn,
    frame: Frame,
    session: Session,
    state: Data<State>,
    id: Path<i64>,
) -> Result<HttpResponse, WebError> {
    say::admin(&user.0)?;
    let done = change_access::remove_access(&state, user.0.id, UserId(*id)).await;
    let said = say!("Access is removed, and every browser of that person is signed out.");
    settled(done, said, frame, &session, &state, &user.0).await
}

async fn settled(
    done: Result<(), OpsError>,
    said: String,
    frame: Frame,
    session: &Session,
    state: &State,
    user: &User,
) -> Result<HttpResponse, WebError> {
    match done {
        Ok(()) => {
            session::tell(session, &say::done(said))?;
            Ok(see_other(paths::PEOPLE))
        }
        Err(OpsError::Refused { field, sentence }) => {
            let mut form = Form::default();
            form.refuse(field, sentence);
            answer(frame, state, user, form).await
        }
        Err(error) => Err(error.into()),
    }
}

fn role(role: Role) -> Choice {
    Choice::new(role.word(), wording::capitalised(language::word(role.word())))
}

async fn answer(frame: Frame, state: &State, user: &User, form: Form) -> Result<HttpResponse, WebError> {
    let status = if form.is_fine() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut people = store::users::list(&state.db).await?;
    people.sort_by_key(|person| !person.has_access());
    let row = |person: &User| PersonRow {
        id: person.id.0,
        name: person.name.clone(),
        email: person.email.clone(),
        role: person.role.word().to_owned(),
        since: wording::day(person.created_at, Tz::UTC),
        is_self: person.id == user.id,
        has_access: person.has_access(),
    };
    let template = PeoplePage {
        shell: frame.shell.page("People", Section::People, Some(Help::PEOPLE)),
        rows: people.iter().map(row).collect(),
        roles: Role::ALL.into_iter().map(role).collect(),
        form,
    };
    page(status, &template)
}
