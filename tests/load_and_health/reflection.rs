//! gRPC server reflection, asked as grpcurl asks.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use rig::control_plane::ControlPlane;
use rig::soon;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tonic_reflection::pb::v1alpha;

use super::{ADS, channel};

/// A client of reflection, as grpcurl is one.
pub struct Reflection {
    questions: mpsc::Sender<ServerReflectionRequest>,
    pub answers: Streaming<ServerReflectionResponse>,
}

impl Reflection {
    pub async fn open(address: SocketAddr) -> Self {
        let (questions, receiver) = mpsc::channel(1);
        let mut client = ServerReflectionClient::new(channel(address).await);
        let answers = client.server_reflection_info(ReceiverStream::new(receiver)).await.unwrap().into_inner();
        Self { questions, answers }
    }

    pub async fn ask(&mut self, question: MessageRequest) -> MessageResponse {
        let request = ServerReflectionRequest { host: "h".into(), message_request: Some(question) };
        self.questions.send(request.clone()).await.unwrap();
        let answer = soon("an answer", self.answers.message()).await.unwrap().unwrap();
        assert_eq!(answer.original_request, Some(request));
        answer.message_response.unwrap()
    }

    /// The one file of an answer.
    async fn file(&mut self, question: MessageRequest) -> prost_types::FileDescriptorProto {
        let text = format!("{question:?}");
        let MessageResponse::FileDescriptorResponse(response) = self.ask(question).await else {
            panic!("no file for {text}")
        };
        assert_eq!(response.file_descriptor_proto.len(), 1);
        prost::Message::decode(response.file_descriptor_proto[0].as_slice()).unwrap()
    }
}

#[tokio::test]
async fn reflection_lists_what_is_served_and_describes_all_of_it() {
    let control_plane = ControlPlane::start().await;
    let mut reflection = Reflection::open(control_plane.address).await;
    let MessageResponse::ListServicesResponse(list) = reflection.ask(MessageRequest::ListServices("*".into())).await
    else {
        panic!("no list")
    };
    let services: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    for service in [ADS, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"] {
        assert!(services.iter().any(|name| name == service), "{service} isn't in {services:?}");
    }
    assert!(!services.iter().any(|name| name.contains("Echo")), "{services:?}");

    // As grpcurl does: the file of each service, and then all that it imports.
    let (mut seen, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    for service in services {
        let file = reflection.file(MessageRequest::FileContainingSymbol(service.clone())).await;
        let declared = file.service.iter().map(|one| format!("{}.{}", file.package(), one.name()));
        assert!(declared.into_iter().any(|name| name == service), "{service} isn't in {}", file.name());
        wanted.extend(file.dependency);
    }
    while let Some(name) = wanted.pop_first() {
        let file = reflection.file(MessageRequest::FileByFilename(name.clone())).await;
        assert_eq!(file.name(), name);
        seen.insert(name);
        wanted.extend(file.dependency.into_iter().filter(|name| !seen.contains(name)));
    }
    assert!(seen.len() >= 30, "{seen:?}");
    for symbol in ["envoy.config.cluster.v3.Cluster.DiscoveryType", &format!("{ADS}.DeltaAggregatedResources")] {
        reflection.file(MessageRequest::FileContainingSymbol(symbol.to_owned())).await;
    }
}

#[tokio::test]
async fn reflection_answers_a_wrong_question_and_goes_on() {
    let control_plane = ControlPlane::start().await;
    let mut reflection = Reflection::open(control_plane.address).await;
    let wrong = [
        MessageRequest::FileContainingSymbol("no.such.Thing".into()),
        MessageRequest::FileContainingSymbol(format!("{ADS}.NoSuchMethod")),
        MessageRequest::FileContainingSymbol(String::new()),
        MessageRequest::FileByFilename("/etc/passwd".into()),
    ];
    for question in wrong {
        let MessageResponse::ErrorResponse(error) = reflection.ask(question).await else { panic!("no error") };
        assert_eq!(error.error_code, i32::from(Code::NotFound));
    }
    reflection.file(MessageRequest::FileContainingSymbol(ADS.into())).await;
}

/// What grpcurl speaks.
#[tokio::test]
async fn reflection_speaks_the_older_version_too() {
    let control_plane = ControlPlane::start().await;
    let question = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(ADS.into())),
    };
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(channel(control_plane.address).await);
    let mut answers = client.server_reflection_info(tokio_stream::once(question)).await.unwrap().into_inner();
    let answer = soon("an answer", answers.message()).await.unwrap().unwrap().message_response;
    assert!(
        matches!(answer, Some(v1alpha::server_reflection_response::MessageResponse::FileDescriptorResponse(_))),
        "{answer:?}"
    );
    assert!(soon("the end", answers.message()).await.unwrap().is_none());
}
