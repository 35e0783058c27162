//! The families of gRPC clients.

use std::path::PathBuf;

use rig::programs;
use serde_json::Value;

/// One implementation of gRPC and of xDS in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `google.golang.org/grpc`.
    Go,
    /// `io.grpc`.
    Java,
    /// `@grpc/grpc-js`.
    Node,
    /// `grpcio`, which is the one of C++.
    Python,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Go, Self::Java, Self::Node, Self::Python];

    /// The program, which `tests/tools/clients` made.
    pub fn program(self) -> PathBuf {
        programs::client(match self {
            Self::Go => "go",
            Self::Java => "java",
            Self::Node => "node",
            Self::Python => "python",
        })
    }

    /// What users call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Go => "grpc-go",
            Self::Java => "grpc-java",
            Self::Node => "grpc-js",
            Self::Python => "grpcio",
        }
    }

    /// The version that is tested, from where it is pinned.
    pub fn version(self) -> String {
        let first = |text: &str| text.split(['\n', '<']).next().unwrap().to_owned();
        match self {
            Self::Go => first(after(include_str!("../clients/go/go.mod"), "google.golang.org/grpc v")),
            Self::Java => {
                let artifact = after(include_str!("../clients/java/pom.xml"), "<artifactId>grpc-xds</artifactId>");
                first(after(artifact, "<version>"))
            }
            Self::Node => locked("@grpc/grpc-js"),
            Self::Python => first(after(include_str!("../tools/grpcio"), "\nversion=")),
        }
    }
}

/// What follows `before`.
fn after<'a>(text: &'a str, before: &str) -> &'a str {
    text.split_once(before).unwrap().1
}

/// The version of a package of npm.
pub fn locked(package: &str) -> String {
    let locked: Value = serde_json::from_str(include_str!("../clients/node/package-lock.json")).unwrap();
    locked["packages"][format!("node_modules/{package}")]["version"].as_str().unwrap().to_owned()
}

/// Makes tests of functions that take a family, one for each family: `spread::is_even::go`. Each says which feature it tests.
///
/// What follows `else` is run in the place of the test for a family that lacks the feature, and must find it lacking.
macro_rules! in_each_family {
    ($($feature:ident: $test:ident $(else $lacking:ident)?),+ $(,)?) => {
        /// Which features are tested here, and whether the lack of each is.
        pub const TESTED: &[(crate::features::Feature, bool)] =
            &[$((crate::features::Feature::$feature, !stringify!($($lacking)?).is_empty())),+];

        $(mod $test {
            use crate::family::{Family, finds_lacking};
            use crate::features::Feature;

            #[tokio::test]
            async fn go() {
                run(Family::Go).await;
            }

            #[tokio::test]
            async fn java() {
                run(Family::Java).await;
            }

            #[tokio::test]
            async fn node() {
                run(Family::Node).await;
            }

            #[tokio::test]
            async fn python() {
                run(Family::Python).await;
            }

            async fn run(family: Family) {
                if Feature::$feature.is_lacked_by(family) {
                    finds_lacking!(family, $(super::$lacking)?);
                } else {
                    super::$test(family).await;
                }
            }
        })+
    };
}
pub(crate) use in_each_family;

/// Runs the test that finds a feature lacking.
macro_rules! finds_lacking {
    ($family:expr,) => {
        panic!("{:?} is said to lack it: let a test find that it does", $family)
    };
    ($family:expr, $test:path) => {
        $test($family).await
    };
}
pub(crate) use finds_lacking;
