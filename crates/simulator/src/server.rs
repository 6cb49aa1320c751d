//! Server thread, its two ports, and the processing of requests.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{self, ConnectInfo, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::{StreamExt, stream};
use tokio::sync::oneshot;

use super::connection::{Connection, Listener};
use super::fault::FaultKind;
use super::hold::HoldPoint;
use super::platform::Platform;
use super::reply::Reply;
use super::request::Request;
use up42_core::error::{Context, Result};

/// Number of threads for generating, packing and searching.
const WORKERS: usize = 4;

/// Two bound ports without a platform to serve.
pub(super) struct Ports {
    api: TcpListener,
    storage: TcpListener,
}

/// File in a folder with its two ports, so that URLs stay valid.
const PORTS: &str = "ports.json";

impl Ports {
    /// Binds `port`, or else the last ports of the folder if they are free, or else any.
    pub(super) fn bind(port: Option<u16>, folder: Option<&Path>) -> Result<Self> {
        let file = folder.map(|folder| folder.join(PORTS));
        let saved = file.as_ref().and_then(|file| std::fs::read(file).ok());
        let saved = saved.and_then(|text| serde_json::from_slice::<(u16, u16)>(&text).ok());
        let any = || listener(0).context("bind the simulator's port");
        // Another program may serve the same platform on the saved ports.
        let preferred = |port: Option<u16>| port.map_or_else(any, |port| listener(port).or_else(|_| any()));
        let api = match port {
            Some(port) => listener(port).with_context(|| format!("bind port {port}"))?,
            None => preferred(saved.map(|(api, _)| api))?,
        };
        let ports = Self { api, storage: preferred(saved.map(|(_, storage)| storage))? };
        if let Some(file) = file.filter(|_| saved.is_none() || port.is_some()) {
            let numbers = (ports.api.local_addr()?.port(), ports.storage.local_addr()?.port());
            let text = serde_json::to_vec(&numbers).unwrap_or_default();
            std::fs::write(&file, text).with_context(|| format!("write `{}`", file.display()))?;
        }
        Ok(ports)
    }

    pub(super) fn api_url(&self) -> Result<String> {
        Ok(format!("http://{}", self.api.local_addr()?))
    }

    pub(super) fn storage_url(&self) -> Result<String> {
        Ok(format!("http://{}", self.storage.local_addr()?))
    }

    /// Serves the platform on a thread of its own until the server is dropped.
    pub(super) fn serve(self, platform: Arc<Platform>) -> Result<Server> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(WORKERS)
            .build()
            .context("start the simulator")?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("up42-simulator".into())
            .spawn(move || {
                runtime.block_on(async move {
                    for (listener, to_storage) in [(self.api, false), (self.storage, true)] {
                        tokio::spawn(listen(listener, to_storage, Arc::clone(&platform)));
                    }
                    stopped.await.ok();
                });
                // Open connections end with the runtime.
                runtime.shutdown_background();
            })
            .context("start the simulator")?;
        Ok(Server { stop: Some(stop), thread: Some(thread) })
    }
}

/// Running thread, which ends when this is dropped.
pub(super) struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn listener(port: u16) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

#[derive(Clone)]
struct Host {
    platform: Arc<Platform>,
    to_storage: bool,
}

async fn listen(listener: TcpListener, to_storage: bool, platform: Arc<Platform>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let router = Router::new().fallback(respond).with_state(Host { platform, to_storage });
    let service = router.into_make_service_with_connect_info::<Connection>();
    axum::serve(Listener(listener), service).await.ok();
}

async fn respond(
    State(Host { platform, to_storage }): State<Host>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    incoming: extract::Request,
) -> Response {
    let Ok(request) = Request::read(incoming, to_storage).await else {
        return whole(Reply::refused(400, 400, "the request was cut off"));
    };
    let request = Arc::new(request);
    // In a task of its own: the request is completed even if the client closes the connection.
    let work = carry_out(Arc::clone(&platform), connection, Arc::clone(&request));
    let Ok((response, fault)) = tokio::spawn(work).await else {
        return internal_error();
    };
    platform.holds.pass(&request, HoldPoint::Answer).await;
    if let Some(FaultKind::Slow(by)) = fault {
        tokio::time::sleep(by).await;
    }
    response
}

/// Carries out a request, records it, and prepares the response.
async fn carry_out(
    platform: Arc<Platform>,
    connection: Connection,
    request: Arc<Request>,
) -> (Response, Option<FaultKind>) {
    platform.holds.pass(&request, HoldPoint::Request).await;
    let work = {
        let (platform, request) = (Arc::clone(&platform), Arc::clone(&request));
        tokio::task::spawn_blocking(move || platform.answer(&request))
    };
    let (mut response, fault) = match work.await {
        Ok((reply, Some(FaultKind::CutOff))) => {
            let half = reply.body.len() / 2;
            (cut_off(reply, half, &connection), None)
        }
        Ok((reply, Some(FaultKind::CutOffAfter(bytes)))) => (cut_off(reply, bytes, &connection), None),
        Ok((_, Some(FaultKind::LostAnswer))) => (lost(&connection), Some(FaultKind::LostAnswer)),
        Ok((reply, fault)) => (whole(reply), fault),
        Err(_) => (whole(Reply::internal_error().formatted_for(&request)), None),
    };
    let status = if connection.is_cut() { 0 } else { response.status().as_u16() };
    let number = platform.record(&request, status);
    if let Ok(id) = HeaderValue::try_from(format!("{number:08x}")) {
        response.headers_mut().insert("x-request-id", id);
    }
    (response, fault)
}

fn whole(reply: Reply) -> Response {
    to_response(reply.status, &reply.headers, Body::from(reply.body))
}

/// Closes the connection; the returned response is never sent.
fn lost(connection: &Connection) -> Response {
    connection.cut();
    Response::new(Body::empty())
}

/// States the length of the whole body, and closes the connection after some bytes of it.
fn cut_off(mut reply: Reply, after: usize, connection: &Connection) -> Response {
    let size = reply.body.len();
    if after == 0 {
        return lost(connection);
    }
    reply.body.truncate(after);
    let part = stream::once(async { Ok(reply.body) });
    // The part must be sent before: bytes in the buffer are lost with the connection.
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    let headers = reply.headers.into_iter().chain([("content-length", size.to_string())]);
    to_response(reply.status, &headers.collect::<Vec<_>>(), Body::from_stream(part.chain(end)))
}

fn to_response(status: u16, headers: &[(&'static str, String)], body: Body) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(body).unwrap_or_else(|_| internal_error())
}

/// Returns the response for one that failed or cannot be sent.
fn internal_error() -> Response {
    let mut response = Response::new(Body::from(Reply::internal_error().body));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_cannot_be_sent_is_an_error() {
        let torn = Reply::text("fine").with_header("content-disposition", "a\nb");
        assert_eq!(whole(torn).status(), 500);
        assert_eq!(whole(Reply::empty(42)).status(), 500);
    }
}
