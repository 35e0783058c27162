//! Responses of both forms, and the rules that hold for every one of them, whatever it answers.

use std::collections::BTreeSet;

use data_plane_api::discovery::{DeltaDiscoveryResponse, DiscoveryResponse, Resource};
use prost_types::Any;

/// A response of either form.
pub trait Response {
    /// The type of its resources.
    fn type_url(&self) -> &str;

    /// Its nonce.
    fn nonce(&self) -> &str;

    /// Its resources, in its order.
    fn resources(&self) -> impl Iterator<Item = &Any>;

    /// Fails the test when the response breaks a rule: it has a type, a nonce, a version and the name of the server;
    /// every resource is of the response's type and comes once, as itself and with a version; nothing is said in fields that Chancery
    /// doesn't use.
    fn check(&self);
}

impl Response for DiscoveryResponse {
    fn type_url(&self) -> &str {
        &self.type_url
    }

    fn nonce(&self) -> &str {
        &self.nonce
    }

    fn resources(&self) -> impl Iterator<Item = &Any> {
        self.resources.iter()
    }

    fn check(&self) {
        let Self { version_info, resources, canary, type_url, nonce, control_plane, resource_errors } = self;
        assert!(!version_info.is_empty() && !nonce.is_empty() && control_plane.is_some(), "{self:?}");
        assert!(!canary && resource_errors.is_empty(), "{self:?}");
        assert!(resources.iter().all(|any| any.type_url == *type_url), "a resource of another type: {self:?}");
        let distinct: BTreeSet<_> = resources.iter().map(|any| &any.value).collect();
        assert_eq!(distinct.len(), resources.len(), "a resource came twice: {self:?}");
    }
}

impl Response for DeltaDiscoveryResponse {
    fn type_url(&self) -> &str {
        &self.type_url
    }

    fn nonce(&self) -> &str {
        &self.nonce
    }

    fn resources(&self) -> impl Iterator<Item = &Any> {
        self.resources.iter().filter_map(|resource| resource.resource.as_ref())
    }

    fn check(&self) {
        let Self {
            system_version_info,
            resources,
            type_url,
            removed_resources,
            removed_resource_names,
            nonce,
            control_plane,
            resource_errors,
        } = self;
        assert!(!system_version_info.is_empty() && !nonce.is_empty() && control_plane.is_some(), "{self:?}");
        assert!(removed_resource_names.is_empty() && resource_errors.is_empty(), "{self:?}");
        for Resource { resource_name, name, aliases: _, version, resource, ttl, cache_control, metadata } in resources {
            assert!(!name.is_empty() && (resource.is_none() || !version.is_empty()), "{self:?}");
            let is_of_type = resource.as_ref().is_none_or(|any| any.type_url == *type_url);
            assert!(is_of_type, "a resource of another type: {self:?}");
            let unused = resource_name.is_none() && ttl.is_none() && cache_control.is_none() && metadata.is_none();
            assert!(unused, "{self:?}");
        }
        let named = resources.iter().map(|resource| &resource.name);
        let distinct: BTreeSet<_> = named.chain(removed_resources).collect();
        assert_eq!(distinct.len(), resources.len() + removed_resources.len(), "a name came twice: {self:?}");
    }
}

/// The contents of a response's resources, in its order, where they are text (see
/// [`ControlPlane::have`](crate::control_plane::ControlPlane::have)).
///
/// # Panics
/// When a content isn't text.
pub fn contents(response: &impl Response) -> Vec<&str> {
    response.resources().map(|any| std::str::from_utf8(&any.value).expect("content that is text")).collect()
}
