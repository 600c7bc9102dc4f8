//! `nines baseline detect`: what a method says of a series in a file, or of every file in a folder.
//!
//! A file has a header with `timestamp` and `value`; times are RFC 3339, or `2026-11-21 07:00:00` taken as UTC, and rows
//! are taken in the order of the file. An empty value and `NaN` are unknown. The answer has one row for each row that was
//! read, in the same order, with the texts of the time and the value as they were. Nothing is written when something is
//! wrong with the file.

use crate::domain::baseline::{Baseline, Lesson, MOST, Method, Parameter, Settings};
use crate::domain::time::Instant;
use chrono::{DateTime, NaiveDateTime};
use csv::{ReaderBuilder, StringRecord, Trim, Writer};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The methods with their parameters, for the help.
#[must_use]
pub fn methods() -> String {
    let parameter = |one: &Parameter| {
        format!("\n    {} = {} ({} to {}): {}", one.name, one.default, one.least, one.most, one.sentence)
    };
    let method = |method: Method| {
        let parameters: String = method.parameters().iter().map(parameter).collect();
        format!("\n  {method}: {}{parameters}", method.sentence())
    };
    let all: String = Method::ALL.into_iter().map(method).collect();
    format!("Methods, and what --set can change:{all}")
}

/// The settings behind a method's name, at its defaults.
pub fn method(name: &str) -> Result<Settings, String> {
    Method::from_word(name).map(Settings::new).map_err(|error| error.to_string())
}

/// Settings with other values for some parameters, each given as `name=value`.
pub fn tuned<'a>(settings: Settings, parameters: impl Iterator<Item = &'a str>) -> Result<Settings, String> {
    parameters.into_iter().try_fold(settings, |settings, given| {
        let pair = given.split_once('=').and_then(|(name, value)| Some((name.trim(), value.trim().parse().ok()?)));
        let (name, value) =
            pair.ok_or_else(|| format!("“{given}” is not NAME=VALUE with a number, such as beta=2.5"))?;
        settings.with(name, value).map_err(|error| error.to_string())
    })
}

/// Why a series cannot be judged.
#[derive(Debug, Error)]
pub enum DetectError {
    /// A file or folder cannot be read or written.
    #[error("{}: {why}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// Something is wrong in a file.
    #[error("{}, line {line}: {why}", path.display())]
    Row {
        /// Which file.
        path: PathBuf,
        /// Which line, the header being 1.
        line: u64,
        /// What, and how to mend it.
        why: String,
    },
    /// The paths do not fit together.
    #[error("{}: {why}", path.display())]
    Place {
        /// Which.
        path: PathBuf,
        /// Why, and how to mend it.
        why: &'static str,
    },
}

fn path_error(path: &Path) -> impl Fn(io::Error) -> DetectError {
    move |why| DetectError::Path { path: path.to_owned(), why }
}

/// Judges the file at `input` into `output` or `out`, or every `.csv` below the folder `input` into the same places below
/// the folder `output`.
pub fn detect(
    settings: &Settings,
    input: &Path,
    output: Option<&Path>,
    out: &mut impl Write,
) -> Result<(), DetectError> {
    let place = |path: &Path, why| Err(DetectError::Place { path: path.to_owned(), why });
    if !fs::metadata(input).map_err(path_error(input))?.is_dir() {
        let text = judge(settings, input)?;
        let Some(output) = output else {
            return out.write_all(&text).map_err(path_error(Path::new("standard output")));
        };
        let into = if output.is_dir() { output.join(input.file_name().unwrap_or_default()) } else { output.to_owned() };
        if same(&into, input) {
            return place(&into, "this would replace the series itself; choose another --output");
        }
        return keep(&into, &text);
    }
    let Some(output) = output else {
        return place(input, "this is a folder; say with --output into which folder the answers go");
    };
    fs::create_dir_all(output).map_err(path_error(output))?;
    if within(output, input) {
        return place(
            output,
            "this lies within the input, and would be read as input next time; choose another --output",
        );
    }
    let mut files = Vec::new();
    gather(input, &mut files)?;
    if files.is_empty() {
        return place(input, "there is no .csv file in this folder; choose another --input");
    }
    files.sort();
    for file in files {
        let into = output.join(file.strip_prefix(input).unwrap_or(&file));
        keep(&into, &judge(settings, &file)?)?;
    }
    Ok(())
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn within(inner: &Path, outer: &Path) -> bool {
    matches!((inner.canonicalize(), outer.canonicalize()), (Ok(inner), Ok(outer)) if inner.starts_with(&outer))
}

/// All `.csv` files below a folder; links to folders are not followed.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), DetectError> {
    for entry in fs::read_dir(folder).map_err(path_error(folder))? {
        let entry = entry.map_err(path_error(folder))?;
        let path = entry.path();
        if entry.file_type().map_err(path_error(&path))?.is_dir() {
            gather(&path, files)?;
        } else if path.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            files.push(path);
        }
    }
    Ok(())
}

