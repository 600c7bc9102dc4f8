//! Every address of the web server, and who answers it.

use crate::web::paths::{
    ACCOUNT, ACCOUNT_LANGUAGE, AGREEMENTS, ASSETS, AUDIT, EXCLUSIONS, GUIDE, HEALTH, HOME, METRICS, NOTES, OBJECTIVE,
    OBJECTIVE_ANOMALIES, OBJECTIVE_ANOMALY, OBJECTIVE_BASELINE, OBJECTIVE_CAUSE, OBJECTIVE_FILE, OBJECTIVE_NOTES,
    OBJECTIVE_OUTAGES, OBJECTIVE_OUTLOOKS, READY, REPORT_SCHEMA, REPORTS, SET_UP, SIGN_IN, SIGN_OUT, SOURCES,
};
use crate::web::{State, WebError, account, assets, csrf, error, extract, health, notes, session};
use crate::web::{agreements, exclusions, reports, sources};
use crate::web::{audit, calendar, export, guide, objective, overview, reader};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};

/// How large a form may be.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// Everything that needs no session.
pub fn machines(routes: &mut ServiceConfig) {
    routes.service(web::resource(HEALTH).route(web::get().to(health::health)).route(web::head().to(health::health)));
    routes.service(web::resource(READY).route(web::get().to(health::ready)).route(web::head().to(health::ready)));
    routes.service(web::resource(METRICS).route(web::get().to(health::metrics)));
    routes.service(web::resource(REPORT_SCHEMA).route(web::get().to(reports::schema)));
    routes.service(web::resource(NOTES).route(web::post().to(notes::leave)));
    routes.service(web::resource(ASSETS).route(web::get().to(assets::show)).route(web::head().to(assets::show)));
}

/// Everything for people: with sessions, guarded against forgery, compressed. Must come last: it answers every address.
pub fn people(state: &State) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let sessions = session::middleware(state);
    move |routes| {
        routes.service(
            web::scope("")
                .wrap(from_fn(csrf::guard))
                .wrap(sessions)
                .wrap(from_fn(error::pages))
                .wrap(Compress::default())
                .wrap(from_fn(reader::speak))
                .configure(pages)
                .configure(standings)
                .default_service(web::to(nothing_here)),
        );
    }
}

/// The pages.
fn pages(routes: &mut ServiceConfig) {
    routes
        .service(
            web::resource(SIGN_IN).route(web::get().to(account::show_sign_in)).route(web::post().to(account::sign_in)),
        )
        .service(web::resource(SIGN_OUT).route(web::post().to(account::sign_out)))
        .service(
            web::resource(SET_UP).route(web::get().to(account::show_set_up)).route(web::post().to(account::set_up)),
        )
        .service(
            web::resource(ACCOUNT).route(web::get().to(account::show)).route(web::post().to(account::change_password)),
        )
        .route(ACCOUNT_LANGUAGE, web::post().to(account::choose_language))
        .configure(definitions)
        .configure(taken_out)
        .configure(happened)
        .configure(mailed)
        .configure(shared_with_strangers)
        .configure(accounts);
}

/// Exclusions.
fn taken_out(routes: &mut ServiceConfig) {
    routes
        .route(EXCLUSIONS, web::get().to(exclusions::list))
        .route("/exclusions.{format:csv|json}", web::get().to(exclusions::export))
        .service(
            web::resource("/exclusions/new")
                .route(web::get().to(exclusions::new))
                .route(web::post().to(exclusions::create)),
        )
        .route(r"/exclusions/{id:\d+}", web::get().to(exclusions::show))
        .route(r"/exclusions/{id:\d+}/decide", web::post().to(exclusions::decide));
}

