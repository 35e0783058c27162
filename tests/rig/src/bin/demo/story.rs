//! What happens to the pods, and how soon callers notice.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use rig::manifests::Condition;
use rig::process::Process;
use tokio::time::sleep;

use crate::screen::{Screen, count, time};
use crate::steps::{PATIENCE, UNNOTICED};
use crate::world::{CLUSTER, World};

/// How often Envoy is asked whether it has dropped a pod.
const POLL: Duration = Duration::from_millis(2);

/// Tells the story. An error when a change isn't noticed, a request fails or Envoy refuses an update.
pub async fn tell(world: &mut World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let began = Instant::now();
    screen.heading("1 of 4", "Requests spread evenly over the pods, although callers keep their connections")?;
    world.tier().spread(screen).await?;
    world.tier().add("2 of 4", screen).await?;
    world.tier().delete("3 of 4", screen).await?;
    kill(world, screen).await?;
    result(world, screen, began).await
}

async fn kill(world: &mut World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let pod = world.tier().first()?;
    let address = world.cart.address(&pod).map(|address| address.ip().to_string()).unwrap_or_default();
    screen.heading("4 of 4", &format!("{pod} is killed, with all that it was answering, and nobody is told"))?;
    let before = world.envoy.stats().await?;
    let killed = Instant::now();
    world.cart.kill(&pod).await?;
    sleep(UNNOTICED).await;
    let listed = world.cart.list(&pod, Condition::Unready)?;
    while world.envoy.hosts(CLUSTER).await?.iter().any(|(host, _)| *host == address) {
        ensure!(listed.elapsed() < PATIENCE, "Envoy still knows {pod} after {} s", PATIENCE.as_secs());
        sleep(POLL).await;
    }
    let clean = listed.elapsed();
    let after = world.envoy.stats().await?;
    let retries = after.of_cluster(CLUSTER, "upstream_rq_retry") - before.of_cluster(CLUSTER, "upstream_rq_retry");
    let slowest = world.load.journal().record().slowest(killed).unwrap_or_default();
    screen.text(&format!(
        "For {} only Envoy could help: it sent {} again, to other pods. The slowest answer took {}.",
        time(UNNOTICED),
        count(retries, "request"),
        time(slowest),
    ))?;
    screen.text(&format!(
        "Then the EndpointSlice said that it isn't ready: Envoy had dropped it {} later.",
        time(clean)
    ))?;
    world.tier().look(Instant::now(), screen).await?;
    Ok(())
}

async fn result(world: &mut World, screen: &mut Screen<'_>, began: Instant) -> anyhow::Result<()> {
    let stats = world.envoy.stats().await?;
    let (answered, failed, median, first_failure) = {
        let record = world.load.journal().record();
        let first_failure = record.failures(began).next().map(str::to_owned);
        (record.answered(), record.failed(), record.median(began).unwrap_or_default(), first_failure)
    };
    let refused = stats.rejected_updates();
    let retried = count(stats.of_cluster(CLUSTER, "upstream_rq_retry"), "request");
    screen.verdict(
        failed == 0 && refused == 0,
        "Result",
        &format!("{} answered, {failed} failed. Envoy sent {retried} again.", count(answered, "request")),
    )?;
    screen.text(
        "It may send what the dead pod had begun, too, as far as the Service's annotations retry-on and num-retries allow: to \
         say an echo twice does no harm.",
    )?;
    screen.text(&format!(
        "Half of all requests took less than {}. Envoy refused {}. Memory: Chancery {} MB, Envoy {} MB.",
        time(median),
        count(refused, "update"),
        megabytes(world.chancery.process()),
        megabytes(world.envoy.process()),
    ))?;
    if let Some(status) = first_failure {
        let over_budget = stats.of_cluster(CLUSTER, "upstream_rq_retry_overflow");
        let failed = count(failed, "request");
        bail!(
            "{failed} failed, the first with {status:?}; {over_budget} could not be sent again: too many others were"
        );
    }
    if refused > 0 {
        let names: Vec<_> = stats.ending_in(".update_rejected").filter(|(_, value)| *value > 0).collect();
        bail!("Envoy refused {}: {names:?}", count(refused, "update"));
    }
    Ok(())
}

/// The memory of a process; 0 when it has ended.
pub fn megabytes(process: &Process) -> u64 {
    process.usage().map_or(0, |usage| usage.resident) / 1_000_000
}
