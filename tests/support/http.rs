//! One request without a client library, for asking whether a server is there.

use std::io::{Error, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Asks for `path_and_query` and returns the status and the body. Speaks HTTP/1.0, so the body ends where the connection
/// does.
///
/// # Errors
/// What the connection says, or that the answer is no HTTP.
pub fn get(address: SocketAddr, path_and_query: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    write!(stream, "GET {path_and_query} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    Ok((status.ok_or_else(|| Error::other(format!("no HTTP answer: {head}")))?, body.to_owned()))
}
