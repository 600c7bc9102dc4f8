//! Asks a running server whether it is ready, as a container's health check does.

use crate::app::{AppError, reachable};
use crate::config::Settings;
use crate::web::paths;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of the answer is read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Asks the server that runs with these settings whether it is ready.
pub async fn healthcheck(settings: &Settings) -> Result<(), AppError> {
    let address = reachable(settings.server.listen);
    let answer = match timeout(PATIENCE, ask(address)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(AppError::Unhealthy(format!("{address} does not answer ({error})"))),
        Err(_elapsed) => return Err(AppError::Unhealthy(format!("{address} is too slow"))),
    };
    if answer.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let said = answer.split_once("\r\n\r\n").map_or(answer.as_str(), |(_, body)| body);
    Err(AppError::Unhealthy(said.trim().to_owned()))
}

/// One request, in the little HTTP that our own server needs.
async fn ask(address: SocketAddr) -> io::Result<String> {
    let mut wire = TcpStream::connect(address).await?;
    let request = format!("GET {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n", paths::READY);
    wire.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    wire.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await?;
    Ok(answer)
}
