//! The `chancery` program, as a user runs it.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::soon;

/// The ports that tests give to programs: those below the ones that Linux chooses, and how many there are.
const FIRST_PORT: u16 = 10_240;
const PORTS: u64 = 22_528;

/// `chancery serve`, running. Killed when dropped.
#[derive(Debug)]
pub struct Serve {
    /// Its xDS port.
    pub xds: SocketAddr,
    /// Its admin port.
    pub admin: SocketAddr,
    child: Child,
    log: Log,
}

/// What it wrote to its standard error so far.
#[derive(Debug, Clone, Default)]
struct Log(Arc<(Mutex<String>, Notify)>);

impl Serve {
    /// Starts `binary serve`, on free ports, with these further arguments.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start(binary: &str, arguments: &[&str]) -> Self {
        let (xds, admin) = (free_address(), free_address());
        Self::start_at(binary, xds, admin, arguments)
    }

    /// Starts it on these ports.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start_at(binary: &str, xds: SocketAddr, admin: SocketAddr, arguments: &[&str]) -> Self {
        let mut child = Command::new(binary)
            .arg("serve")
            .args(["--xds-listen", &xds.to_string(), "--admin-listen", &admin.to_string()])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        let log = Log::default();
        let stderr = child.stderr.take().expect("it is piped");
        tokio::spawn(log.clone().follow(stderr));
        Self { xds, admin, child, log }
    }

    /// Starts it for a cluster, with the rights of its service account.
    pub fn for_cluster(binary: &str, kubeconfig: &Path) -> Self {
        let kubeconfig = kubeconfig.to_str().expect("a path in UTF-8");
        Self::start(binary, &["--kubeconfig", kubeconfig])
    }

    /// Returns when `text` stands in its log.
    pub async fn logged(&self, text: &str) {
        soon(&format!("\"{text}\" in the log"), async {
            loop {
                let written = self.log.0.1.notified();
                if self.log().contains(text) {
                    return;
                }
                written.await;
            }
        })
        .await;
    }

    /// What it logged so far.
    ///
    /// # Panics
    /// Never in a test that hasn't panicked already.
    pub fn log(&self) -> String {
        self.log.0.0.lock().expect("no panic while it was held").clone()
    }

    /// Returns when it is ready to serve.
    pub async fn ready(&self) {
        soon(&format!("/readyz; log:\n{}", self.log()), async {
            while !matches!(self.get("/readyz").await, Some((200, _))) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// A page of the admin port: its status and body; `None` when the port doesn't answer.
    pub async fn get(&self, path: &str) -> Option<(u16, String)> {
        get(self.admin, path).await
    }

    /// The value of one of its counters or gauges, written as it is in the metrics: `name{label="value"}`; 0 if it isn't there.
    ///
    /// # Panics
    /// When the metrics can't be read, or it isn't a whole number.
    pub async fn count(&self, sample: &str) -> u64 {
        let Some((200, metrics)) = self.get("/metrics").await else { panic!("no metrics; log:\n{}", self.log()) };
        let value = metrics.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        value.unwrap_or("0").parse().expect("a whole number")
    }

    /// Asks it to end, as Kubernetes does.
    ///
    /// # Panics
    /// When it has ended already.
    pub async fn terminate(&self) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill runs");
        assert!(sent.success());
    }

    /// Kills it, as a crash would, and returns when it is gone.
    ///
    /// # Panics
    /// When it doesn't die.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    /// How it ended.
    ///
    /// # Panics
    /// When it doesn't end.
    pub async fn ended(&mut self) -> ExitStatus {
        soon("the program's end", self.child.wait()).await.expect("it can be waited for")
    }

    /// The names of its threads.
    ///
    /// # Panics
    /// When it has ended.
    pub fn threads(&self) -> Vec<String> {
        let pid = self.child.id().expect("it runs");
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
        // One may end meanwhile.
        let names = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
        names.map(|name| name.trim().to_owned()).collect()
    }

    /// Its resident memory, in bytes.
    ///
    /// # Panics
    /// When it has ended.
    pub fn resident_bytes(&self) -> usize {
        self.memory("VmRSS:")
    }

    /// The most resident memory that it ever had, in bytes.
    ///
    /// # Panics
    /// When it has ended.
    pub fn peak_bytes(&self) -> usize {
        self.memory("VmHWM:")
    }

    /// Forgets the most that it had, so that [`Self::peak_bytes`] is that of what follows.
    ///
    /// # Panics
    /// When it has ended.
    pub fn forget_peak(&self) {
        let pid = self.child.id().expect("it runs");
        std::fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("Linux takes it");
    }

    fn memory(&self, key: &str) -> usize {
        let pid = self.child.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("Linux says it");
        line.trim().trim_end_matches(" kB").trim().parse::<usize>().expect("a number") * 1024
    }
}

impl Log {
    async fn follow(self, stderr: impl tokio::io::AsyncRead + Unpin) {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let (text, notify) = &*self.0;
            let mut text = text.lock().expect("no panic while it was held");
            text.push_str(&line);
            text.push('\n');
            notify.notify_waiters();
        }
    }
}

/// A page over HTTP: its status and body; `None` when nothing answers.
pub async fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await.ok()?;
    let (head, body) = response.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

/// An address on this machine that nobody listens at now, and that this process wasn't given before.
///
/// Not one that the kernel would choose: those are below connections, too, and one of another test may take it before whoever
/// it is for. (Linux chooses from 32768 on.)
///
/// # Panics
/// When there is none.
pub fn free_address() -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let random = |attempt: u32| RandomState::new().hash_one(attempt);
    let ports = (0..1000).map(|attempt| FIRST_PORT + u16::try_from(random(attempt) % PORTS).unwrap_or_default());
    let is_free = |port: &u16| given.insert(*port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let port = ports.into_iter().find(is_free).expect("a free port");
    (Ipv4Addr::LOCALHOST, port).into()
}
