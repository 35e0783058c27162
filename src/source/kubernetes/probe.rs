//! Whether the API server answers, asked while nothing happens.

use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt};
use kube::Client;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::merge::Heard;

/// How often to ask.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// No answer came in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {} s", TIMEOUT.as_secs())]
struct NoAnswer;

/// An answer, or what was wrong, every few seconds.
pub(super) fn stream(client: Client) -> BoxStream<'static, Heard> {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    stream::unfold((client, ticks), async |(client, mut ticks)| {
        ticks.tick().await;
        let result =
            timeout(TIMEOUT, ask(&client)).await.unwrap_or_else(|_| Err(kube::Error::Service(NoAnswer.into())));
        Some((Heard::Probe { at: Instant::now(), result }, (client, ticks)))
    })
    .boxed()
}

/// `/readyz` fails when the API server has lost its etcd, and everybody who is logged in may ask
/// (`system:public-info-viewer`).
async fn ask(client: &Client) -> kube::Result<()> {
    let request = http::Request::get("/readyz").body(Vec::new()).map_err(kube::Error::HttpError)?;
    match client.request_text(request).await {
        Ok(_) => Ok(()),
        // Not for us to ask here, or too busy to say: either way it answers.
        Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404 | 429) => Ok(()),
        Err(error) => Err(error),
    }
}
