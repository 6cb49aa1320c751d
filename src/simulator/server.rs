//! The thread, the two ports, and what happens to a request on its way.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use futures_util::stream;
use tokio::sync::oneshot;

use super::call::Call;
use super::fault::FaultKind;
use super::line::{Door, Line};
use super::platform::Platform;
use super::reply::Reply;
use crate::error::{Context, Result};

/// Threads for the work behind the answers: drawing, packing, searching.
const WORKERS: usize = 4;

/// Two ports that are bound and wait for a platform to serve.
pub(super) struct Ports {
    api: TcpListener,
    storage: TcpListener,
}

impl Ports {
    pub(super) fn bind() -> Result<Self> {
        let bind = || -> std::io::Result<TcpListener> {
            let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        Ok(Self {
            api: bind().context("bind the simulator's port")?,
            storage: bind().context("bind the simulator's port")?,
        })
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
                // Connections that are still open end with the runtime.
                runtime.shutdown_background();
            })
            .context("start the simulator")?;
        Ok(Server { stop: Some(stop), thread: Some(thread) })
    }
}

/// The running thread; it ends when this is dropped.
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

#[derive(Clone)]
struct Host {
    platform: Arc<Platform>,
    to_storage: bool,
}

async fn listen(listener: TcpListener, to_storage: bool, platform: Arc<Platform>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let router = Router::new().fallback(respond).with_state(Host { platform, to_storage });
    let service = router.into_make_service_with_connect_info::<Line>();
    axum::serve(Door(listener), service).await.ok();
}

async fn respond(
    State(Host { platform, to_storage }): State<Host>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let Ok(call) = Call::read(request, to_storage).await else {
        return sent(Reply::refused(400, 400, "the request was cut off"), 0);
    };
    let fault = platform.faults.take(&call);
    if let Some(FaultKind::Slow(by)) = fault {
        tokio::time::sleep(by).await;
    }
    let (method, path) = (call.method.clone(), call.path.clone());
    let reply = match fault.as_ref().and_then(|fault| platform.refusal(fault)) {
        Some(refusal) => refusal,
        None => {
            let (platform, fault) = (Arc::clone(&platform), fault.clone());
            let work = tokio::task::spawn_blocking(move || platform.answer(&call, fault.as_ref()));
            work.await.unwrap_or_else(|_| Reply::refused(500, 500, "Internal server error"))
        }
    };
    let lost = fault == Some(FaultKind::LostAnswer);
    let number = platform.record(method, path, if lost { 0 } else { reply.status }, to_storage);
    match fault {
        Some(FaultKind::LostAnswer) => {
            line.cut();
            sent(Reply::empty(204), number)
        }
        Some(FaultKind::CutOff) => cut_off(reply, number),
        Some(FaultKind::MalformedJson) => {
            let half = reply.body[..reply.body.len() / 2].to_vec();
            sent(Reply { body: half, ..reply }, number)
        }
        _ => sent(reply, number),
    }
}

fn sent(reply: Reply, number: usize) -> Response {
    let body = Body::from(reply.body);
    dressed(reply.status, &reply.headers, number, body)
}

/// Promises the whole body and breaks the connection after half of it.
fn cut_off(reply: Reply, number: usize) -> Response {
    let size = reply.body.len();
    let half = reply.body[..size / 2].to_vec();
    let parts = [Ok(half), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))];
    let body = Body::from_stream(stream::iter(parts));
    let mut headers = reply.headers;
    headers.push(("content-length", size.to_string()));
    dressed(reply.status, &headers, number, body)
}

fn dressed(status: u16, headers: &[(&'static str, String)], number: usize, body: Body) -> Response {
    let mut response = Response::builder().status(status).header("x-request-id", format!("{number:08x}"));
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(body).unwrap_or_default()
}
