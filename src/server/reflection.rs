//! The gRPC reflection service: the services of this port and their descriptors, for tools like grpcurl.
//!
//! Both versions of the protocol, `v1` and `v1alpha`, which grpcurl still speaks: their messages are the same, only the
//! name of the package differs.

use std::pin::Pin;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Request as HttpRequest;
use axum::http::Uri;
use axum::routing::any;
use data_plane_api::{DescriptorPool, FileDescriptor, descriptor_pool};
use futures::{Stream, stream};
use tonic::codegen::Service as _;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::{ServerReflection, ServerReflectionServer};
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse, ServerReflectionRequest,
    ServerReflectionResponse, ServiceResponse,
};
use tonic_reflection::pb::{v1, v1alpha};

use super::connection::Connection;
use super::{health, methods};

const NAME: &str = "grpc.reflection.v1.ServerReflection";
const NAME_ALPHA: &str = "grpc.reflection.v1alpha.ServerReflection";
const METHOD: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const METHOD_ALPHA: &str = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

/// All descriptors: our own, and those of health and reflection. Decoded when first asked
/// for, since most servers never are.
static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let mut pool = descriptor_pool().clone();
    for set in [tonic_health::pb::FILE_DESCRIPTOR_SET, v1::FILE_DESCRIPTOR_SET, v1alpha::FILE_DESCRIPTOR_SET] {
        #[expect(clippy::expect_used, reason = "constants of two crates, read by a test")]
        pool.decode_file_descriptor_set(set).expect("embedded descriptors are valid");
    }
    pool
});

/// The routes of both versions.
pub(super) fn routes() -> Router {
    let service = ServerReflectionServer::new(Reflection);
    let renamed = service.clone();
    let alpha = any(move |mut request: HttpRequest| {
        let mut service = renamed.clone();
        async move {
            *request.uri_mut() = Uri::from_static(METHOD);
            service.call(request).await
        }
    });
    Router::new().route_service(METHOD, service).route(METHOD_ALPHA, alpha)
}

/// The service.
struct Reflection;

#[tonic::async_trait]
impl ServerReflection for Reflection {
    type ServerReflectionInfoStream = Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

    async fn server_reflection_info(
        &self,
        request: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let connection = Connection::of(request.extensions())?;
        let state = (request.into_inner(), connection);
        let answers = stream::unfold(state, async |(mut requests, connection)| {
            let request = connection.retired.run_until_cancelled(requests.message()).await?.ok()??;
            Some((Ok(answer(request)), (requests, connection)))
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

fn answer(request: ServerReflectionRequest) -> ServerReflectionResponse {
    let message = match &request.message_request {
        Some(MessageRequest::ListServices(_)) => MessageResponse::ListServicesResponse(ListServiceResponse {
            service: methods::services()
                .chain([health::NAME, NAME, NAME_ALPHA])
                .map(|name| ServiceResponse { name: name.to_owned() })
                .collect(),
        }),
        Some(MessageRequest::FileByFilename(name)) => file(POOL.get_file_by_name(name)),
        Some(MessageRequest::FileContainingSymbol(symbol)) => file(file_of(symbol)),
        // Our descriptors are proto3 without custom options, so nothing in them can be extended.
        Some(MessageRequest::FileContainingExtension(_)) => file(None),
        Some(MessageRequest::AllExtensionNumbersOfType(name)) => {
            MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                base_type_name: name.clone(),
                extension_number: Vec::new(),
            })
        }
        None => error(Code::InvalidArgument, "message_request: missing"),
    };
    ServerReflectionResponse {
        valid_host: request.host.clone(),
        original_request: Some(request),
        message_response: Some(message),
    }
}

/// The file that declares a service, a method, a message or an enum.
fn file_of(symbol: &str) -> Option<FileDescriptor> {
    let service = |name: &str| POOL.get_service_by_name(name);
    let method = || {
        let (parent, name) = symbol.rsplit_once('.')?;
        service(parent).filter(|service| service.methods().any(|method| method.name() == name))
    };
    service(symbol)
        .or_else(method)
        .map(|service| service.parent_file())
        .or_else(|| POOL.get_message_by_name(symbol).map(|message| message.parent_file()))
        .or_else(|| POOL.get_enum_by_name(symbol).map(|one| one.parent_file()))
}

/// One file. Its imports are left for the client to ask for: most clients have them, or need none.
fn file(found: Option<FileDescriptor>) -> MessageResponse {
    match found {
        Some(file) => MessageResponse::FileDescriptorResponse(FileDescriptorResponse {
            file_descriptor_proto: vec![file.encode_to_vec()],
        }),
        None => error(Code::NotFound, "not part of the services of this port"),
    }
}

/// An error that leaves the stream open for the next request.
fn error(code: Code, message: &str) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse { error_code: code.into(), error_message: message.to_owned() })
}