/// Schedules and deliveries.
fn mailed(routes: &mut ServiceConfig) {
    use crate::web::{paths::DELIVERIES, paths::SCHEDULES, schedules};
    routes
        .route(SCHEDULES, web::get().to(schedules::list))
        .service(
            web::resource("/schedules/new")
                .route(web::get().to(schedules::new))
                .route(web::post().to(schedules::create)),
        )
        .route(r"/schedules/{id:\d+}", web::get().to(schedules::show))
        .service(
            web::resource(r"/schedules/{id:\d+}/edit")
                .route(web::get().to(schedules::edit))
                .route(web::post().to(schedules::change)),
        )
        .route(r"/schedules/{id:\d+}/state", web::post().to(schedules::set_state))
        .route(r"/schedules/{id:\d+}/try", web::post().to(schedules::attempt))
        .route(DELIVERIES, web::get().to(schedules::deliveries))
        .route(r"/deliveries/{id:\d+}/retry", web::post().to(schedules::retry));
}

/// Links for people without an account, and what is behind them.
fn shared_with_strangers(routes: &mut ServiceConfig) {
    use crate::web::shares;
    routes
        .service(
            web::resource(r"/agreements/{id:\d+}/links")
                .route(web::get().to(shares::links))
                .route(web::post().to(shares::make)),
        )
        .route(r"/agreements/{id:\d+}/links/{link:\d+}/revoke", web::post().to(shares::revoke))
        .service(
            web::resource(r"/objectives/{id:\d+}/badge")
                .route(web::get().to(shares::badge))
                .route(web::post().to(shares::make_badge)),
        )
        .route("/badges/{token}.svg", web::get().to(shares::picture))
        .route("/shared/{token}", web::get().to(shares::sheet))
        .route(r"/shared/{token}/reports/{id:\d+}.{format:html|txt|csv|xlsx|pdf}", web::get().to(shares::file));
}

/// What happened besides what was measured, and the keys with which programs say so.
fn happened(routes: &mut ServiceConfig) {
    use crate::web::objective::{happened, note_keys};
    routes
        .service(
            web::resource(OBJECTIVE_NOTES).route(web::get().to(happened::show)).route(web::post().to(happened::leave)),
        )
        .route(r"/objectives/{id:\d+}/notes.{ending:csv|json}", web::get().to(happened::download))
        .route(r"/objectives/{id:\d+}/notes/{note:\d+}/withdraw", web::post().to(happened::withdraw))
        .service(
            web::resource(r"/objectives/{id:\d+}/note-keys")
                .route(web::get().to(note_keys::show))
                .route(web::post().to(note_keys::make)),
        )
        .route(r"/objectives/{id:\d+}/note-keys/{key:\d+}/revoke", web::post().to(note_keys::revoke));
}

/// People with an account.
fn accounts(routes: &mut ServiceConfig) {
    use crate::web::{paths::PEOPLE, people};
    routes
        .service(web::resource(PEOPLE).route(web::get().to(people::show)).route(web::post().to(people::add)))
        .route(r"/people/{id:\d+}/role", web::post().to(people::change_role))
        .route(r"/people/{id:\d+}/remove", web::post().to(people::remove));
}

