//! Over HTTP/2, too, an order goes out once: on the wire, below everything that might repeat it.
//!
//! A server on loopback refuses the stream, ends the connection or never answers. HTTP/2 allows a
//! client to repeat what was refused so; an order must not be repeated by a layer that knows nothing
//! of orders.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail with them")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use h2::{Reason, server};
use http::{Request, Response};
use tokio::net::{TcpListener, TcpStream};

use fabric_client::{Http, Proxies, ReqwestHttp, SendError};

/// How the server treats the first order; it accepts every further one.
#[derive(Debug, Clone, Copy)]
enum Treatment {
    /// `RST_STREAM` with this code.
    Reset(Reason),
    /// `GOAWAY` with this code, and the end of the connection.
    GoAway(Reason),
    /// The connection ends.
    Hangup,
}

/// The bodies of all requests that reached the server.
type Received = Arc<Mutex<Vec<Bytes>>>;

async fn serve(stream: TcpStream, treatment: Treatment, received: Received) {
    let mut connection = server::handshake(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let mut body = request.into_body();
        // Frames arrive while the connection is polled.
        let read = async { body.data().await.transpose().ok().flatten().unwrap_or_default() };
        let body = tokio::select! {
            body = read => body,
            _ = std::future::poll_fn(|cx| connection.poll_closed(cx)) => return,
        };
        let warm_up = body.is_empty();
        let first = received.lock().unwrap().iter().all(Bytes::is_empty);
        received.lock().unwrap().push(body);
        if warm_up || !first {
            respond.send_response(Response::new(()), true).unwrap();
            continue;
        }
        match treatment {
            Treatment::Reset(reason) => respond.send_reset(reason),
            Treatment::GoAway(reason) => {
                connection.abrupt_shutdown(reason);
                // Polling sends the frame and ends the connection.
                while connection.accept().await.is_some() {}
                return;
            }
            Treatment::Hangup => return,
        }
    }
}

/// Sends a request without a body, and then an order over the same connection. Returns the result of
/// the order, and how often it reached the server.
async fn order(treatment: Treatment) -> (Result<Response<Bytes>, SendError>, usize) {
    // Another test of this process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let received = Received::default();
    let seen = received.clone();
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, treatment, seen.clone()));
        }
    });
    let http =
        ReqwestHttp::of(reqwest::Client::builder().http2_prior_knowledge(), &Proxies::none())
            .unwrap();
    let token = Request::post(format!("{origin}/oauth2/v1/token")).body(Bytes::new()).unwrap();
    http.send(token).await.unwrap();
    let order = Request::post(format!("{origin}/fabric/v4/connections"));
    let result = http.send(order.body(Bytes::from_static(b"{\"order\":1}")).unwrap()).await;
    // Enough for a repeat, if any layer made one.
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.abort();
    let orders = received.lock().unwrap().iter().filter(|body| !body.is_empty()).count();
    (result, orders)
}

#[tokio::test]
async fn an_order_without_an_answer_reaches_the_server_once_and_is_lost() {
    for treatment in [
        Treatment::Reset(Reason::REFUSED_STREAM),
        Treatment::Reset(Reason::CANCEL),
        Treatment::GoAway(Reason::NO_ERROR),
        Treatment::GoAway(Reason::ENHANCE_YOUR_CALM),
        Treatment::Hangup,
    ] {
        let (result, orders) = order(treatment).await;
        assert_eq!(orders, 1, "{treatment:?}");
        assert!(matches!(result, Err(SendError::Lost(_))), "{treatment:?}: {result:?}");
    }
}
