//! A gRPC client that calls through Envoy.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use data_plane_api::echo::client::EchoClient;
use data_plane_api::echo::{EchoRequest, EchoResponse};
use futures::future::join_all;
use http::Uri;
use http::uri::PathAndQuery;
use rig::soon;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::{AsciiMetadataKey, MetadataMap};
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status, Streaming};
use tonic_prost::ProstCodec;

/// One connection to an Envoy, and so to one of its workers.
#[derive(Debug, Clone)]
pub struct Caller {
    channel: Channel,
}

/// What to ask, beside `/chancery.echo.v1.Echo/Echo`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask<'a> {
    /// Headers to send, several of one name allowed.
    pub headers: &'a [(&'a str, &'a str)],
    /// The deadline, `grpc-timeout`.
    pub deadline: Option<Duration>,
    /// How long the pod is asked to wait with the answer.
    pub delay: Option<Duration>,
    /// Another path, `/<service>/Echo`, perhaps with a query.
    pub path: Option<&'a str>,
}

/// What came back.
pub type Outcome = Result<Response<EchoResponse>, Status>;

/// A stream in both directions. All its messages go to one pod.
#[derive(Debug)]
pub struct Talk {
    requests: mpsc::Sender<EchoRequest>,
    responses: Streaming<EchoResponse>,
}

impl Caller {
    /// Connects to an Envoy from any address, or from this one, for this authority.
    pub async fn connect(envoy: SocketAddr, authority: &str, from: Option<IpAddr>) -> Self {
        let origin: Uri = format!("http://{authority}").parse().unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{envoy}")).unwrap().origin(origin).local_address(from);
        Self { channel: soon("a connection to Envoy", endpoint.connect()).await.unwrap() }
    }

    /// One request. It has got its answer soon, or the test fails.
    pub async fn ask(&self, ask: Ask<'_>) -> Outcome {
        let Ask { headers, deadline, delay, path } = ask;
        let delay = delay.map(|delay| prost_types::Duration::try_from(delay).unwrap());
        let mut request = tonic::Request::new(EchoRequest { message: "hello".to_owned(), delay });
        for (name, value) in headers {
            let name: AsciiMetadataKey = name.parse().unwrap();
            request.metadata_mut().append(name, value.parse().unwrap());
        }
        if let Some(deadline) = deadline {
            request.set_timeout(deadline);
        }
        let path: PathAndQuery = path.unwrap_or("/chancery.echo.v1.Echo/Echo").parse().unwrap();
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        soon("the connection to be ready", client.ready()).await.unwrap();
        soon("the answer", client.unary(request, path, ProstCodec::default())).await
    }

    /// The pod that answers an ordinary request.
    pub async fn pod(&self) -> Result<String, Status> {
        self.pod_for(Ask::default()).await
    }

    /// The pod that answers this.
    pub async fn pod_for(&self, ask: Ask<'_>) -> Result<String, Status> {
        self.ask(ask).await.map(|response| response.into_inner().pod)
    }

    /// The pods that answer `count` ordinary requests, one after the other.
    pub async fn pods(&self, count: usize) -> Vec<String> {
        let mut pods = Vec::new();
        for _ in 0..count {
            pods.push(self.pod().await.unwrap());
        }
        pods
    }

    /// How many of `count` ordinary requests, one after the other, each pod answered.
    pub async fn spread(&self, count: usize) -> BTreeMap<String, usize> {
        tally(self.pods(count).await)
    }

    /// So many at a time.
    pub async fn at_once(&self, count: usize, ask: Ask<'_>) -> Vec<Outcome> {
        join_all((0..count).map(|_| self.ask(ask))).await
    }

    /// Opens a stream. The pod has taken it when the first answer is there.
    pub async fn talk(&self) -> Result<Talk, Status> {
        let (requests, receiver) = mpsc::channel(16);
        let mut client = EchoClient::new(self.channel.clone());
        let stream = soon("the stream", client.stream(ReceiverStream::new(receiver))).await?;
        Ok(Talk { requests, responses: stream.into_inner() })
    }
}

impl Talk {
    /// Says something; the pod that answered.
    pub async fn say(&mut self, message: &str) -> Result<String, Status> {
        let request = EchoRequest { message: message.to_owned(), delay: None };
        // If nobody listens any more, the other half knows why.
        let _ = self.requests.send(request).await;
        match soon("the answer", self.responses.message()).await? {
            Some(response) => Ok(response.pod),
            None => Err(Status::cancelled("the stream ended")),
        }
    }
}

impl Talk {
    /// Returns when it ends, of which nobody on this side is the cause: with what is wrong, if anything is.
    pub async fn ended(&mut self) -> Option<Status> {
        match soon("the end of the stream", self.responses.message()).await {
            Ok(Some(answer)) => panic!("nothing was said: {answer:?}"),
            Ok(None) => None,
            Err(status) => Some(status),
        }
    }
}

/// How often each is there.
pub fn tally(pods: impl IntoIterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for pod in pods {
        *counts.entry(pod).or_default() += 1;
    }
    counts
}

/// A header of an answer, or of a refusal; empty if it isn't there.
pub fn header(outcome: &Outcome, name: &str) -> String {
    let metadata: &MetadataMap = match outcome {
        Ok(response) => response.metadata(),
        Err(status) => status.metadata(),
    };
    metadata.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}
