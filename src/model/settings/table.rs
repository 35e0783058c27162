//! Every setting there is.

use super::MAX_VALUE_BYTES;
use super::domain;
use super::value::{self, Fault, Read, Value};
use super::word;
use crate::model::{LbPolicy, Protocol, RetryOn, ZoneRouting};

/// One setting: its key, its values, its default, and what it does to a port's policy.
#[derive(Debug)]
pub struct Setting {
    /// The annotation's name after the prefix.
    pub key: &'static str,
    /// What it is for, in one line.
    pub about: &'static str,
    /// What is in force when nobody sets it.
    pub default: &'static str,
    /// Which ports it is for when the annotation names none.
    pub reach: Reach,
    /// The values it accepts, as they follow the word "expected".
    pub accepts: fn() -> String,
    read: fn(&str) -> Read,
}

/// The ports that an annotation without a port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Each port of the Service.
    EveryPort,
    /// Its default port only.
    DefaultPort,
}

/// How often a request may be tried again.
const MAX_RETRIES: u32 = 100;

/// How many retries a budget may always allow.
const MAX_CONCURRENT_RETRIES: u32 = 1_000_000;

/// Every setting, in the order of the reference page.
pub static TABLE: [Setting; 9] = [
    Setting {
        key: "enabled",
        about: "Whether clients get the Service, or the port, at all.",
        default: "false",
        reach: Reach::EveryPort,
        accepts: || "true or false".to_owned(),
        read: |text| Read::of(value::boolean(text), |to, on| to.enabled = *on),
    },
    Setting {
        key: "fleets",
        about: "Which fleets of Envoys get it.",
        default: "*",
        reach: Reach::EveryPort,
        accepts: || "a list of fleet names, or * for all".to_owned(),
        read: |text| Read::of(value::fleets(text), |to, fleets| to.policy.fleets = fleets.clone()),
    },
    Setting {
        key: "hosts",
        about: "More domains that lead to it through Envoy.",
        default: "none",
        reach: Reach::DefaultPort,
        accepts: || "a list of domains such as shop.example.com, *.example.com or shop.example.com:8080".to_owned(),
        read: |text| Read::of_parts(domain::list(text), |to, hosts| to.policy.hosts.clone_from(hosts)),
    },
    Setting {
        key: "protocol",
        about: "What its pods speak.",
        default: "what appProtocol or else the port's name says, else http2",
        reach: Reach::EveryPort,
        accepts: word::one_of::<Protocol>,
        read: |text| Read::of(word::word(text), |to, protocol| to.policy.protocol = *protocol),
    },
    Setting {
        key: "lb-policy",
        about: "How a request finds its pod.",
        default: "round-robin",
        reach: Reach::EveryPort,
        accepts: word::one_of::<LbPolicy>,
        read: |text| Read::of(word::word(text), |to, policy| to.policy.lb_policy = *policy),
    },
    Setting {
        key: "zone-routing",
        about: "Whether requests go to the pods of the client's zone, or on its node, first.",
        default: "what spec.trafficDistribution says, else off",
        reach: Reach::EveryPort,
        accepts: word::one_of::<ZoneRouting>,
        read: |text| Read::of(word::word(text), |to, zone_routing| to.policy.zone_routing = *zone_routing),
    },
    Setting {
        key: "retry-on",
        about: "When a request is tried again on another pod.",
        default: "connect-failure,refused-stream,reset-before-request",
        reach: Reach::EveryPort,
        accepts: || format!("none, or a list of {}", word::one_of::<RetryOn>()),
        read: |text| {
            Read::of(word::set_or_none(text), |to, on| {
                to.policy.retry.on.clone_from(on);
                to.policy.retry.annotated = true;
            })
        },
    },
    Setting {
        key: "num-retries",
        about: "How often a request is tried again at most.",
        default: "1",
        reach: Reach::EveryPort,
        accepts: || format!("a whole number from 1 to {MAX_RETRIES} (to never retry, set retry-on to none)"),
        read: |text| Read::of(value::whole(text, 1..=MAX_RETRIES), |to, n| to.policy.retry.num_retries = *n),
    },
    Setting {
        key: "retry-budget-min-concurrency",
        about: "How many retries may be under way at a time, however few requests are.",
        default: "3",
        reach: Reach::EveryPort,
        accepts: || format!("a whole number from 0 to {MAX_CONCURRENT_RETRIES}"),
        read: |text| {
            Read::of(value::whole(text, 0..=MAX_CONCURRENT_RETRIES), |to, n| {
                to.policy.retry.budget_min_concurrency = *n;
            })
        },
    },
];

impl Setting {
    /// The setting with this key.
    pub fn find(key: &str) -> Option<&'static Self> {
        TABLE.iter().find(|setting| setting.key == key)
    }

    /// Reads a value: what of it can be used, if anything, and what can't.
    pub(super) fn read(&self, text: &str) -> (Option<Value>, Vec<Fault>) {
        let text = text.trim();
        if text.len() > MAX_VALUE_BYTES {
            return (None, vec![self.fault(&format!("longer than {MAX_VALUE_BYTES} bytes, the limit of Kubernetes"))]);
        }
        if text.is_empty() {
            return (None, vec![self.fault("empty")]);
        }
        let Read { change, faults } = (self.read)(text);
        let faults =
            faults.into_iter().map(|fault| Fault { message: self.expecting(&fault.message), ..fault }).collect();
        (change.map(|change| Value::new(text, change)), faults)
    }

    fn fault(&self, what: &str) -> Fault {
        Fault::new(self.expecting(what))
    }

    fn expecting(&self, what: &str) -> String {
        format!("{what}; expected {}", (self.accepts)())
    }
}
