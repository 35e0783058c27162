//! What happens to the gateways and to the pods, and how soon the client and the gateways notice.

use std::time::Instant;

use anyhow::bail;
use rig::manifests::Condition;
use tokio::time::sleep;

use super::world::World;
use crate::screen::{Screen, count, time};
use crate::steps::UNNOTICED;
use crate::story::megabytes;

/// Tells the story. An error when a change isn't noticed, a call fails, or the client or an Envoy refuses an update.
pub async fn tell(world: &mut World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let began = Instant::now();
    screen.heading("1 of 6", "Calls spread evenly over the gateways …")?;
    world.gateways().spread(screen).await?;
    screen.text("… and over the pods behind them:")?;
    world.pods().spread(screen).await?;
    world.gateways().add("2 of 6", screen).await?;
    world.pods().add("3 of 6", screen).await?;
    world.gateways().delete("4 of 6", screen).await?;
    world.pods().delete("5 of 6", screen).await?;
    kill(world, screen).await?;
    result(world, screen, began).await
}

async fn kill(world: &mut World, screen: &mut Screen<'_>) -> anyhow::Result<()> {
    let gateway = world.gateways().first()?;
    screen.heading("6 of 6", &format!("{gateway} is killed, with all that it was answering, and nobody is told"))?;
    let killed = Instant::now();
    world.gateways.kill(&gateway).await?;
    sleep(UNNOTICED).await;
    world.gateways.list(&gateway, Condition::Unready)?;
    let slowest = world.client.journals().gateways.record().slowest(killed).unwrap_or_default();
    screen.text(&format!(
        "For {} only the client could help: whatever was under way it called again, through other gateways. The slowest \
         answer took {}.",
        time(UNNOTICED),
        time(slowest),
    ))?;
    world.gateways().look(Instant::now(), screen).await?;
    Ok(())
}

async fn result(world: &mut World, screen: &mut Screen<'_>, began: Instant) -> anyhow::Result<()> {
    // What is still under way counts, too.
    world.client.stop().await?;
    let (answered, failed, median, first_failure) = {
        let record = world.client.journals().pods.record();
        let first_failure = record.failures(began).next().map(str::to_owned);
        (record.answered(), record.failed(), record.median(began).unwrap_or_default(), first_failure)
    };
    world.client.begin().await?;

    let (mut by_envoys, mut largest) = (0, 0);
    for gateway in world.gateways.pods() {
        by_envoys += gateway.envoy().stats().await?.rejected_updates();
        largest = largest.max(megabytes(gateway.envoy().process()));
    }
    // Those that are gone can't be asked any more, but they told Chancery.
    let by_envoys = by_envoys.max(world.chancery.refused_by("envoy").await?);
    let by_client = world.chancery.refused_by("grpc").await?;

    screen.verdict(
        failed + by_envoys + by_client == 0,
        "Result",
        &format!("{} answered, {failed} failed.", count(answered, "call")),
    )?;
    screen.text(&format!(
        "Half of all calls took less than {}. The Envoys refused {}, the client {by_client}. Memory: Chancery {} MB, an Envoy \
         {} MB.",
        time(median),
        count(by_envoys, "update"),
        megabytes(world.chancery.process()),
        largest,
    ))?;
    if let Some(status) = first_failure {
        bail!("{} failed, the first with {status:?}", count(failed, "call"));
    }
    if by_envoys + by_client > 0 {
        bail!("the Envoys refused {}, and the client {by_client}", count(by_envoys, "update"));
    }
    Ok(())
}
