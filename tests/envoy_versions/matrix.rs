//! Every version with every variant.

use std::fmt;
use std::net::SocketAddr;

use data_plane_api::bootstrap::Bootstrap;
use data_plane_api::json;
use rig::envoy::{Program, Proxy, VERSIONS, Variant};
use rig::programs;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many run at once. Each brings an Envoy, servers and pods; more of them on a small machine only wait for each other.
static ROOM: Semaphore = Semaphore::const_new(2);

/// An Envoy of one version that speaks one variant.
#[derive(Debug)]
pub struct Combination {
    /// The version, one of [`VERSIONS`].
    pub version: &'static str,
    /// The variant.
    pub variant: Variant,
    program: Program,
    _room: SemaphorePermit<'static>,
}

impl Combination {
    /// The one of [`VERSIONS`] with this number, and this variant; when there is room for it.
    pub async fn enter(version: usize, variant: Variant) -> Self {
        let room = ROOM.acquire().await.unwrap();
        let version = VERSIONS[version];
        Self { version, variant, program: programs::envoy_of(version), _room: room }
    }

    /// Starts this Envoy with a bootstrap whose admin interface is at `admin`.
    pub fn start(&self, bootstrap: &Bootstrap, admin: SocketAddr) -> Proxy {
        Proxy::start_program(&self.program, &json::of(bootstrap).unwrap(), admin)
    }
}

impl fmt::Display for Combination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envoy {} ({})", self.program.version, self.variant)
    }
}

/// Makes a test of each combination, named after the two, of a function that takes a [`Combination`].
macro_rules! every_combination {
    ($body:path) => {
        every_combination!($body, envoy_1_36 = 0);
        every_combination!($body, envoy_1_38 = 1);
        every_combination!($body, envoy_1_40 = 2);
    };
    ($body:path, $version:ident = $number:literal) => {
        mod $version {
            use rig::envoy::Variant;

            use crate::matrix::Combination;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn over_ads_in_the_state_of_the_world() {
                $body(Combination::enter($number, Variant::AdsSotw).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn over_ads_in_delta() {
                $body(Combination::enter($number, Variant::AdsDelta).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn over_separate_streams_in_the_state_of_the_world() {
                $body(Combination::enter($number, Variant::SeparateSotw).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn over_separate_streams_in_delta() {
                $body(Combination::enter($number, Variant::SeparateDelta).await).await;
            }
        }
    };
}

/// A version or variant more needs its tests.
const _: () = assert!(VERSIONS.len() == 3 && Variant::ALL.len() == 4);
