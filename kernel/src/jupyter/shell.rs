//! The shell channel: requests that are answered one at a time, in their order.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::jupyter::completion;
use crate::jupyter::control;
use crate::jupyter::engine::Engine;
use crate::jupyter::history::History;
use crate::jupyter::info;
use crate::jupyter::input::Input;
use crate::jupyter::interrupt::Interrupt;
use crate::jupyter::message::Message;
use crate::jupyter::outputs::{self, Outputs};
use crate::jupyter::problem::Problem;
use crate::jupyter::sockets::Sockets;
use crate::jupyter::source::Source;

/// Event that the shell waits for.
pub enum ShellEvent {
    /// Request of a client.
    Request(Box<Message>),
    /// The engine is loaded, or failed to load.
    Loaded(Result<Box<Engine>>),
}

/// Answers requests.
pub struct Shell {
    /// Sockets for the replies.
    pub sockets: Sockets,
    /// Outputs of the cells.
    pub outputs: Arc<Outputs>,
    /// Interrupts of the running cell.
    pub interrupt: Arc<Interrupt>,
    /// Answers to requests for input.
    pub input: Receiver<Message>,
    /// Cells that were run.
    pub history: History,
    /// Number of the last cell.
    pub count: u32,
    /// Events that were not handled yet.
    pub events: Receiver<ShellEvent>,
    /// Requests that were received and wait to be answered.
    pub waiting: VecDeque<Message>,
    /// Number of waiting requests that were sent before a cell failed; cells among them are
    /// aborted.
    pub aborted: usize,
}

impl Shell {
    /// Serves until the program ends. Requests for information about the kernel are answered while
    /// the engine loads, which takes seconds; the other requests wait.
    pub fn serve(&mut self) {
        let mut engine = loop {
            match self.events.recv() {
                Ok(ShellEvent::Request(request)) if request.kind() == "kernel_info_request" => {
                    self.answer(&request, |shell| shell.sockets.reply(&request, info::kernel()));
                }
                Ok(ShellEvent::Request(request)) => self.waiting.push_back(*request),
                Ok(ShellEvent::Loaded(engine)) => break engine,
                Err(_) => return,
            }
        };
        while let Some(request) = self.next() {
            let is_aborted = self.aborted > 0;
            self.aborted = self.aborted.saturating_sub(1);
            if is_aborted && request.kind() == "execute_request" {
                self.answer(&request, |shell| shell.sockets.reply(&request, json!({ "status": "aborted" })));
            } else {
                self.handle(&request, &mut engine);
            }
        }
    }

    fn next(&mut self) -> Option<Message> {
        while self.waiting.is_empty() {
            if let ShellEvent::Request(request) = self.events.recv().ok()? {
                self.waiting.push_back(*request);
            }
        }
        self.waiting.pop_front()
    }

    /// Marks the waiting requests as sent before a failure.
    fn mark_aborted(&mut self) {
        for event in self.events.try_iter() {
            if let ShellEvent::Request(request) = event {
                self.waiting.push_back(*request);
            }
        }
        self.aborted = self.waiting.len();
    }

    /// Publishes the status `busy` before and `idle` after `work`.
    fn answer<T>(&mut self, request: &Message, work: impl FnOnce(&mut Self) -> T) -> T {
        self.sockets.status(&request.header, "busy");
        let done = work(self);
        self.sockets.status(&request.header, "idle");
        done
    }

    fn handle(&mut self, request: &Message, engine: &mut Result<Box<Engine>>) {
        self.answer(request, |shell| {
            let engine = engine.as_mut().map(|engine| &mut **engine);
            let reply = match (request.kind(), engine) {
                ("execute_request", engine) => return shell.execute(request, engine),
                ("kernel_info_request", _) => info::kernel(),
                ("is_complete_request", _) => completion::is_complete(request.code()),
                ("history_request", _) => shell.history.answer(request),
                ("comm_info_request", _) => json!({ "status": "ok", "comms": {} }),
                ("complete_request", Ok(engine)) => completion::complete(engine, request),
                ("inspect_request", Ok(engine)) => completion::inspect(engine, request),
                ("complete_request" | "inspect_request", Err(error)) => {
                    Problem::new("EngineError", format!("{error:#}")).reply()
                }
                ("comm_open", engine) => {
                    shell.open_comm(request, engine.ok());
                    return;
                }
                ("comm_msg" | "comm_close", _) => return,
                ("shutdown_request", _) => {
                    shell.sockets.reply(request, control::shut_down(request));
                    control::end(&shell.sockets)
                }
                (other, _) => {
                    eprintln!("up42: no answer to `{other}`");
                    return;
                }
            };
            shell.sockets.reply(request, reply);
        });
    }

