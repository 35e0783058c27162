//! The families of gRPC clients.

use std::path::PathBuf;

use test_support::clients;

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
    /// The program, which `tests/tools/clients` made.
    pub fn program(self) -> PathBuf {
        clients::program(match self {
            Self::Go => "go",
            Self::Java => "java",
            Self::Node => "node",
            Self::Python => "python",
        })
    }
}

/// Makes tests of functions that take a family, one for each family: `spread::is_even::go`.
macro_rules! in_each_family {
    ($($test:ident),+ $(,)?) => {
        $(mod $test {
            use crate::family::Family;

            #[tokio::test]
            async fn go() {
                super::$test(Family::Go).await;
            }

            #[tokio::test]
            async fn java() {
                super::$test(Family::Java).await;
            }

            #[tokio::test]
            async fn node() {
                super::$test(Family::Node).await;
            }

            #[tokio::test]
            async fn python() {
                super::$test(Family::Python).await;
            }
        })+
    };
}
pub(crate) use in_each_family;
