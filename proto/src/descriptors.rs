//! The descriptors of every message here, for code that learns types at run time.

use std::sync::LazyLock;

pub use prost_reflect::{DescriptorPool, FileDescriptor};

/// An encoded `google.protobuf.FileDescriptorSet` of all protos compiled here and all they import, without comments and
/// without custom options (Envoy's validation rules, for one). gRPC reflection can serve it as it is.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the build wrote these bytes, and every test reads them")]
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the embedded descriptors are valid")
});

/// The same, decoded on first use (some milliseconds) and kept.
#[must_use]
pub fn descriptor_pool() -> &'static DescriptorPool {
    &POOL
}