    fn execute(&mut self, request: &Message, engine: Result<&mut Engine, &mut anyhow::Error>) {
        let code = request.code();
        let is_silent = request.flag("silent", false);
        let is_stored = !is_silent && request.flag("store_history", true);
        if is_stored {
            self.count += 1;
            self.history.add(self.count, code);
        }
        let parent = &request.header;
        if !is_silent {
            let input = json!({ "code": code, "execution_count": self.count });
            self.sockets.publish("execute_input", parent, input);
        }
        let done = match engine {
            Ok(engine) => self.run(request, code, engine),
            Err(error) => Err(Problem::new("KernelError", format!("{error:#}"))),
        };
        let mut reply = json!({ "execution_count": self.count, "payload": [], "user_expressions": {} });
        match done {
            Ok((result, expressions)) => {
                if let Some(data) = result.filter(|_| !is_silent) {
                    let result = json!({ "execution_count": self.count, "data": data, "metadata": {} });
                    self.sockets.publish("execute_result", parent, result);
                }
                reply["status"] = "ok".into();
                reply["user_expressions"] = expressions;
                self.sockets.reply(request, reply);
            }
            Err(problem) => {
                self.sockets.publish("error", parent, problem.content());
                merge(&mut reply, problem.reply());
                if request.flag("stop_on_error", true) {
                    // Before the reply, after which the client may send more.
                    self.mark_aborted();
                }
                self.sockets.reply(request, reply);
            }
        }
    }

    /// Returns the result of a cell and of the expressions that the client requests with it.
    fn run(
        &self,
        request: &Message,
        code: &str,
        engine: &mut Engine,
    ) -> Result<(Option<Value>, Value), Problem> {
        let source = Source { code: code.to_owned(), number: self.count, generated: Engine::generated() };
        self.outputs.begin(&request.header, source.clone());
        let input = Input {
            sockets: &self.sockets,
            request,
            answers: &self.input,
            interrupt: &self.interrupt,
            was_refused: Cell::new(false),
        };
        let mut run = |code: &str| {
            let done = engine.run(code, &source, &|prompt, password| input.read(prompt, password))?;
            if input.was_refused.get() {
                return Err(Problem::new(
                    "InputRefused",
                    "the cell reads input, which this frontend does not provide",
                ));
            }
            Ok(done.map(outputs::data))
        };
        let done = run(code).map(|result| {
            let expressions = request.content["user_expressions"].as_object();
            let answer = |(name, expression): (&String, &Value)| {
                let answer = match run(expression.as_str().unwrap_or_default()) {
                    Ok(data) => {
                        json!({ "status": "ok", "data": data.unwrap_or_else(|| json!({})), "metadata": {} })
                    }
                    Err(problem) => problem.reply(),
                };
                (name.clone(), answer)
            };
            (result, Value::Object(expressions.into_iter().flatten().map(answer).collect::<Map<_, _>>()))
        });
        self.outputs.finish();
        done
    }

    /// Answers a comm by which editors request the compiler's messages about a cell; every comm is
    /// closed again.
    fn open_comm(&self, request: &Message, engine: Option<&mut Engine>) {
        let id = &request.content["comm_id"];
        if request.content["target_name"] == "evcxr-cargo-check"
            && let (Some(code), Some(engine)) = (request.content["data"]["code"].as_str(), engine)
        {
            let data = json!({ "problems": engine.check(code) });
            self.sockets.publish("comm_msg", &json!({}), json!({ "comm_id": id, "data": data }));
        }
        self.sockets.publish("comm_close", &request.header, json!({ "comm_id": id, "data": {} }));
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}
