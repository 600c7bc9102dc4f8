//! The `nines` program: arguments, the log, exit codes.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use nines::app::demo::Demo;
use nines::app::{self, Application, baseline, verify};
use nines::clock::Clock;
use nines::config::{self, Layers, LogFormat, Problem, Settings};
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Exit code for settings that are wrong (`EX_CONFIG`), as opposed to 1 for everything else.
const WRONG_SETTINGS: u8 = 78;

fn main() -> ExitCode {
    let matches = command().get_matches();
    match run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // the last line that is written; if even that fails there is nobody left to tell
            let _ = writeln!(io::stderr(), "{failure}");
            failure.code()
        }
    }
}

/// Why the program ends early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The settings are wrong.
    #[error("{}", list(.0))]
    Settings(Vec<Problem>),
    /// It could not start, or had to stop.
    #[error("nines: {0}")]
    Stopped(#[from] app::AppError),
    /// A series cannot be judged.
    #[error("nines: {0}")]
    Detect(#[from] baseline::DetectError),
    /// A method or parameter that does not exist.
    #[error("nines: {argument}: {why}")]
    Argument {
        /// Which argument.
        argument: &'static str,
        /// What is wrong, and how to mend it.
        why: String,
    },
    /// Reports are not as they were issued.
    #[error("nines: reports are not as they were issued; findings: {0}")]
    Findings(usize),
    /// Standard output is gone.
    #[error("nines: cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    fn code(&self) -> ExitCode {
        match self {
            Self::Settings(_) => ExitCode::from(WRONG_SETTINGS),
            Self::Stopped(_) | Self::Detect(_) | Self::Argument { .. } | Self::Findings(_) | Self::Output(_) => {
                ExitCode::FAILURE
            }
        }
    }
}

fn list(problems: &[Problem]) -> String {
    let mut text = format!(
        "nines: {} to mend in the settings:",
        match problems.len() {
            1 => "one thing".to_owned(),
            n => format!("{n} things"),
        }
    );
    for problem in problems {
        text.push_str("\n  ");
        text.push_str(&problem.to_string());
    }
    text
}

fn command() -> Command {
    let needed = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).required(true)
    };
    Command::new("nines")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Keeps service-level agreements honest")
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .help("The settings file [default: nines.toml, if it exists]")
                .value_parser(value_parser!(PathBuf))
                .global(true),
        )
        .args(config::args())
        .subcommand(Command::new("serve").about("Runs the server (this is what happens without a command, too)"))
        .subcommand(
            Command::new("check-config").about("Says what is set, where, and what is wrong with it").arg(
                Arg::new("markdown").long("markdown").action(ArgAction::SetTrue).help("Prints the list of settings"),
            ),
        )
        .subcommand(Command::new("demo").about("Runs with sample data in a folder that is thrown away"))
        .subcommand(
            Command::new("report")
                .about("Writes the report of one agreement and period to standard output")
                .arg(needed("agreement", "NAME", "Name or number of the agreement"))
                .arg(needed("period", "PERIOD", "Such as 2026-W46 or 2026-10"))
                .arg(
                    needed("format", "FORMAT", "How it is written")
                        .required(false)
                        .default_value("text")
                        .value_parser(PossibleValuesParser::new(app::report::FORMATS)),
                ),
        )
        .subcommand(verify_command())
        .subcommand(
            Command::new("exclusions")
                .about("Writes the exclusions, with who proposed and who approved them, to standard output")
                .arg(needed("state", "STATE", "Only those in this state").required(false).value_parser([
                    "proposed",
                    "approved",
                    "rejected",
                    "withdrawn",
                ]))
                .arg(table_format()),
        )
        .subcommand(
            Command::new("revisions")
                .about("Writes what changed in an agreement, who changed it and when, to standard output")
                .arg(needed("agreement", "NAME", "Name or number of the agreement"))
                .arg(table_format()),
        )
        .subcommand(baseline_command())
        .subcommand(
            Command::new("healthcheck").about("Asks the server that runs with these settings whether it is ready"),
        )
}