/// Sources, agreements and reports.
fn definitions(routes: &mut ServiceConfig) {
    let form = |path: &str| web::resource(path.to_owned());
    routes
        .route(SOURCES, web::get().to(sources::list))
        .service(form("/sources/new").route(web::get().to(sources::new)).route(web::post().to(sources::create)))
        .route(r"/sources/{id:\d+}", web::get().to(sources::show))
        .service(
            form(r"/sources/{id:\d+}/edit").route(web::get().to(sources::edit)).route(web::post().to(sources::change)),
        )
        .route(r"/sources/{id:\d+}/test", web::post().to(sources::test))
        .route(r"/sources/{id:\d+}/archive", web::post().to(sources::archive))
        .route(r"/sources/{id:\d+}/restore", web::post().to(sources::restore))
        .route(AGREEMENTS, web::get().to(agreements::list))
        .service(
            form("/agreements/new").route(web::get().to(agreements::new)).route(web::post().to(agreements::create)),
        )
        .route(r"/agreements/{id:\d+}", web::get().to(agreements::show))
        .route(r"/agreements/{id:\d+}.{format:csv|json}", web::get().to(agreements::export))
        .route(r"/agreements/{id:\d+}/slices.{format:csv|json}", web::get().to(agreements::slices))
        .service(
            form(r"/agreements/{id:\d+}/edit")
                .route(web::get().to(agreements::edit))
                .route(web::post().to(agreements::change)),
        )
        .route(r"/agreements/{id:\d+}/archive", web::post().to(agreements::archive))
        .route(r"/agreements/{id:\d+}/restore", web::post().to(agreements::restore))
        .route(r"/agreements/{id:\d+}/revisions", web::get().to(agreements::revisions))
        .route(r"/agreements/{id:\d+}/revisions.{ending:csv|json}", web::get().to(agreements::export_revisions))
        .route(r"/agreements/{id:\d+}/revisions/{number:\d+}/withdraw", web::post().to(agreements::withdraw))
        .route(r"/agreements/{id:\d+}/report", web::get().to(reports::preview))
        .route(
            r"/agreements/{id:\d+}/report.{format:html|txt|csv|json|prom|xlsx|pdf}",
            web::get().to(reports::preview_file),
        )
        .route(r"/agreements/{id:\d+}/send", web::post().to(reports::send))
        .route(REPORTS, web::get().to(reports::list))
        .route(r"/reports/{id:\d+}", web::get().to(reports::show))
        .route("/reports/archive.zip", web::get().to(reports::archive))
        .route("/reports/compare", web::get().to(reports::compare))
        .route("/reports/key.pem", web::get().to(reports::key))
        .route(
            r"/reports/{id:\d+}.{format:html|txt|csv|json|json\.sig|prom|xlsx|pdf|removal\.json|removal\.json\.sig}",
            web::get().to(reports::download),
        )
        .route(r"/reports/{id:\d+}/correct", web::post().to(reports::correct))
        .route(r"/reports/{id:\d+}/send", web::post().to(reports::send_again))
        .route(r"/reports/{id:\d+}/deliveries/{delivery:\d+}/retry", web::post().to(reports::retry));
}

/// What was judged, and what was changed.
fn standings(routes: &mut ServiceConfig) {
    routes
        .service(web::resource(HOME).route(web::get().to(overview::show)))
        .service(web::resource(OBJECTIVE_FILE).route(web::get().to(export::objective)))
        .service(web::resource(OBJECTIVE).route(web::get().to(objective::show)))
        .service(web::resource(OBJECTIVE_CAUSE).route(web::post().to(objective::outages::explain)))
        .service(web::resource(OBJECTIVE_OUTAGES).route(web::get().to(objective::outages::download)))
        .service(web::resource(OBJECTIVE_OUTLOOKS).route(web::get().to(objective::outlooks::show)))
        .service(web::resource(OBJECTIVE_ANOMALIES).route(web::get().to(objective::baseline::download)))
        .service(web::resource(OBJECTIVE_ANOMALY).route(web::post().to(objective::baseline::say)))
        .service(
            web::resource(OBJECTIVE_BASELINE)
                .route(web::get().to(objective::watching::show))
                .route(web::post().to(objective::watching::change)),
        )
        .route(r"/objectives/{id:\d+}/calendar", web::get().to(calendar::of_objective))
        .route(r"/objectives/{id:\d+}/calendar.csv", web::get().to(calendar::file_of_objective))
        .route(r"/agreements/{id:\d+}/calendar", web::get().to(calendar::of_agreement))
        .route(r"/agreements/{id:\d+}/calendar.csv", web::get().to(calendar::file_of_agreement))
        .service(web::resource(GUIDE).route(web::get().to(guide::show)))
        .service(web::resource(AUDIT).route(web::get().to(audit::show)));
}

/// What all requests share.
pub fn shared(state: &Data<State>) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let state = state.clone();
    move |routes| {
        routes.app_data(state).app_data(PayloadConfig::new(BODY_BYTES_MAX));
    }
}

async fn nothing_here(_frame: extract::Frame) -> Result<&'static str, WebError> {
    Err(WebError::NotFound("There is no such page"))
}
