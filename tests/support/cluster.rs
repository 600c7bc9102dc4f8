//! A real PostgreSQL for tests: one private cluster per test binary, started when the first test asks for a database.
//!
//! It listens on a free loopback port, forgets durability, sorts by bytes, and is gone when the test process is gone, however
//! that ended: a shell stands by whose standard input is a pipe from this process, and when the pipe closes it stops
//! the server and removes its folder. If there is no PostgreSQL, every test that needs one fails with a sentence that
//! says what to install. `NINES_TEST_POSTGRES_URL` names a server to use instead, as a user who may create databases.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A server that is up.
struct Server {
    /// Address without the name of a database, ending in a slash.
    prefix: String,
    /// Stops the server when its standard input closes, which is when this process ends.
    _watchdog: Option<Child>,
}

/// A name that no database has yet.
pub fn new_name() -> String {
    format!("nines_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The URL of a database of this name, whether it exists or not.
///
/// # Errors
/// A sentence that says why there is no server.
pub fn url(database: &str) -> Result<String, String> {
    Ok(format!("{}{database}", server()?.prefix))
}

/// The URL of a new database without any table, made by `psql`.
///
/// # Errors
/// A sentence that says why there is none.
pub fn empty() -> Result<String, String> {
    let name = new_name();
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--dbname", &url("postgres")?]);
    psql.args(["--command", &format!("CREATE DATABASE {name} TEMPLATE template0")]);
    let output = psql.output().map_err(|why| format!("`psql` could not be started: {why}"))?;
    if output.status.success() {
        url(&name)
    } else {
        Err(format!("no test database: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

fn server() -> Result<&'static Server, String> {
    SERVER.get_or_init(start).as_ref().map_err(Clone::clone)
}

fn start() -> Result<Server, String> {
    if let Some(url) = std::env::var_os("NINES_TEST_POSTGRES_URL") {
        let url = url.to_string_lossy();
        let (prefix, _database) = url
            .rsplit_once('/')
            .ok_or("NINES_TEST_POSTGRES_URL must look like postgres://user:password@host:port/postgres")?;
        return Ok(Server { prefix: format!("{prefix}/"), _watchdog: None });
    }
    let programs = programs()?;
    let owner = owner()?;
    let folder = new_folder(owner)?;
    let mut watchdog = watch(&programs, owner, &folder)?;
    let mut ask = watchdog.stdin.take().ok_or("the shell has no input")?;
    let mut answers = BufReader::new(watchdog.stdout.take().ok_or("the shell has no output")?);
    // a free port may be taken by somebody else before the server has it; another one then
    for _attempt in 0..5 {
        let (port, mut answer) = (free_port()?, String::new());
        writeln!(ask, "{port}").map_err(|why| why.to_string())?;
        answers.read_line(&mut answer).map_err(|why| why.to_string())?;
        if answer.trim() == "ready" {
            watchdog.stdin = Some(ask);
            return Ok(Server { prefix: format!("postgres://nines@127.0.0.1:{port}/"), _watchdog: Some(watchdog) });
        }
    }
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    Err(format!("PostgreSQL did not start for the tests: {}{}", read("said"), read("log")))
}

/// The shell that makes a cluster, starts it on the port that it is told, and cleans up when its input ends.
fn watch(programs: &Path, owner: Option<(u32, u32)>, folder: &Path) -> Result<Child, String> {
    const SCRIPT: &str = r#"
        exec 2>>"$FOLDER/said"
        "$PROGRAMS/initdb" --pgdata="$FOLDER/data" --username=nines --auth=trust --encoding=UTF8 --locale=C --no-sync \
            >>"$FOLDER/said" </dev/null
        options="-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c full_page_writes=off"
        options="$options -c synchronous_commit=off -c max_connections=200 -c shared_buffers=32MB"
        while read -r port
        do
            if "$PROGRAMS/pg_ctl" -D "$FOLDER/data" -l "$FOLDER/log" -w -s -o "-p $port $options" start \
                >>"$FOLDER/said" </dev/null
            then answer=ready; else answer=failed; fi
            (echo "$answer") # in a shell of its own: it dies if nobody listens any more
        done
        "$PROGRAMS/pg_ctl" -D "$FOLDER/data" -m immediate -w -s stop </dev/null
        cd / && rm -rf "$FOLDER"
    "#;
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(SCRIPT).env("PROGRAMS", programs).env("FOLDER", folder);
    shell.env("LC_ALL", "C").env_remove("PGDATA").current_dir(folder);
    if let Some((user, group)) = owner {
        shell.uid(user).gid(group);
    }
    // its own group: an interrupt at the terminal is for us, and our end is its sign
    shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    shell.spawn().map_err(|why| why.to_string())
}

/// The folder of `initdb`, `pg_ctl` and `postgres`: the newest that Debian installed, else whatever is on the path.
fn programs() -> Result<PathBuf, String> {
    let version = |folder: &PathBuf| folder.parent().and_then(|f| f.file_name()?.to_str()?.parse::<u32>().ok());
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|f| f.path().join("bin"));
    let mut debian = debian.collect::<Vec<_>>();
    debian.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter_map(|folder| {
        // a link leads to where the other programs and the shared files are
        Some(fs::canonicalize(folder.join("initdb")).ok()?.parent()?.to_owned())
    });
    let complete = |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|p| folder.join(p).is_file());
    debian.into_iter().chain(on_path).find(complete).ok_or_else(|| {
        "these tests need a PostgreSQL server: install it (Debian: apt install postgresql), or set \
         NINES_TEST_POSTGRES_URL=postgres://user:password@host:port/postgres"
            .to_owned()
    })
}

/// Whom to run as: PostgreSQL refuses root, so then `postgres` or `nobody`; else ourselves.
fn owner() -> Result<Option<(u32, u32)>, String> {
    let me = fs::metadata("/proc/self").map_err(|why| why.to_string())?.uid();
    if me != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd").map_err(|why| why.to_string())?;
    let find = |name: &str| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = find("postgres").or_else(|| find("nobody"));
    found
        .map(Some)
        .ok_or_else(|| "PostgreSQL refuses to run as root, and there is no user postgres or nobody".to_owned())
}

fn new_folder(owner: Option<(u32, u32)>) -> Result<PathBuf, String> {
    let said = |why: std::io::Error| format!("no folder for the test cluster: {why}");
    let folder = std::env::temp_dir().join(format!("nines-test-postgres-{}", std::process::id()));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(said)?; // of an earlier process with our number
    }
    fs::create_dir(&folder).map_err(said)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).map_err(said)?;
    if let Some((user, group)) = owner {
        chown(&folder, Some(user), Some(group)).map_err(said)?;
    }
    Ok(folder)
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|why| why.to_string())?;
    Ok(listener.local_addr().map_err(|why| why.to_string())?.port())
}

#[cfg(test)]
mod tests {
    use super::{empty, url};

    #[test]
    fn each_database_is_a_new_one_on_the_same_server() {
        let (one, other) = (empty().unwrap(), empty().unwrap());
        assert_ne!(one, other);
        assert!([one, other].iter().all(|database| database.starts_with(&url("").unwrap())));
    }
}
