//! What is measured, and in which order.

mod churn;
mod kubernetes;
mod propagation;
mod restart;
mod start;

pub use churn::{Churned, churn};
pub use kubernetes::{Writes, Writing, Written};
pub use propagation::{Case, Measured, measure, number};
pub use restart::{Restarted, restart};
pub use start::{Started, start, start_on};
