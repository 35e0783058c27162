//! A gRPC client in a process of its own, which does what the test says.

use std::collections::BTreeMap;
use std::time::Duration;

use data_plane_api::client_status::GenericXdsConfig;
use rig::{PATIENCE, soon};
use serde_json::{Value, json};

use crate::family::Family;
use crate::program::{Dial, PAUSE, Program};

/// A real client: one channel, and those that it is told to dial. Killed when dropped.
#[derive(Debug)]
pub struct Client(Program);

/// What became of calls.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many calls each pod answered.
    pub pods: BTreeMap<String, u64>,
    /// How the others failed.
    pub errors: Vec<Failure>,
}

/// A failed call: what the client made of it, with the number of the gRPC status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The status.
    pub code: i64,
    /// What the client says to it.
    pub message: String,
}

/// How to call.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The target that was [dialled](Client::dial) for it; `None` is the channel that the client was started with.
    pub on: Option<&'a str>,
    /// Headers to send.
    pub headers: &'a [(&'a str, &'a str)],
    /// How long each call may take.
    pub deadline: Duration,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self { on: None, headers: &[], deadline: PATIENCE }
    }
}

impl Client {
    /// Starts one.
    pub async fn start(family: Family, dial: Dial<'_>) -> Self {
        let target = format!("xds:///{}", dial.name);
        let idle_after = dial.idle_after.map(|after| after.as_millis().to_string());
        let arguments: Vec<&str> = [target.as_str()].into_iter().chain(idle_after.as_deref()).collect();
        Self(Program::start(family, &arguments, &dial).await)
    }

    /// So many calls, one after the other.
    pub async fn call(&mut self, count: u64) -> Outcome {
        self.call_with(count, Ask::default()).await
    }

    /// So many calls like this, one after the other.
    pub async fn call_with(&mut self, count: u64, ask: Ask<'_>) -> Outcome {
        let answer = self.tell(&with("call", &count.into(), ask)).await;
        Outcome::read(&answer)
    }

    /// Calls until each of these pods has answered one, and nothing else has happened.
    pub async fn reach(&mut self, pods: &[&str]) {
        let mut reached = BTreeMap::new();
        soon(&format!("answers of {pods:?}"), async {
            while !pods.iter().all(|pod| reached.contains_key(*pod)) {
                let outcome = self.call(4).await;
                assert_eq!(outcome.errors, [], "after {reached:?}; log:\n{}", self.log());
                reached.extend(outcome.pods);
            }
        })
        .await;
    }

    /// Calls until a call succeeds.
    pub async fn until_served(&mut self) {
        let mut last = Outcome::default();
        let served = async {
            while last.pods.is_empty() {
                last = self.call_with(1, Ask { deadline: Duration::from_secs(1), ..Ask::default() }).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, served).await.is_ok();
        assert!(in_time, "no call succeeded in {PATIENCE:?}; the last one: {last:?}; log:\n{}", self.log());
    }

    /// Calls until a call fails.
    pub async fn until_failed(&mut self) {
        soon("a failed call", async { while self.call(1).await.errors.is_empty() {} }).await;
    }

    /// Opens a channel to each of these targets, and has it connect; closes those that were dialled before and aren't named now.
    /// Says what couldn't be opened, and why.
    pub async fn dial(&mut self, targets: impl IntoIterator<Item = &str>) -> BTreeMap<String, String> {
        let targets: Vec<&str> = targets.into_iter().collect();
        let mut answer = self.tell(&json!({ "dial": targets })).await;
        serde_json::from_value(answer["refused"].take()).unwrap()
    }

    /// Begins to call, so many times a second, one beside the other.
    pub async fn begin(&mut self, rate: u64) {
        self.tell(&with("start", &rate.into(), Ask::default())).await;
    }

    /// Ends what [`Self::begin`] began, and says what became of all of it.
    pub async fn end(&mut self) -> Outcome {
        let answer = self.tell(&json!({ "stop": true })).await;
        Outcome::read(&answer)
    }

    /// Returns when the channel that the client was started with is in this state.
    pub async fn until(&mut self, state: &str) {
        self.until_on("", state).await;
    }

    /// Returns when the channel to this dialled target is in this state.
    pub async fn until_on(&mut self, target: &str, state: &str) {
        soon(&format!("the state {state}"), async {
            while self.tell(&json!({ "state": true, "on": target })).await["state"] != state {
                tokio::time::sleep(PAUSE).await;
            }
        })
        .await;
    }

    /// What the client itself says of the resources that it watches.
    pub async fn resources(&self) -> Vec<GenericXdsConfig> {
        self.0.resources().await
    }

    /// What it wrote to its standard error so far.
    pub fn log(&self) -> String {
        self.0.log()
    }

    /// A call may take until its deadline, so whoever waits for an answer bounds it.
    async fn tell(&mut self, command: &Value) -> Value {
        self.0.tell(command).await;
        self.0.says().await.unwrap_or_else(|| panic!("the client ended; log:\n{}", self.log()))
    }
}

impl Outcome {
    fn read(answer: &Value) -> Self {
        let pods = answer["pods"].as_object().unwrap().iter();
        let failure = |error: &Value| Failure {
            code: error["code"].as_i64().unwrap(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
        };
        Self {
            pods: pods.map(|(pod, count)| (pod.clone(), count.as_u64().unwrap())).collect(),
            errors: answer["errors"].as_array().unwrap().iter().map(failure).collect(),
        }
    }
}

fn with(command: &str, value: &Value, ask: Ask<'_>) -> Value {
    let Ask { on, headers, deadline } = ask;
    let headers: BTreeMap<&str, &str> = headers.iter().copied().collect();
    json!({ command: value, "on": on.unwrap_or_default(), "headers": headers, "deadline_ms": deadline.as_millis() })
}
