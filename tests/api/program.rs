//! The program as people start it: arguments, exit codes, what it prints and what it does not.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The program in an empty folder, with nothing set.
fn nines(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nines"));
    command.current_dir(folder.path()).env_clear().stdin(Stdio::null());
    command
}

fn output(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn all_mistakes_in_the_settings_are_printed_together_and_the_exit_code_is_78() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("nines.toml"), "[server]\nlisen = \"127.0.0.1:1\"\n").unwrap();
    for task in ["serve", "check-config"] {
        let mut command = nines(&folder);
        command.env("NINES_LOG_LEVLE", "info").env("NINES_MAIL_URL", "smtp://a:hunter2@b/c");
        let (code, _, errors) = output(command.args([task, "--ledger-backfill-days", "many"]));
        assert_eq!(code, Some(78), "{errors}");
        assert!(errors.starts_with("nines: 4 things to mend in the settings:\n"), "{errors}");
        for place in ["--ledger-backfill-days: ", "NINES_LOG_LEVLE: ", "NINES_MAIL_URL: ", "nines.toml: server.lisen: "]
        {
            assert_eq!(errors.matches(place).count(), 1, "{place} in\n{errors}");
        }
        assert!(!errors.contains("hunter2"), "{errors}");
    }
    assert!(!folder.path().join("nines-data").exists(), "nothing was begun");
}

#[test]
fn check_config_says_what_applies_and_who_said_it_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = nines(&folder);
    command.env("NINES_DATABASE_URL", "postgres://nines:hunter2@db/nines");
    let (code, text, errors) = output(command.args(["check-config", "--server-listen", "127.0.0.1:9"]));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let line =
        |path: &str| text.lines().find(|line| line.starts_with(path)).unwrap_or_else(|| panic!("{path}: {text}"));
    assert_eq!(line("server.listen").split_whitespace().collect::<Vec<_>>()[1..], ["127.0.0.1:9", "--server-listen"]);
    assert_eq!(line("database.url").split_whitespace().collect::<Vec<_>>()[1..], ["(hidden)", "NINES_DATABASE_URL"]);
    assert!(!text.contains("hunter2"));
}

#[test]
fn a_named_settings_file_that_is_missing_is_a_mistake_and_the_usual_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(output(nines(&folder).arg("check-config")).0, Some(0));
    let (code, _, errors) = output(nines(&folder).args(["check-config", "--config", "other.toml"]));
    assert_eq!(code, Some(78));
    assert!(errors.contains("other.toml: the settings file cannot be read"), "{errors}");
}

#[test]
fn it_starts_without_settings_prints_the_link_answers_and_stops_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = nines(&folder);
    command.args(["--server-listen", "127.0.0.1:0", "--log-format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = out.next().unwrap().unwrap();
    let url = first.strip_prefix("Nines listens on ").unwrap_or_else(|| panic!("{first}")).to_owned();
    let second = out.next().unwrap().unwrap();
    let token = second.split_once("/set-up?token=").unwrap_or_else(|| panic!("{second}")).1.to_owned();
    assert!(token.len() >= 43, "{token}");
    let address = url.strip_prefix("http://").unwrap();
    let (code, _, errors) = output(nines(&folder).args(["healthcheck", "--server-listen", address]));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{log}");
    assert!(!log.contains(&token), "the link is printed, not logged");
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    }
    assert!(log.contains("SIGTERM") && !log.contains("ERROR"), "{log}");
    let (code, _, errors) = output(nines(&folder).args(["healthcheck", "--server-listen", address]));
    assert_eq!(code, Some(1));
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn a_port_that_is_taken_is_said_once_with_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text, errors) = output(nines(&folder).args(["--server-listen", &address]));
    assert_eq!((code, text.as_str()), (Some(1), ""));
    let last = errors.lines().last().unwrap();
    assert!(
        last.starts_with(&format!("nines: cannot listen on {address}")) && last.contains("--server-listen"),
        "{errors}"
    );
}

