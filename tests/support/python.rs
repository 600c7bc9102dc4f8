//! A Python with a package that a test needs: the one that `tests/run` prepares, or the system's.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::repository;

/// The first Python that can import `package`; a panic with the mend if there is none.
pub fn with(package: &str) -> PathBuf {
    let candidates = [repository().join("target/tools/venv/bin/python"), PathBuf::from("python3")];
    let has_it = |python: &PathBuf| {
        let mut command = Command::new(python);
        command.arg("-c").arg(format!("import {package}")).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    candidates.into_iter().find(has_it).unwrap_or_else(|| {
        panic!("this test needs Python's {package}: run tests/run once, which installs it into target/tools/venv, or `pip install {package}`")
    })
}
