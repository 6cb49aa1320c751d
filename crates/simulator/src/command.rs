//! Command line of the simulator: `up42-simulator`, and `up42 simulator`.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value};

use crate::{Clock, Fault, Simulator};

/// Run a simulated UP42 platform on this machine: no account, no cost, no network.
///
/// Prints the variables that clients read, as lines for a shell, and runs until it is interrupted.
/// With a command it runs until the command ends, and sets the variables in its environment. In the
/// background: `eval "$(up42 simulator --background)"`, and later `kill $UP42_SIMULATOR_PID`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Port of the API; default any free port, and with a folder the one of the last run.
    #[arg(long)]
    port: Option<u16>,
    /// Speed of jobs relative to real time; default 60.
    #[arg(long, value_name = "FACTOR")]
    speed: Option<f64>,
    /// Balance of the account in credits; default 100,000.
    #[arg(long)]
    credits: Option<i64>,
    /// Seed of the archive and all durations.
    #[arg(long)]
    seed: Option<u64>,
    /// Fault to inject, and how often: `lost-answer`, `server-error=3`,
    /// `too-many-requests=always@POST /jobs`. May be given more than once.
    #[arg(long = "fault", value_name = "NAME[=N][@REQUESTS]")]
    faults: Vec<Fault>,
    /// Start with all licences accepted.
    #[arg(long)]
    accept_eulas: bool,
    /// Folder to store the platform in, so that the next run continues it; its seed, credits and
    /// speed stay the same.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Print the variables as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Print the variables and continue in the background.
    #[arg(long, conflicts_with = "command")]
    background: bool,
    /// Command to run with the variables set.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Simulate {
    /// Runs the platform until it is interrupted or the command ends, or starts it in the
    /// background.
    ///
    /// # Errors
    ///
    /// If no port is free, the folder cannot be used or the command cannot be started.
    pub fn run(self) -> Result<ExitCode> {
        if self.background {
            return self.leave_running();
        }
        let simulator = self.start()?;
        let variables = variables(&simulator);
        let Some((program, arguments)) = self.command.split_first() else {
            self.print(&variables);
            loop {
                std::thread::park();
            }
        };
        let texts = variables.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        let done = Command::new(program).args(arguments).envs(texts).status();
        let done = done.with_context(|| format!("run `{program}`"))?;
        let code = done.code().and_then(|code| u8::try_from(code).ok());
        Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
    }

    fn start(&self) -> Result<Simulator> {
        let mut builder = Simulator::builder();
        if let Some(port) = self.port {
            builder = builder.port(port);
        }
        if let Some(factor) = self.speed {
            builder = builder.clock(Clock::speed(factor));
        }
        if let Some(credits) = self.credits {
            builder = builder.credits(credits);
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        if let Some(folder) = &self.folder {
            builder = builder.folder(folder);
        }
        if self.accept_eulas {
            builder = builder.eulas_accepted();
        }
        let simulator = builder.start()?;
        self.faults.iter().for_each(|fault| simulator.inject(fault.clone()));
        Ok(simulator)
    }

    fn print(&self, variables: &Map<String, Value>) {
        if self.json {
            return println!("{}", Value::Object(variables.clone()));
        }
        for (name, value) in variables {
            println!("export {name}={}", value.as_str().unwrap_or_default());
        }
    }

    /// Starts this program again, detached from the terminal, and prints its variables.
    fn leave_running(&self) -> Result<ExitCode> {
        let log = self.log();
        let mut child = self.detached(&log).with_context(|| format!("log to `{}`", log.display()))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let Ok(Value::Object(mut variables)) = serde_json::from_str(&line) else {
            child.wait()?;
            // The log contains the reason of the failure.
            eprint!("{}", fs::read_to_string(&log).unwrap_or_default());
            return Ok(ExitCode::FAILURE);
        };
        variables.insert("UP42_SIMULATOR_PID".into(), child.id().to_string().into());
        self.print(&variables);
        Ok(ExitCode::SUCCESS)
    }

    fn detached(&self, log: &Path) -> io::Result<Child> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)?;
        }
        let background = ["--background", "--json"];
        let arguments =
            std::env::args_os().skip(1).filter(|argument| !background.iter().any(|one| argument == one));
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).arg("--json");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(log)?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }

    /// Returns the log file of the background process.
    fn log(&self) -> PathBuf {
        let temporary = || std::env::temp_dir().join(format!("up42-simulator-{}.log", std::process::id()));
        self.folder.as_ref().map_or_else(temporary, |folder| folder.join("simulator.log"))
    }
}

/// Returns the variables that `Client::from_env()` reads, and those of other clients.
fn variables(simulator: &Simulator) -> Map<String, Value> {
    let variables = [
        ("UP42_API_URL", simulator.api_url()),
        ("UP42_AUTH_URL", simulator.auth_url()),
        ("UP42_USERNAME", Simulator::USERNAME),
        ("UP42_PASSWORD", Simulator::PASSWORD),
        ("UP42_PROJECT_ID", Simulator::PROJECT_ID),
        ("UP42_PROJECT_API_KEY", Simulator::PROJECT_API_KEY),
        ("UP42_STAC_URL", &simulator.stac_url()),
        ("UP42_OGC_URL", &simulator.ogc_url()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect()
}