#[test]
fn a_database_is_not_opened_with_another_secret_key_than_it_was_begun_with() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let listen = ["--server-listen", &address];
    // far enough to make the database and the key, not far enough to stay
    assert!(output(nines(&folder).args(listen)).2.contains("cannot listen"));
    let key = std::fs::metadata(folder.path().join("nines-data/secret.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let (code, _, errors) = output(nines(&folder).args(listen).env("NINES_SECRET_KEY", other));
    assert_eq!(code, Some(1));
    assert!(errors.contains("another secret key") && errors.contains("NINES_SECRET_KEY"), "{errors}");
    assert!(output(nines(&folder).args(listen)).2.contains("cannot listen"), "the right key still opens it");
}

#[test]
fn a_series_is_judged_without_settings_or_server() {
    let folder = tempfile::tempdir().unwrap();
    let rows =
        (0..120).map(|minute| format!("2026-11-21 {:02}:{:02}:00,{}\n", 7 + minute / 60, minute % 60, minute % 7));
    let series = format!("timestamp,value\n{}2026-11-21 09:00:00,500\n", rows.collect::<String>());
    std::fs::write(folder.path().join("series.csv"), &series).unwrap();
    let detect = ["baseline", "detect", "--input", "series.csv"];
    let (code, text, errors) = output(nines(&folder).args(detect));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(text.lines().next(), Some("timestamp,value,anomaly_score,is_anomaly"));
    assert_eq!(text.lines().count(), series.lines().count());
    assert_eq!(text.lines().filter(|line| line.ends_with(",1")).count(), 1, "{text}");
    assert!(text.lines().last().unwrap().starts_with("2026-11-21 09:00:00,500,0."), "{text}");
    let (code, _, errors) = output(nines(&folder).args(detect).args(["--output", "answers/series.csv"]));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(std::fs::read_to_string(folder.path().join("answers/series.csv")).unwrap(), text);
    for (more, words) in [
        (["--method", "arima"], "--method: there is no method “arima”; choose one of auto, ewma, "),
        (["--set", "alpha=0.2"], "--set: auto has no parameter “alpha”; it has rarity, quiet_hours"),
        (["--set", "rarity"], "--set: “rarity” is not NAME=VALUE"),
    ] {
        let (code, text, errors) = output(nines(&folder).args(detect).args(more));
        assert_eq!((code, text.as_str()), (Some(1), ""));
        assert!(errors.starts_with("nines: ") && errors.contains(words), "{errors}");
    }
}

/// That the second of three reports was removed after a year.
fn second_removed(first: &[u8], second: &[u8]) -> nines::domain::retention::Removal {
    use nines::domain::chain::Digest;
    use nines::domain::time::Instant;
    nines::domain::retention::Removal {
        agreement: nines::domain::ids::AgreementId(7),
        number: 2,
        label: "2026-10-02".to_owned(),
        revision: 1,
        period_end: Instant::from_seconds(1_790_985_600), // 2026-10-03
        sha256: Digest::of(second),
        previous_sha256: Some(Digest::of(first)),
        removed_at: Instant::from_seconds(1_822_521_600), // 2027-10-03
        kept_years: nines::domain::retention::KeepYears::new(1).unwrap(),
        terms: 1,
        signed_by: None,
    }
}

/// The key of RFC 8410, section 10.3, and a report that somebody signed with it, taken from a running Nines.
#[test]
fn reports_are_verified_as_files_with_the_public_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    let key = nines::domain::signature::SigningKey::parse(key).unwrap();
    std::fs::write(file("key.pem"), key.public().to_pem()).unwrap();
    let mut previous = None;
    for number in 1..=3 {
        let period = chrono::NaiveDate::from_ymd_opt(2026, 10, number).unwrap();
        let preview = crate::closing::empty_report(period);
        let sealed = nines::report::Sealed::new(preview, i64::from(number), previous, Some(&key)).unwrap();
        std::fs::write(file(&format!("{number}.json")), &sealed.document).unwrap();
        std::fs::write(file(&format!("{number}.json.sig")), &sealed.signature).unwrap();
        previous = Some(sealed.digest);
    }
    let verify = |arguments: &[&str]| output(nines(&folder).arg("verify").args(arguments));
    let all = ["--public-key", "key.pem", "1.json", "2.json", "3.json"];
    let (code, text, errors) = verify(&all);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(text, "3 reports looked at.\nEverything is as it was issued.\n");
    // what anybody else's tool says about the same files
    let openssl =
        ["pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "2.json", "-sigfile", "2.json.sig"];
    let said = Command::new("openssl").args(openssl).current_dir(folder.path()).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));

    let second = std::fs::read_to_string(file("2.json")).unwrap();
    let findings = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
    };
    let forged = second.replace("\"revision\": 1", "\"revision\": 3");
    assert_ne!(forged, second);
    for (text, words) in [
        (forged, "2.json: this report has a signature that does not belong to it"),
        (second.replace("  ", " "), "2.json: this file is not as Nines wrote it"),
        (second.replace("\"number\": 2", "\"number\": 1"), "1.json and 2.json are two different reports no. 1"),
        ("{}".to_owned(), "2.json: the stored report cannot be read"),
    ] {
        std::fs::write(file("2.json"), text).unwrap();
        let (code, text, errors) = verify(&all);
        assert_eq!(code, Some(1), "{text}");
        assert!(findings(&text).iter().any(|one| one.starts_with(words)), "{words}: {text}");
        assert!(errors.contains("not as they were issued"), "{errors}");
    }
    // without the key, the third still gives the exchanged second away
    std::fs::write(file("2.json"), second.replace("\"revision\": 1", "\"revision\": 3")).unwrap();
    let (code, text, _) = verify(&["1.json", "2.json", "3.json"]);
    assert_eq!((code, findings(&text).len()), (Some(1), 1), "{text}");
    assert!(text.contains("3.json does not follow 2.json") && text.contains("Without --public-key"), "{text}");
    std::fs::write(file("2.json"), &second).unwrap();
    std::fs::remove_file(file("2.json.sig")).unwrap();
    assert!(verify(&all).1.contains("says that it is signed, and its signature is missing"));
    // what was removed under retention is its own kind of line, and the chain holds over it
    let removal = second_removed(&std::fs::read(file("1.json")).unwrap(), second.as_bytes());
    let (statement, signature) = nines::report::removal::seal(removal, Some(&key)).unwrap();
    std::fs::write(file("2.removed.json"), &statement).unwrap();
    std::fs::write(file("2.removed.json.sig"), &signature).unwrap();
    let removed = ["--public-key", "key.pem", "1.json", "2.removed.json", "3.json"];
    let (code, text, _) = verify(&removed);
    let line = "2.removed.json: report no. 2 (2026-10-02, revision 1) was removed under the agreement's retention of 1 year on 2027-10-03T00:00:00Z.";
    assert_eq!((code, findings(&text)), (Some(0), vec![line.to_owned()]));
    assert!(text.ends_with("Everything that is kept is as it was issued; 1 report was removed under retention, and cannot be read any more.\n"), "{text}");
    std::fs::remove_file(file("2.removed.json.sig")).unwrap();
    let (code, text, _) = verify(&removed);
    assert!(
        code == Some(1) && text.contains("this statement says that it is signed, and its signature is missing"),
        "{text}"
    );
    let (code, _, errors) = verify(&["--public-key", "1.json", "1.json"]);
    assert!(code == Some(1) && errors.contains("1.json cannot be used: this is no Ed25519 public key"), "{errors}");
}