fn verify_command() -> Command {
    let path = value_parser!(PathBuf);
    Command::new("verify")
        .about("Says whether reports are still as they were issued, and ends with 1 if one is not")
        .after_help(
            "Without files, the chain of each agreement's reports in the database is checked, and each report is made \
             anew from the ledger while its minutes are kept. With files, only these are looked at: no settings and no \
             database are needed. The signature of report.json is expected in report.json.sig.",
        )
        .arg(Arg::new("agreement").long("agreement").value_name("NAME").help("Only this agreement, by name or number"))
        .arg(
            Arg::new("public-key")
                .long("public-key")
                .value_name("FILE")
                .help("The Ed25519 public key that signatures must belong to, in PEM [default: that of report.signing_key]")
                .value_parser(path.clone()),
        )
        .arg(
            Arg::new("files")
                .value_name("REPORT.json")
                .help("Reports as files")
                .num_args(0..)
                .conflicts_with("agreement")
                .value_parser(path),
        )
}

fn table_format() -> Arg {
    let format = Arg::new("format").long("format").value_name("FORMAT").help("How it is written");
    format.default_value("csv").value_parser(["csv", "json"])
}

fn baseline_command() -> Command {
    let path = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).value_parser(value_parser!(PathBuf))
    };
    let detect = Command::new("detect")
        .about("Marks what leaves the baseline of a series")
        .after_help(baseline::methods())
        .arg(Arg::new("method").long("method").value_name("METHOD").help("How normal is learned").default_value("auto"))
        .arg(
            Arg::new("set")
                .long("set")
                .value_name("NAME=VALUE")
                .help("Another value for one parameter of the method; may be repeated")
                .action(ArgAction::Append),
        )
        .arg(
            path("input", "FILE_OR_FOLDER", "CSV with the columns timestamp and value, or a folder of such")
                .required(true),
        )
        .arg(path("output", "FILE_OR_FOLDER", "Where the answer goes [default: standard output]"));
    Command::new("baseline").about("Learns what is normal").subcommand_required(true).subcommand(detect)
}

fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let (name, sub) = matches.subcommand().unwrap_or(("serve", matches));
    let layers = || {
        let file = sub.get_one::<PathBuf>("config").or_else(|| matches.get_one("config"));
        let mut flags = config::given(matches);
        flags.extend(config::given(sub));
        config::gather(flags, file.map(PathBuf::as_path)).map_err(Failure::Settings)
    };
    match name {
        "baseline" => sub.subcommand_matches("detect").map_or(Ok(()), detect),
        "check-config" => check_config(sub, layers),
        "verify" if sub.contains_id("files") => verify_files(sub),
        name => {
            let settings = config::parse(&layers()?).map_err(Failure::Settings)?;
            start_log(&settings);
            run_async(name, sub, settings)
        }
    }
}

fn run_async(name: &str, sub: &ArgMatches, settings: Settings) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match name {
            "healthcheck" => app::healthcheck(&settings).await?,
            "demo" => demo(settings).await?,
            "report" => report(sub, settings).await?,
            "verify" => verify_database(sub, settings).await?,
            "exclusions" | "revisions" => export(name, sub, settings).await?,
            _ => serve(settings).await?,
        }
        Ok(())
    })
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    let application = Application::start(settings).await?;
    let mut out = io::stdout();
    writeln!(out, "Nines listens on {}", application.url())?;
    if let Some(link) = application.set_up_link() {
        // printed and not logged: logs are kept and passed on
        writeln!(out, "Make the first account here, within a day: {link}")?;
    }
    out.flush()?;
    application.start_jobs().await?;
    Ok(application.run_until_stopped().await?)
}

