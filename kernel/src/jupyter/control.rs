//! The control channel: requests that do not wait for the running cell.

use std::process;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use serde_json::json;

use crate::jupyter::info;
use crate::jupyter::interrupt::Interrupt;
use crate::jupyter::message::Message;
use crate::jupyter::sockets::Sockets;

/// Answers requests until the kernel is shut down.
pub fn serve(requests: &Receiver<Message>, sockets: &Sockets, interrupt: &Arc<Interrupt>) {
    for request in requests {
        match request.kind() {
            "kernel_info_request" => sockets.reply_to_control(&request, info::kernel()),
            "interrupt_request" => {
                interrupt.request();
                sockets.reply_to_control(&request, json!({ "status": "ok" }));
            }
            "shutdown_request" => {
                sockets.reply_to_control(&request, shut_down(&request));
                end(sockets);
            }
            other => eprintln!("up42: no answer to `{other}` on the control channel"),
        }
    }
}

/// Returns the reply to a shutdown request.
pub fn shut_down(request: &Message) -> serde_json::Value {
    json!({ "status": "ok", "restart": request.flag("restart", false) })
}

/// Ends the kernel. The proxy's stdin ends too, and it ends the cell process.
pub fn end(sockets: &Sockets) -> ! {
    sockets.flush();
    process::exit(0)
}
