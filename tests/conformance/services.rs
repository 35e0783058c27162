//! O, other services: load reports (LRS), client status (CSDS) and secrets (SDS).