fn keep(path: &Path, text: &[u8]) -> Result<(), DetectError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(path_error(folder))?;
    }
    fs::write(path, text).map_err(path_error(path))
}

/// The answer for one file.
fn judge(settings: &Settings, path: &Path) -> Result<Vec<u8>, DetectError> {
    let text = fs::read(path).map_err(path_error(path))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut rows = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let wrong = |line, why| DetectError::Row { path: path.to_owned(), line, why };
    let unreadable = |error: csv::Error| wrong(error.position().map_or(1, csv::Position::line), rowless(&error));
    let header = rows.headers().map_err(unreadable)?;
    let column = |name| header.iter().position(|other| other.eq_ignore_ascii_case(name));
    let (Some(time), Some(value)) = (column("timestamp"), column("value")) else {
        return Err(wrong(
            1,
            "the header must have the columns timestamp and value; add a first line “timestamp,value”".into(),
        ));
    };
    let mut baseline = Baseline::new(*settings);
    let mut answer = Writer::from_writer(Vec::new());
    let unwritten = |error: csv::Error| DetectError::Path { path: path.to_owned(), why: error.into() };
    answer.write_record(["timestamp", "value", "anomaly_score", "is_anomaly"]).map_err(unwritten)?;
    for row in rows.records() {
        let row = row.map_err(unreadable)?;
        let line = row.position().map_or(0, csv::Position::line);
        let field = |column| row.get(column).unwrap_or_default();
        let (at, known) = point(&row, time, value).map_err(|why| wrong(line, why))?;
        let seen = baseline.update(at, known, Lesson::Learn);
        let score = format!("{:.6}", seen.score);
        let flag = if seen.is_anomaly { "1" } else { "0" };
        answer.write_record([field(time), field(value), &score, flag]).map_err(unwritten)?;
    }
    answer.into_inner().map_err(|error| DetectError::Path { path: path.to_owned(), why: error.into_error() })
}

/// What is wrong with a row that is none, without its place, which is said elsewhere.
fn rowless(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("this row has {len} fields and the header {expected_len}; every row needs all of them")
        }
        csv::ErrorKind::Utf8 { .. } => "this row is not UTF-8; save the file in that encoding".to_owned(),
        _ => error.to_string(),
    }
}

/// The moment and the value of a row.
fn point(row: &StringRecord, time: usize, value: usize) -> Result<(Instant, Option<f64>), String> {
    let (time, value) = (row.get(time).unwrap_or_default(), row.get(value).unwrap_or_default());
    let at = moment(time)
        .ok_or_else(|| format!("“{time}” is no time; write it as 2026-11-21T07:00:00Z or 2026-11-21 07:00:00"))?;
    if value.is_empty() || value.eq_ignore_ascii_case("nan") {
        return Ok((at, None));
    }
    let number = value.parse().ok().filter(|number: &f64| number.abs() <= MOST);
    match number {
        Some(number) => Ok((at, Some(number))),
        None => Err(format!("“{value}” is no number up to {MOST:e}; write one, or nothing if it is unknown")),
    }
}

fn moment(text: &str) -> Option<Instant> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc().into());
    }
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some(local.and_utc().into())
}

#[cfg(test)]
mod tests {
    use super::{DetectError, detect, moment};
    use crate::domain::baseline::{Method, Settings};
    use crate::domain::time::Instant;
    use std::fmt::Write as _;
    use std::fs;

    fn ewma() -> Settings {
        Settings::new(Method::Ewma)
    }

    /// Ten points of 1 to learn from, then what a test adds.
    fn series(more: &str) -> String {
        let mut text = "timestamp,value\n".to_owned();
        for minute in 0..10 {
            writeln!(text, "2026-11-21 07:{minute:02}:00,1").unwrap();
        }
        text + more
    }

