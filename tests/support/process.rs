//! A server that runs as long as a test needs it, and what it says meanwhile.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Read, Result};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take for what a test waits for; generous, for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// A process with its output read line by line. It is killed when this value is dropped.
#[derive(Debug)]
pub struct Server {
    name: String,
    process: Child,
    said: Arc<Said>,
}

#[derive(Debug, Default)]
struct Said {
    talk: Mutex<Talk>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Talk {
    lines: Vec<String>,
    /// Pipes that have reached their end; two when the process has ended.
    ended: usize,
}

impl Said {
    fn talk(&self) -> MutexGuard<'_, Talk> {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(self: Arc<Self>, pipe: impl Read + Send + 'static) {
        thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n').map_while(std::result::Result::ok) {
                self.talk().lines.push(String::from_utf8_lossy(&line).into_owned());
                self.changed.notify_all();
            }
            self.talk().ended += 1;
            self.changed.notify_all();
        });
    }
}

impl Server {
    /// Starts `command`. If that fails, the test fails and names `package`, whose absence is the likely reason.
    pub fn start(command: &mut Command, package: &str) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}", absent(&name, package, &error)));
        let said = Arc::<Said>::default();
        Arc::clone(&said).listen(process.stdout.take().expect("stdout was piped"));
        Arc::clone(&said).listen(process.stderr.take().expect("stderr was piped"));
        Self { name, process, said }
    }

    /// Waits for the first line, said or still to come, in which `find` finds something.
    pub fn wait_for<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let mut seen = 0;
        let mut found = None;
        self.wait_until(what, |lines| {
            found = lines[seen..].iter().find_map(|line| find(line));
            seen = lines.len();
            found.is_some()
        });
        found.expect("the wait ends only when something was found")
    }

    /// Waits until `is_so`, asking whenever the process says something and else many times a second.
    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut(&[String]) -> bool) {
        let began = Instant::now();
        loop {
            let talk = self.said.talk();
            let (lines, over) = (talk.lines.clone(), talk.ended == 2);
            drop(talk);
            if is_so(&lines) {
                return;
            }
            let reason = if over { "it ended first" } else { "it took too long" };
            assert!(
                !over && began.elapsed() < PATIENCE,
                "waited for `{}` {what}, but {reason}. It said:\n{}",
                self.name,
                lines.join("\n")
            );
            let talk = self.said.talk();
            if talk.lines.len() == lines.len() && talk.ended < 2 {
                drop(self.said.changed.wait_timeout(talk, Duration::from_millis(50)));
            }
        }
    }

    /// Its number among the system's processes.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Everything it said so far, both pipes in the order of arrival.
    pub fn said(&self) -> String {
        self.said.talk().lines.join("\n")
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        // One that has ended already is as dead as wished.
        self.process.kill().ok();
        self.process.wait().ok();
    }

    /// Asks it to stop (SIGTERM) and waits for its end.
    ///
    /// # Errors
    /// When the signal cannot be sent, or the process goes on regardless.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait()? {
                return Ok(status);
            }
            drop(self.said.changed.wait_timeout(self.said.talk(), Duration::from_millis(20)));
        }
        Err(Error::new(ErrorKind::TimedOut, format!("`{}` did not stop when asked to", self.name)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The sentence for a program that cannot be started.
pub fn absent(program: &str, package: &str, error: &Error) -> String {
    format!(
        "`{program}` could not be started ({error}); `tests/run tools` installs what the tests need, here {package}"
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::Server;

    fn shell(script: &str) -> Server {
        Server::start(Command::new("sh").args(["-c", script]), "dash")
    }

    #[test]
    fn a_line_is_found_whether_it_was_said_before_or_after() {
        let server = shell("echo port 17; exec tail -f /dev/null");
        for _ in 0..2 {
            assert_eq!(server.wait_for("to name its port", |line| line.strip_prefix("port ").map(str::to_owned)), "17");
        }
    }

    #[test]
    #[should_panic(expected = "it ended first. It said:\nno luck")]
    fn a_server_that_ends_early_fails_with_its_last_words() {
        shell("echo no luck >&2").wait_for("to speak of ports", |line| line.contains("port").then_some(()));
    }

    #[test]
    #[should_panic(expected = "`tests/run tools` installs what the tests need, here package nowhere")]
    fn a_server_that_is_not_installed_is_a_failure_with_a_sentence() {
        Server::start(&mut Command::new("nines-no-such-server"), "package nowhere");
    }

    #[test]
    fn a_server_asked_to_stop_may_say_good_bye() {
        let mut server = shell("tail -f /dev/null & trap 'kill $!; echo bye; exit 3' TERM; echo up; wait");
        server.wait_for("to be up", |line| (line == "up").then_some(()));
        let status = server.stop().unwrap();
        assert_eq!(status.code(), Some(3));
        server.wait_for("to say good bye", |line| (line == "bye").then_some(()));
    }
}