async fn demo(settings: Settings) -> Result<(), Failure> {
    let demo = Demo::build(settings, Clock::system()).await?;
    let mut out = io::stdout();
    writeln!(out, "Nines shows sample data on {}", demo.application.url())?;
    writeln!(out, "Sign in as {} with the password {}", demo.email, demo.password)?;
    writeln!(out, "Mail is written to {}; everything is removed when the demo stops.", demo.mail_folder.display())?;
    out.flush()?;
    demo.application.start_jobs().await?;
    Ok(demo.run_until_stopped().await?)
}

async fn report(sub: &ArgMatches, settings: Settings) -> Result<(), Failure> {
    let word = |name: &str| sub.get_one::<String>(name).map_or("", String::as_str);
    let (agreement, period, format) = (word("agreement"), word("period"), word("format"));
    let file = app::report::write(settings, Clock::system(), agreement, period, format).await?;
    Ok(io::stdout().write_all(&file)?)
}

async fn verify_database(sub: &ArgMatches, settings: Settings) -> Result<(), Failure> {
    let agreement = sub.get_one::<String>("agreement").map(String::as_str);
    told(&verify::database(settings, Clock::system(), agreement, public_key(sub)).await?)
}

fn verify_files(sub: &ArgMatches) -> Result<(), Failure> {
    let files: Vec<PathBuf> = sub.get_many::<PathBuf>("files").into_iter().flatten().cloned().collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    told(&runtime.block_on(verify::files(&files, public_key(sub)))?)
}

fn public_key(sub: &ArgMatches) -> Option<&Path> {
    sub.get_one::<PathBuf>("public-key").map(PathBuf::as_path)
}

/// Prints what was found; findings are a failure.
fn told(answer: &verify::Answer) -> Result<(), Failure> {
    let mut out = io::stdout();
    for line in &answer.lines {
        writeln!(out, "{line}")?;
    }
    if answer.findings > 0 { Err(Failure::Findings(answer.findings)) } else { Ok(()) }
}

async fn export(name: &str, sub: &ArgMatches, settings: Settings) -> Result<(), Failure> {
    let word = |name: &str| sub.get_one::<String>(name).map(String::as_str);
    let format = app::export::Format::from_ending(word("format").unwrap_or_default());
    let text = match name {
        "exclusions" => app::export::exclusions(settings, Clock::system(), word("state"), format).await?,
        _ => app::export::revisions(settings, Clock::system(), word("agreement").unwrap_or_default(), format).await?,
    };
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn detect(sub: &ArgMatches) -> Result<(), Failure> {
    let wrong = |argument| move |why: String| Failure::Argument { argument, why };
    let method = sub.get_one::<String>("method").map_or("auto", String::as_str);
    let parameters = sub.get_many::<String>("set").into_iter().flatten().map(String::as_str);
    let method = baseline::method(method).map_err(wrong("--method"))?;
    let settings = baseline::tuned(method, parameters).map_err(wrong("--set"))?;
    let path = |name: &str| sub.get_one::<PathBuf>(name).map(PathBuf::as_path);
    let Some(input) = path("input") else { return Ok(()) }; // clap demands it
    Ok(baseline::detect(&settings, input, path("output"), &mut io::stdout().lock())?)
}

fn check_config(sub: &ArgMatches, layers: impl Fn() -> Result<Layers, Failure>) -> Result<(), Failure> {
    let mut out = io::stdout();
    if sub.get_flag("markdown") {
        return Ok(write!(out, "{}", config::markdown())?);
    }
    let layers = layers()?;
    for line in config::describe(&layers) {
        writeln!(out, "{:<26} {:<36} {}", line.path, line.value, line.origin)?;
    }
    config::parse(&layers).map_err(Failure::Settings)?;
    Ok(writeln!(out, "The settings are right.")?)
}

/// Everything that is logged goes to standard error.
fn start_log(settings: &Settings) {
    // a stranger's stale cookie is not worth a line
    let filter = EnvFilter::builder().parse_lossy(format!("actix_session=error,{}", settings.log.level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match settings.log.format {
        LogFormat::Human => builder.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