    fn answer(text: &str) -> Result<String, DetectError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("series.csv");
        fs::write(&path, text).unwrap();
        let mut out = Vec::new();
        detect(&ewma(), &path, None, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_row_is_answered_in_order_with_its_own_texts() {
        let more = "2026-11-21T07:10:00+00:00, 2.5\n2026-11-21 07:11:00,\n2026-11-21 07:12:00.000,NaN\n2026-11-21 07:13:00,1.450\n";
        let text = answer(&series(more)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "timestamp,value,anomaly_score,is_anomaly");
        assert_eq!(lines[1], "2026-11-21 07:00:00,1,0.000000,0", "still learning");
        // 2.5 is above 2 × 1; distance 1.5, reach 1: 1.5 / 2.5
        assert_eq!(lines[11], "2026-11-21T07:10:00+00:00,2.5,0.600000,1");
        assert_eq!(lines[12], "2026-11-21 07:11:00,,0.000000,0");
        assert_eq!(lines[13], "2026-11-21 07:12:00.000,NaN,0.000000,0");
        // e = 0.3 × 2.5 + 0.7 × 1 = 1.45: as expected
        assert_eq!(lines[14], "2026-11-21 07:13:00,1.450,0.000000,0");
        assert_eq!(lines.len(), 15);
    }

    #[test]
    fn columns_are_found_by_name() {
        let text = answer("value,note,Timestamp\r\n3,\"a, b\",2026-11-21 07:00\r\n").unwrap();
        assert_eq!(text, "timestamp,value,anomaly_score,is_anomaly\n2026-11-21 07:00,3,0.000000,0\n");
    }

    #[test]
    fn a_bad_row_is_refused_with_its_line_and_the_mend() {
        for (more, line, words) in [
            ("yesterday,1\n", 12, "write it as 2026-11-21T07:00:00Z"),
            ("2026-11-21 07:10:00,1\n2026-11-21 07:11:00,many\n", 13, "“many” is no number"),
            ("2026-11-21 07:10:00,inf\n", 12, "no number up to 1e100"),
            ("2026-11-21 07:10:00\n", 12, "1 fields and the header 2"),
        ] {
            let error = answer(&series(more)).unwrap_err().to_string();
            assert!(error.contains(&format!("series.csv, line {line}: ")) && error.contains(words), "{error}");
        }
        let error = answer("2026-11-21 07:00:00,1\n").unwrap_err().to_string();
        assert!(error.contains("line 1: the header must have"), "{error}");
    }

    #[test]
    fn a_folder_is_mirrored_and_its_pitfalls_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in"), folder.path().join("out"));
        fs::create_dir_all(input.join("deep/er")).unwrap();
        let refused = |output: Option<&std::path::Path>| {
            detect(&ewma(), &input, output, &mut Vec::new()).unwrap_err().to_string()
        };
        assert!(refused(Some(&output)).contains("no .csv file"));
        fs::write(input.join("a.csv"), series("")).unwrap();
        fs::write(input.join("deep/er/b.csv"), series("")).unwrap();
        fs::write(input.join("deep/notes.txt"), "not a series").unwrap();
        assert!(refused(None).contains("say with --output"));
        assert!(refused(Some(&input.join("deep/answers"))).contains("lies within the input"));
        fs::remove_dir(input.join("deep/answers")).unwrap();
        detect(&ewma(), &input, Some(&output), &mut Vec::new()).unwrap();
        for name in ["a.csv", "deep/er/b.csv"] {
            assert_eq!(fs::read_to_string(output.join(name)).unwrap().lines().count(), 11, "{name}");
        }
        assert!(!output.join("deep/notes.txt").exists());
        let file = input.join("a.csv");
        let error = detect(&ewma(), &file, Some(&input), &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("replace the series itself"), "{error}");
        detect(&ewma(), &file, Some(&folder.path().join("new/c.csv")), &mut Vec::new()).unwrap();
        assert!(folder.path().join("new/c.csv").is_file());
    }

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        let at = Some(Instant::from_seconds(1_795_244_400));
        for text in [
            "2026-11-21T07:00:00Z",
            "2026-11-21T08:00:00+01:00",
            "2026-11-21 07:00:00",
            "2026-11-21T07:00:00.5",
            "2026-11-21 07:00",
        ] {
            assert_eq!(moment(text), at, "{text}");
        }
        assert_eq!(moment("2026-02-30 07:00:00"), None);
    }
}