#[test]
fn a_database_without_reports_is_verified_too() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text, errors) = output(nines(&folder).args(["verify", "--log-level", "error"]));
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{text}");
    assert!(text.ends_with("Everything is as it was issued.\n"), "{text}");
    let (code, _, errors) = output(nines(&folder).args(["verify", "--agreement", "Gold"]));
    assert!(code == Some(1) && errors.contains("there is no agreement “Gold”"), "{errors}");
}

#[test]
fn exclusions_and_revisions_are_written_to_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text, errors) = output(nines(&folder).args(["exclusions", "--state", "approved"]));
    assert_eq!(code, Some(0), "{errors}");
    assert!(text.starts_with("id,state,scope,category,reason,") && text.lines().count() == 1, "{text}");
    let (code, text, _) = output(nines(&folder).args(["exclusions", "--format", "json"]));
    assert_eq!((code, text.split_whitespace().collect::<String>()), (Some(0), "{\"exclusions\":[]}".to_owned()));
    let (code, text, errors) = output(nines(&folder).args(["revisions", "--agreement", "Gold"]));
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(errors.contains("there is no agreement “Gold”; there are: "), "{errors}");
    let (code, _, errors) = output(nines(&folder).args(["exclusions", "--state", "gone"]));
    assert_eq!(code, Some(2), "{errors}");
}
