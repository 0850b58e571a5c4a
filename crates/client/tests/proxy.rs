//! Through a company's proxy: which requests take it, what it gets to see, and which CA a refusal
//! names.
//!
//! A proxy and a TLS server on loopback. The proxy leads every name to that server, as no name of
//! these tests can be resolved. openssl makes the certificates.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, reason = "a test binary has no callers")]

use std::{
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, StatusCode};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use fabric_client::{Http, Proxies, ReqwestHttp, SendError, TrustedCas};

/// Makes a CA of a company and a certificate of it for `api.test` and 127.0.0.1.
fn certificates(folder: &Path) {
    std::fs::write(folder.join("san"), "subjectAltName=DNS:api.test,IP:127.0.0.1\n").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    let commands = [
        format!("req -x509 {key} -keyout ca.key -out ca.crt -days 2 -subj /O=Corp/CN=Inspection"),
        format!("req {key} -keyout server.key -out server.csr -subj /CN=api.test"),
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -days 2 -extfile san -out server.crt"
            .into(),
    ];
    for command in commands {
        let output =
            Command::new("openssl").args(command.split(' ')).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "openssl {command}: {output:?}");
    }
}

/// Answers every request over TLS with `ok`. Returns its port.
async fn serve_tls(folder: &Path) -> u16 {
    let chain = CertificateDer::pem_file_iter(folder.join("server.crt")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            });
        }
    });
    port
}

/// What a proxy was asked for: the request line and the headers of each request.
type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that leads each CONNECT to `port`, or refuses it if there is none. Returns its address.
async fn proxy(port: Option<u16>) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Asked::default();
    let seen = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(tunnel(stream, port, seen.clone()));
        }
    });
    (address, asked)
}

async fn tunnel(stream: TcpStream, port: Option<u16>, asked: Asked) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while stream.read_line(&mut head).await.unwrap() > 2 {}
    asked.lock().unwrap().push(head);
    let Some(port) = port else {
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        return;
    };
    let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut server).await;
}

fn proxies(variables: &[(&str, &str)]) -> Proxies {
    let value =
        |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    Proxies::read(value).unwrap()
}

async fn get(proxies: &Proxies, trusted: &TrustedCas, url: &str) -> Result<StatusCode, String> {
    let http = ReqwestHttp::new(proxies, trusted).unwrap();
    let request = Request::get(url).header("authorization", "Bearer hush").body(Bytes::new());
    match http.send(request.unwrap()).await {
        Ok(answer) => Ok(answer.status()),
        Err(SendError::NotSent(why)) => Err(why),
        Err(lost @ SendError::Lost(_)) => panic!("nothing was sent: {lost:?}"),
    }
}

#[tokio::test]
async fn requests_take_the_proxy_unless_they_are_exempt() {
    // Another test of this process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let port = serve_tls(folder.path()).await;
    let (address, asked) = proxy(Some(port)).await;
    let trusted = TrustedCas::of_file(&folder.path().join("ca.crt")).unwrap();
    let with_password = format!("http://user:word@{address}");
    let through = proxies(&[("HTTPS_PROXY", &with_password)]);
    let target = format!("https://api.test:{port}/fabric/v4/connections");

    assert_eq!(get(&through, &trusted, &target).await, Ok(StatusCode::OK));
    let head = asked.lock().unwrap().pop().unwrap();
    assert!(head.starts_with(&format!("CONNECT api.test:{port} HTTP/1.1\r\n")), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic dxnlcjp3b3jk"), "{head}");
    assert!(!head.contains("hush"), "the token is none of the proxy's business: {head}");

    // Loopback, and what NO_PROXY lists, is reached without it; the name then does not resolve.
    let loopback = format!("https://127.0.0.1:{port}/");
    assert_eq!(get(&through, &trusted, &loopback).await, Ok(StatusCode::OK));
    let exempt = proxies(&[("HTTPS_PROXY", &address), ("NO_PROXY", ".other.test,api.test")]);
    let said = get(&exempt, &trusted, &target).await.unwrap_err();
    assert!(!said.contains("through the proxy"), "{said}");
    assert_eq!(asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_ca_that_is_not_trusted_is_named_with_the_remedy() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let port = serve_tls(folder.path()).await;
    let url = format!("https://127.0.0.1:{port}/");
    let said = get(&Proxies::none(), &TrustedCas::default(), &url).await.unwrap_err();
    assert!(said.contains(r#"the CA "Inspection, Corp", which is not trusted"#), "{said}");
    assert!(said.ends_with("add it with --ca-file, in the chart with trustedCa"), "{said}");
    assert_eq!(said.matches("not trusted").count(), 1, "{said}");

    // A name that the certificate does not have is no matter of the CA.
    let trusted = TrustedCas::of_file(&folder.path().join("ca.crt")).unwrap();
    let url = format!("https://localhost:{port}/");
    let said = get(&Proxies::none(), &trusted, &url).await.unwrap_err();
    assert!(!said.contains("--ca-file"), "{said}");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_without_its_password_and_nothing_was_sent() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (address, asked) = proxy(None).await;
    let with_password = format!("http://user:word@{address}");
    let through = proxies(&[("https_proxy", &with_password)]);
    let said = get(&through, &TrustedCas::default(), "https://api.test/").await.unwrap_err();
    assert!(said.contains(&format!("through the proxy http://{address}")), "{said}");
    assert!(!said.contains("word"), "{said}");
    assert_eq!(asked.lock().unwrap().len(), 1);
}
