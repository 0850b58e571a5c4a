//! The `fabric-simulator` program itself: it serves on the address that it prints.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

/// How long the program may take to start and to answer; generous, so that a busy machine passes.
const PATIENCE: Duration = Duration::from_mins(2);

/// Ends the program when the test ends, also when it fails.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_serves_on_the_address_that_it_prints() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fabric-simulator"))
        .args(["--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    let _program = Program(child);

    // A thread reads the line, because reading a pipe has no timeout.
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        sender.send(read.map(|_| line))
    });
    let line = receiver.recv_timeout(PATIENCE).unwrap().unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap();

    let (head, body) = get(address, "/control/ledger");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let ledger: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(ledger, json!({"orders": [], "changes": [], "cancellations": []}));
}

/// Returns the head and the body of the response to a `GET`.
fn get(address: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
