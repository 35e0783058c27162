//! Derives the protocol of a port without an annotation.

use crate::model::{Protocol, object};

/// What of a port says its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    AppProtocol,
    PortName,
    PortNumber,
    Nothing,
}

/// The port of HTTP over TLS (RFC 9110 §4.2.2), also as people write it for the name of a port.
const HTTPS: (u16, &str) = (443, "443");

/// The words for other protocols over TCP that people use for `appProtocol` and port names: those of IANA's registry of
/// service names, and those that the field uses instead.
const OTHER_TCP: &[&str] = &[
    "amqp",
    "beats",
    "cassandra",
    "cql",
    "dns",
    "dns-tcp",
    "domain",
    "epmd",
    "ftp",
    "gelf",
    "imap",
    "jmx",
    "kafka",
    "kerberos",
    "ldap",
    "mariadb",
    "memcache",
    "memcached",
    "microsoft-ds",
    "mongo",
    "mongodb",
    "mqtt",
    "ms-sql-s",
    "mssql",
    "mysql",
    "mysqlx",
    "nats",
    "nfs",
    "openwire",
    "pgsql",
    "pop3",
    "postgres",
    "postgresql",
    "rabbitmq",
    "rdp",
    "redis",
    "rsync",
    "rtmp",
    "rtsp",
    "sftp",
    "sip",
    "smb",
    "smtp",
    "ssh",
    "stomp",
    "syslog",
    "tcp",
    "telnet",
    "thrift",
    "valkey",
    "vnc",
    "xmpp",
    "zk",
    "zookeeper",
];

/// The words that say TLS: by themselves, or HTTP, gRPC, WebSockets and others over it.
const OVER_TLS: &[&str] = &[
    "amqps", "domain-s", "ftps", "grpcs", "hbone", "https", "imaps", "ldaps", "mqtts", "mtls", "pop3s", "rediss",
    "smtps", "ssl", "tls", "wss",
];

/// Those of them that say so anywhere in a name: `git-https`, `grpc-tls`.
const SECURE: &[&str] = &["grpcs", "https", "mtls", "ssl", "tls", "wss"];

/// The words by which a name takes back that there is TLS: `grpc-no-tls`.
const NOT: &[&str] = &["no", "non", "without"];

/// What `appProtocol` says, else what the port's name says, else its number if that is HTTPS's, else the default.
pub(super) fn of(port: &object::Port) -> (Protocol, Said) {
    let by_app_protocol = || Some((port.app_protocol.as_deref().and_then(by_app_protocol)?, Said::AppProtocol));
    let by_name = || Some((by_name(&port.name)?, Said::PortName));
    let by_number = || (port.number == HTTPS.0).then_some((Protocol::Tls, Said::PortNumber));
    by_app_protocol().or_else(by_name).or_else(by_number).unwrap_or((Protocol::default(), Said::Nothing))
}

/// The `appProtocol` of a port, if it has one that isn't understood.
pub(super) fn unknown_app_protocol(port: &object::Port) -> Option<&str> {
    port.app_protocol.as_deref().filter(|word| !word.is_empty() && by_app_protocol(word).is_none())
}

/// A word of Kubernetes (`kubernetes.io/h2c`, KEP-3726), or of another domain that has words like it, or of IANA's registry,
/// or else a name.
fn by_app_protocol(text: &str) -> Option<Protocol> {
    let word = match text.split_once('/') {
        Some((domain, word)) if domain.contains('.') => word,
        _ => text,
    };
    by_word(&word.to_ascii_lowercase()).or_else(|| by_name(word))
}

/// What a name says: `<protocol>[-<suffix>]`, as Kubernetes' documentation and Istio have it; and a later word for TLS says
/// that there is TLS.
fn by_name(name: &str) -> Option<Protocol> {
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name.split('-').collect();
    let says_tls = |pair: &[&str]| matches!(pair, [before, word] if SECURE.contains(word) && !NOT.contains(before));
    if words.windows(2).any(says_tls) || name == HTTPS.1 {
        return Some(Protocol::Tls);
    }
    match words.as_slice() {
        ["grpc", "web", ..] => by_word("grpc-web"),
        [first, ..] => by_word(first),
        [] => None,
    }
}

fn by_word(word: &str) -> Option<Protocol> {
    match word {
        "grpc" => Some(Protocol::Grpc),
        "h2c" | "http2" | "http/2" => Some(Protocol::Http2),
        // A WebSocket is an HTTP/1.1 connection that is upgraded.
        "http" | "http1" | "http1.1" | "http/1" | "http/1.0" | "http/1.1" | "ws" | "websocket" | "www" => {
            Some(Protocol::Http1)
        }
        // Servers differ in whether they take it over HTTP/1, HTTP/2 or both; the caller has chosen.
        "grpc-web" => Some(Protocol::Auto),
        word if OVER_TLS.contains(&word) => Some(Protocol::Tls),
        word if OTHER_TCP.contains(&word) => Some(Protocol::Tcp),
        _ => None,
    }
}
