//! JSON documents against a JSON Schema, judged by somebody else's validator.

use std::process::Command;

use crate::python;

/// Prints one line for each complaint about each document.
const SCRIPT: &str = "
import json, sys
from jsonschema import Draft202012Validator, FormatChecker
schema = json.load(open(sys.argv[1], encoding='utf-8'))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema, format_checker=FormatChecker())
for path in sys.argv[2:]:
    for error in validator.iter_errors(json.load(open(path, encoding='utf-8'))):
        print('/'.join(str(part) for part in error.absolute_path), error.message[:300])
";

/// What is wrong with these documents, one complaint each.
pub fn complaints(schema: &str, documents: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let keep = |name: String, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    };
    let mut command = Command::new(python::with("jsonschema"));
    command.args(["-c", SCRIPT]).arg(keep("schema.json".to_owned(), schema));
    command.args(documents.iter().enumerate().map(|(n, text)| keep(format!("{n}.json"), text)));
    let output = command.output().expect("python starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the schema itself can be used: {errors}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
