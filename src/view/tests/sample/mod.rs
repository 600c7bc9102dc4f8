//! Every page, filled with what a busy installation might show.

mod agreements;
mod baseline;
mod calendar;
mod exclusions;
mod objective;
mod overview;
mod people;
mod reports;
mod schedules;
mod shares;
mod sources;

use crate::view::account::{AccountPage, SetUpPage, SignInPage};
use crate::view::audit::{AuditPage, AuditRow, Change};
use crate::view::error::ErrorPage;
use crate::view::guide::GuidePage;
use crate::view::{Badge, Fact, Flash, FlashKind, Form, Help, Link, Pager, Section, Shell, ShellUser, Tone};
use askama::Template;

/// Says a text, with something appended that a page must survive.
pub(super) struct Say(&'static str);

impl Say {
    pub(super) fn new(appended: &'static str) -> Self {
        Self(appended)
    }

    fn it(&self, text: &str) -> String {
        format!("{text}{}", self.0)
    }

    fn link(&self, href: &str, text: &str) -> Link {
        Link::new(href, self.it(text))
    }

    fn fact(&self, label: &str, value: &str) -> Fact {
        Fact::new(self.it(label), self.it(value))
    }

    fn badge(&self, tone: Tone, word: &str) -> Badge {
        Badge::new(tone, self.it(word))
    }
}

/// Every page by a name for it.
pub(super) fn pages(say: &Say) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    all.extend(account(say));
    all.extend(overview::overview(say));
    all.push(("objective", objective::objective(say).render().unwrap()));
    all.push(("note-keys", objective::note_keys(say).render().unwrap()));
    all.push(("objective-quiet", objective::quiet_objective(say).render().unwrap()));
    all.extend(baseline::pages(say));
    all.push(("calendar", calendar::calendar(say).render().unwrap()));
    all.extend(agreements::agreements(say));
    all.extend(agreements::agreement_forms(say));
    all.extend(agreements::revisions(say));
    all.extend(sources::sources(say));
    all.extend(sources::source_forms(say));
    all.extend(exclusions::exclusions(say));
    all.extend(reports::reports(say));
    all.extend(schedules::schedules(say));
    all.push(("people", people::people(say).render().unwrap()));
    all.extend(shares::shares(say));
    all.extend(others(say));
    all
}

fn shell(say: &Say, title: &str, section: Section, help: Option<Help>) -> Shell {
    let user = ShellUser {
        name: say.it("Ada Lovelace"),
        email: say.it("ada@example.com"),
        role: say.it("admin"),
        is_admin: true,
    };
    let shell = Shell { user: Some(user), csrf: "token-of-the-session".to_owned(), ..Shell::default() };
    shell.page(say.it(title), section, help)
}

fn outside(say: &Say, title: &str) -> Shell {
    let shell = Shell { csrf: "token-of-the-session".to_owned(), ..Shell::default() };
    shell.page(say.it(title), Section::Elsewhere, None)
}

fn form(say: &Say, values: &[(&str, &str)], problems: &[(&str, &str)]) -> Form {
    let mut form = Form::default();
    for (name, value) in values {
        // numbers of groups and words of choices are not free text
        let is_word =
            ["kind", "part-is", "limit-is", "auth", "period", "report-every", "source", "id", "scope", "category"]
                .iter();
        let is_word = is_word.clone().any(|word| name == word || name.ends_with(&format!("-{word}")));
        form.set(*name, if is_word { (*value).to_owned() } else { say.it(value) });
    }
    for (name, problem) in problems {
        form.refuse(*name, say.it(problem));
    }
    form
}

fn account(say: &Say) -> Vec<(&'static str, String)> {
    let refused = form(
        say,
        &[("email", "ada@example.com"), ("password", "hunter2"), ("next", "/objectives/7")],
        &[(
            "email",
            "This address and password do not belong together. Try again, or ask an admin for a new password.",
        )],
    );
    let set_up = form(say, &[("token", "a1b2c3"), ("name", "Ada Lovelace"), ("email", "ada@example.com")], &[]);
    let short = form(say, &[("password", "hunter2")], &[("password", "Write at least 12 characters.")]);
    let mut done = shell(say, "Account", Section::Account, Some(Help::ACCOUNT));
    done.flash = Some(Flash { kind: FlashKind::Done, text: say.it("The password was changed.") });
    vec![
        ("sign-in", SignInPage { shell: outside(say, "Sign in"), form: refused }.render().unwrap()),
        ("set-up", SetUpPage { shell: outside(say, "Set up Nines"), form: set_up }.render().unwrap()),
        ("account", AccountPage { shell: done, form: short }.render().unwrap()),
    ]
}

fn others(say: &Say) -> Vec<(&'static str, String)> {
    let change = |what: &str, before: &str, after: &str| Change {
        what: say.it(what),
        before: before.to_owned(),
        after: say.it(after),
    };
    let entry = |at: &str, action: &str, subject: Option<Link>, changes: Vec<Change>| AuditRow {
        at: say.it(at),
        who: say.it("Ada Lovelace"),
        action: say.it(action),
        subject,
        changes,
    };
    let audit = AuditPage {
        shell: shell(say, "Audit log", Section::Audit, Some(Help::AUDIT)),
        rows: vec![
            entry(
                "21 Nov 2026, 07:12 UTC",
                "changed the agreement",
                Some(say.link("/agreements/3", "Checkout for Acme")),
                vec![
                    change("target of Payments succeed", "99.5 %", "99.9 %"),
                    change("recipients", "", "sla@acme.example"),
                ],
            ),
            entry("21 Nov 2026, 07:01 UTC", "signed in", None, Vec::new()),
        ],
        pager: Pager { summary: say.it("1–2 of 2"), previous: None, next: None },
    };
    let mut failed = shell(say, "Not found", Section::Elsewhere, None);
    failed.flash = Some(Flash {
        kind: FlashKind::Failed,
        text: say.it("The report was not sent: the agreement has no recipients."),
    });
    let error = ErrorPage {
        shell: failed,
        status: 404,
        title: say.it("There is no such objective"),
        message: say.it("It may have been removed, or the address has a typing error."),
        links: vec![say.link("/", "All objectives"), say.link("/agreements", "All agreements")],
        request_id: say.it("019aa4d2-6c1e-7cc3-9d51-0a2b3c4d5e6f"),
    };
    vec![
        ("audit", audit.clone().render().unwrap()),
        ("audit-empty", AuditPage { rows: Vec::new(), ..audit }.render().unwrap()),
        ("error", error.render().unwrap()),
        ("guide", GuidePage { shell: shell(say, "Guide", Section::Guide, None) }.render().unwrap()),
    ]
}
