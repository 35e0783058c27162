//! What happens to the pods, and how soon callers notice.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tokio::time::sleep;

use super::manifests::Condition;
use super::screen::{Screen, count, time};
use super::world::{CLUSTER, World};

/// A change that callers haven't noticed by then is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long requests are counted before they are shown.
const LOOK: Duration = Duration::from_secs(2);

/// How long nobody tells Envoy that a pod was killed. Kubernetes takes longer: a readiness probe comes every 10 s, a lost
/// node is noticed after 40 s.
const UNNOTICED: Duration = Duration::from_secs(1);

/// How often Envoy is asked whether it has dropped a pod.
const POLL: Duration = Duration::from_millis(2);

/// Tells the story. An error when a change isn't noticed, a request fails or Envoy refuses an update.
pub async fn tell(world: &mut World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let began = Instant::now();
    spread(world, screen).await?;
    scale_up(world, screen).await?;
    delete(world, screen).await?;
    kill(world, screen).await?;
    result(world, screen, began).await
}

async fn spread(world: &World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    screen.heading("1 of 4", "Requests spread evenly over the pods, although callers keep their connections")?;
    let since = Instant::now();
    sleep(LOOK).await;
    let spread = world.load.record().spread(since);
    screen.spread(&spread)?;
    let (pods, served) = (world.cart.pods().count(), spread.len());
    ensure!(served == pods, "{served} of {pods} pods got requests within {}", time(LOOK));
    Ok(())
}

async fn scale_up(world: &mut World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let pod = world.cart.start_pod().await?;
    screen.heading("2 of 4", &format!("{pod} is added"))?;
    let listed = world.cart.list(&pod, Condition::Ready)?;
    let answered = world.load.until_answered(&pod, listed, PATIENCE).await?;
    let took = time(answered - listed);
    screen.text(&format!("Its first request was answered {took} after the file with the EndpointSlice changed."))?;
    sleep(LOOK).await;
    let spread = world.load.record().spread(answered);
    screen.spread(&spread)?;
    Ok(())
}

async fn delete(world: &mut World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let pod = first(world)?;
    screen.heading("3 of 4", &format!("{pod} is deleted: it terminates, but still answers what it has"))?;
    let listed = world.cart.list(&pod, Condition::Draining)?;
    let last = world.load.until_quiet(&pod, listed, PATIENCE).await?;
    if last == listed {
        screen.text("Not one new request was sent to it after the file changed.")?;
    } else {
        let took = time(last - listed);
        screen.text(&format!("The last new request for it was sent {took} after the file changed."))?;
    }
    world.cart.drain(&pod, PATIENCE).await?;
    world.cart.unlist(&pod)?;
    screen.text("It finished, closed its connections and ended. Then it left the EndpointSlice.")?;
    Ok(())
}

async fn kill(world: &mut World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let pod = first(world)?;
    let address = world.cart.address(&pod).map(|address| address.to_string()).unwrap_or_default();
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
    let slowest = world.load.record().slowest(killed).unwrap_or_default();
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
    let since = Instant::now();
    sleep(LOOK).await;
    let spread = world.load.record().spread(since);
    screen.spread(&spread)?;
    Ok(())
}

async fn result(world: &mut World, screen: &mut Screen<'_>, began: Instant) -> anyhow::Result<()> {
    let stats = world.envoy.stats().await?;
    let (answered, failed, median, first_failure) = {
        let record = world.load.record();
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
        "It may, as far as the Service's annotations retry-on, num-retries and retry-budget-min-concurrency allow: to say \
         an echo twice does no harm.",
    )?;
    let megabytes = |bytes: Option<u64>| bytes.unwrap_or_default() / 1_000_000;
    screen.text(&format!(
        "Half of all requests took less than {}. Envoy refused {}. Memory: Chancery {} MB, Envoy {} MB.",
        time(median),
        count(refused, "update"),
        megabytes(world.control_plane.process().resident_bytes()),
        megabytes(world.envoy.process().resident_bytes()),
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

/// The pod that runs for the longest time.
fn first(world: &World) -> anyhow::Result<String> {
    let pods = world.cart.pods().map(super::pod::Pod::name);
    pods.min_by_key(|name| (name.len(), *name)).map(str::to_owned).context("no pod runs")
}
