//! What happens to the pods of one Service, in every story.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rig::deployment::{Deployment, Workload};
use rig::load::Journal;
use rig::manifests::Condition;
use tokio::time::sleep;

use crate::screen::{Screen, time};

/// A change that callers haven't noticed by then is lost.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How long requests are counted before they are shown.
const LOOK: Duration = Duration::from_secs(2);

/// How long nobody is told that a pod was killed. Kubernetes takes longer: a readiness probe comes every 10 s, a lost node
/// is noticed after 40 s.
pub const UNNOTICED: Duration = Duration::from_secs(1);

/// The pods of one Service, and what becomes of the requests that they answer.
pub struct Tier<'a, W: Workload> {
    /// The pods.
    pub pods: &'a mut Deployment<W>,
    /// The requests.
    pub journal: &'a Journal,
}

impl<W: Workload> Tier<'_, W> {
    /// Every pod gets requests.
    pub async fn spread(&self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        let served = self.look(Instant::now(), screen).await?;
        let pods = self.pods.pods().count();
        ensure!(served == pods, "{served} of {pods} pods got requests within {}", time(LOOK));
        Ok(())
    }

    /// One more pod.
    pub async fn add(&mut self, step: &str, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        let pod = self.pods.start_pod().await?;
        screen.heading(step, &format!("{pod} is added"))?;
        let listed = self.pods.list(&pod, Condition::Ready)?;
        let answered = self.journal.until_answered(&pod, listed, PATIENCE).await?;
        let took = time(answered - listed);
        screen
            .text(&format!("Its first request was answered {took} after the file with the EndpointSlice changed."))?;
        self.look(answered, screen).await?;
        Ok(())
    }

    /// The oldest pod is deleted, as in a rollout.
    pub async fn delete(&mut self, step: &str, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        let pod = self.first()?;
        screen.heading(step, &format!("{pod} is deleted: it terminates, but still answers what it has"))?;
        let listed = self.pods.list(&pod, Condition::Terminating)?;
        let last = self.journal.until_quiet(&pod, listed, PATIENCE).await?;
        if last == listed {
            screen.text("Not one new request was sent to it after the file changed.")?;
        } else {
            let took = time(last - listed);
            screen.text(&format!("The last new request for it was sent {took} after the file changed."))?;
        }
        self.pods.drain(&pod, PATIENCE).await?;
        self.pods.unlist(&pod)?;
        screen.text("It finished, closed its connections and ended. Then it left the EndpointSlice.")?;
        Ok(())
    }

    /// Waits a while, and shows where requests went since a moment. Returns how many pods answered.
    pub async fn look(&self, since: Instant, screen: &mut Screen<'_>) -> anyhow::Result<usize> {
        sleep(LOOK).await;
        let spread = self.journal.record().spread(since);
        screen.spread(&spread)?;
        Ok(spread.len())
    }

    /// The pod that runs for the longest time.
    pub fn first(&self) -> anyhow::Result<String> {
        let pods = self.pods.pods().map(W::name);
        pods.min_by_key(|name| (name.len(), *name)).map(str::to_owned).context("no pod runs")
    }
}
