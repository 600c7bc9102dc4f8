//! What the tests of this room share: a source, and servers that answer in ways a well-bred one never would.

use crate::domain::ids::SourceId;
use crate::domain::model::{Access, Source, SourceSpec};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The authority that signed [`tls_server`]'s certificate.
pub const AUTHORITY_PEM: &str = include_str!("testdata/authority.pem");
/// 2120-01-01T00:00:00Z: when that certificate expires, as `openssl x509 -enddate` says it.
pub const CERTIFICATE_EXPIRES: i64 = 4_733_510_400;
/// Certificate for `localhost` (and for no address), and its key.
const LOCALHOST_PEM: &str = include_str!("testdata/localhost.pem");

/// A source with a patience of one second that needs no credentials.
pub fn source(spec: SourceSpec) -> Source {
    Source {
        id: SourceId(1),
        name: "shop".to_owned(),
        spec,
        access: Access::default(),
        every_seconds: 60,
        delay_seconds: 0,
        timeout_seconds: 1,
        archived_at: None,
    }
}

/// Answers each connection with these bytes and closes it, unless `keep` leaves it open; returns `host:port`.
pub async fn raw_server(answer: impl Into<Vec<u8>>, keep: bool) -> String {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
            if keep {
                open.push(stream);
            }
        }
    });
    address
}

/// A port of this machine that nobody listens on.
pub async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// Serves 200 with the body `secure` over TLS, with a certificate for `localhost`; returns its port.
pub fn tls_server() -> u16 {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(LOCALHOST_PEM.as_bytes()).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(LOCALHOST_PEM.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((tcp, _)) = listener.accept() {
            let mut stream = rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(&config)).unwrap(), tcp);
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecure");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}
