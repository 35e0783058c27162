//! A real kube-apiserver with its etcd, and kubectl to talk to it as a user would.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use crate::{programs, soon};

/// A Kubernetes API of its own. There are no controllers: what a test wants to be there, it writes. Ends when dropped.
#[derive(Debug)]
pub struct Cluster {
    directory: TempDir,
    binaries: PathBuf,
    /// Lives as long as its standard input is open, and takes the API with it.
    script: Child,
    /// The API server that [`Self::start_api`] started.
    api: Option<Child>,
    /// The etcd that was started after the script's.
    etcd: Option<Child>,
}

impl Cluster {
    /// Starts one; takes about three seconds.
    ///
    /// # Panics
    /// When the programs aren't there, or don't start.
    pub async fn start() -> Self {
        let binaries = programs::kubernetes();
        let directory = tempfile::Builder::new().prefix("chancery-cluster-").tempdir().expect("a temporary directory");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubernetes/cluster");
        let mut script = Command::new(script)
            .arg("--until-stdin-closes")
            .arg(directory.path().join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script starts");
        let stdout = script.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        let line = soon("the API server", lines.next_line()).await.expect("a line");
        assert!(
            line.as_deref().is_some_and(|line| line.starts_with("ready ")),
            "the API server didn't start: {line:?}"
        );
        Self { directory, binaries, script, api: None, etcd: None }
    }

    /// May do everything.
    pub fn admin_kubeconfig(&self) -> PathBuf {
        self.data("admin.kubeconfig")
    }

    /// May do what Chancery's service account may: nothing, until RBAC is applied.
    pub fn chancery_kubeconfig(&self) -> PathBuf {
        self.data("chancery.kubeconfig")
    }

    /// Applies these manifests, as an administrator.
    ///
    /// # Panics
    /// When kubectl fails.
    pub async fn apply(&self, manifests: &str) {
        self.kubectl_with(&["apply", "--server-side", "--force-conflicts", "-f", "-"], manifests).await;
    }

    /// Runs kubectl as an administrator and returns what it prints.
    ///
    /// # Panics
    /// When it fails.
    pub async fn kubectl(&self, arguments: &[&str]) -> String {
        self.kubectl_with(arguments, "").await
    }

    /// Runs kubectl as an administrator and returns what it prints, whether it fails or not.
    ///
    /// # Panics
    /// When it can't be run.
    pub async fn kubectl_says(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).stdin(Stdio::null()).output().await.expect("kubectl runs");
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    /// Deletes a Namespace with all Services and EndpointSlices in it, as the namespace controller would.
    ///
    /// # Panics
    /// When kubectl fails.
    pub async fn delete_namespace(&self, name: &str) {
        self.kubectl(&["delete", "namespace", name, "--wait=false"]).await;
        self.kubectl(&["delete", "services,endpointslices", "--all", "-n", name]).await;
        let namespace = format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{name}"}}}}"#);
        let path = format!("/api/v1/namespaces/{name}/finalize");
        self.kubectl_with(&["replace", "--raw", &path, "-f", "-"], &namespace).await;
    }

    /// Kills the API server, as a crash would.
    ///
    /// # Panics
    /// When it doesn't run.
    pub async fn kill_api(&mut self) {
        self.kill("apiserver").await;
        if let Some(mut api) = self.api.take() {
            api.wait().await.expect("it ends");
        }
    }

    /// Makes a backup of etcd, for which it is stopped, with the API server.
    ///
    /// # Panics
    /// When they don't stop or start.
    pub async fn back_up(&mut self) {
        self.exchange("etcd.data", "etcd.backup").await;
    }

    /// Restores etcd from the backup, under the API server.
    ///
    /// # Panics
    /// When there is none, or they don't stop or start.
    pub async fn restore(&mut self) {
        self.exchange("etcd.backup", "etcd.data").await;
    }

    /// Copies data of etcd, while nobody uses them.
    async fn exchange(&mut self, from: &str, to: &str) {
        self.kill_api().await;
        self.kill("etcd").await;
        if let Some(mut etcd) = self.etcd.take() {
            etcd.wait().await.expect("it ends");
        }
        let (from, to) = (self.data(from), self.data(to));
        for (program, options, paths) in [("rm", "-rf", vec![&to]), ("cp", "-a", vec![&from, &to])] {
            let done = Command::new(program).arg(options).args(paths).status().await.expect("it runs");
            assert!(done.success(), "{program} {options}");
        }
        self.etcd = Some(self.spawn("etcd"));
        self.start_api().await;
    }

    async fn kill(&self, name: &str) {
        let pid = Command::new("cat").arg(self.data(&format!("{name}.pid"))).output().await.expect("cat runs");
        let pid = String::from_utf8(pid.stdout).expect("a number");
        let killed = Command::new("kill").args(["-9", pid.trim()]).status().await.expect("kill runs");
        assert!(killed.success(), "{name} runs");
    }

    fn spawn(&self, name: &str) -> Child {
        let mut program = Command::new(self.data(name));
        program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        program.spawn().expect("it starts")
    }

    /// Starts the API server again, on the same port with the same data, and returns when it is ready.
    ///
    /// # Panics
    /// When it doesn't start.
    pub async fn start_api(&mut self) {
        self.api = Some(self.spawn("apiserver"));
        soon("the API server to be ready", async {
            while !self.command(&["get", "--raw", "/readyz"]).output().await.expect("kubectl runs").status.success() {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        })
        .await;
    }

    async fn kubectl_with(&self, arguments: &[&str], input: &str) -> String {
        let mut kubectl = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl starts");
        let mut stdin = kubectl.stdin.take().expect("it is piped");
        // If kubectl ends without reading it all, its exit status says more than the broken pipe.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = kubectl.wait_with_output().await.expect("kubectl ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {arguments:?}: {stderr}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binaries.join("kubectl"));
        command.arg("--kubeconfig").arg(self.admin_kubeconfig()).args(arguments);
        command
    }

    fn data(&self, file: &str) -> PathBuf {
        self.directory.path().join("data").join(file)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        // The directory goes after this; the programs that write into it must be gone by then.
        let waited = (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            self.script.try_wait().is_ok_and(|status| status.is_some())
        });
        if !waited {
            eprintln!("the API server's script still runs, although its standard input is closed");
        }
    }
}
