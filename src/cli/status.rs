//! `chancery status`: shows connected clients.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::{Context as _, anyhow};
use clap::Args;

use super::output::{duration, table};
use super::{Exit, Failure, http};
use crate::channels::{ClientSummary, NackSummary, TypeSummary};
use crate::xds::ResourceType;

/// Show connected clients and the state of each
///
/// Queries the admin port of a running server. For each stream and type the table shows `ok` if the client accepted the last
/// response (ACK), `behind 1.2s` if it hasn't answered for that long, `rejected` if it rejected it (NACK), and `-` if it never
/// subscribed to the type. The messages of rejections follow the table.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chancery status
  chancery status envoy-7d9f -o json
  kubectl -n chancery port-forward deployment/chancery 18001 & chancery status")]
pub(super) struct Status {
    /// Show only the streams of the client with this node id
    #[arg(value_name = "NODE")]
    node: Option<String>,

    /// Admin address of the server
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:18001")]
    admin: SocketAddr,

    /// Output format: text for people, json for programs
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    output: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// How many characters of what a client says of itself are shown.
const MAX_NAME: usize = 60;

impl Status {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { node, admin, output } = self;
        let mut clients = clients(admin)?;
        if let Some(node) = &node {
            clients.retain(|client| client.node == *node);
            if clients.is_empty() {
                return Err(Failure::input(anyhow!("no client with the node id \"{node}\" is connected")));
            }
        }
        match output {
            Format::Text => print_table(out, &clients)?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *out, &clients).map_err(std::io::Error::from)?;
                writeln!(out)?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn clients(admin: SocketAddr) -> Result<Vec<ClientSummary>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let body = runtime.block_on(http::get(admin, "/api/v1/clients")).map_err(|error| {
        Failure::unreachable(error.context("can't reach the server; name its admin port with --admin"))
    })?;
    serde_json::from_slice(&body)
        .context("what answers there isn't a chancery of this version")
        .map_err(Failure::unreachable)
}

fn print_table(out: &mut dyn Write, clients: &[ClientSummary]) -> std::io::Result<()> {
    if clients.is_empty() {
        return writeln!(out, "no client is connected");
    }
    let [cds, eds, lds, rds, sds] = ResourceType::ALL.map(|of_type| of_type.as_str().to_uppercase());
    let [node, fleet, stream, age] = ["NODE", "FLEET", "STREAM", "AGE"].map(str::to_owned);
    let head = [node, fleet, stream, age, cds, eds, lds, rds, sds];
    let rows: Vec<[String; 9]> = [head].into_iter().chain(clients.iter().map(row)).collect();
    for line in table(&rows, 0, MAX_NAME) {
        writeln!(out, "{line}")?;
    }
    for (client, of_type, nack) in nacks(clients) {
        let NackSummary { version: _, message, seconds_ago } = nack;
        let ago = duration(*seconds_ago);
        writeln!(
            out,
            "\n{} ({}) rejected {} {ago} ago:\n  {message}",
            client.node, client.stream, of_type.resource_type
        )?;
    }
    Ok(())
}

fn row(client: &ClientSummary) -> [String; 9] {
    let ClientSummary { node, fleet, client: _, user_agent: _, stream, age_seconds, types } = client;
    let of_type = |wanted| types.iter().find(|one| one.resource_type == wanted).map_or("-".to_owned(), state);
    let [cds, eds, lds, rds, sds] = ResourceType::ALL.map(of_type);
    [shown(node), shown(fleet), stream.clone(), duration(*age_seconds), cds, eds, lds, rds, sds]
}

fn state(of_type: &TypeSummary) -> String {
    let TypeSummary { resource_type: _, sent, acked, behind_seconds, nack } = of_type;
    match (sent, behind_seconds, nack) {
        (_, _, Some(_)) => "rejected".to_owned(),
        (_, Some(seconds), None) => format!("behind {}", duration(*seconds)),
        (None, None, None) => "nothing yet".to_owned(),
        (Some(_), None, None) if acked == sent => "ok".to_owned(),
        (Some(_), None, None) => "unanswered".to_owned(),
    }
}

fn nacks(clients: &[ClientSummary]) -> impl Iterator<Item = (&ClientSummary, &TypeSummary, &NackSummary)> {
    let types = clients.iter().flat_map(|client| client.types.iter().map(move |of_type| (client, of_type)));
    types.filter_map(|(client, of_type)| of_type.nack.as_ref().map(|nack| (client, of_type, nack)))
}

/// What a client said of itself, without what would disturb the table or the terminal.
fn shown(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn client(node: &str, types: &serde_json::Value) -> ClientSummary {
        let client = json!({
            "node": node, "fleet": "edge", "client": "envoy", "user_agent": "envoy 1.40.0", "stream": "ads delta 3",
            "age_seconds": 754.2, "types": types,
        });
        serde_json::from_value(client).unwrap()
    }

    fn printed(clients: &[ClientSummary]) -> String {
        let mut out = Vec::new();
        print_table(&mut out, clients).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_state_of_a_type_has_its_word() {
        let clients = [
            client(
                "envoy-1",
                &json!([
                    {"type": "cds", "sent": "2", "acked": "2"},
                    {"type": "eds", "sent": "2", "acked": "1", "behind_seconds": 1.24},
                    {"type": "lds", "sent": "2", "rejected": {"version": "2", "message": "no such filter", "seconds_ago": 90.0}},
                    {"type": "rds"},
                ]),
            ),
            client("envoy-with-a-longer-name\u{1b}[31m", &json!([])),
        ];
        assert_eq!(
            printed(&clients),
            "NODE                          FLEET  STREAM       AGE  CDS  EDS          LDS       RDS          SDS\n\
             envoy-1                       edge   ads delta 3  12m  ok   behind 1.2s  rejected  nothing yet  -\n\
             envoy-with-a-longer-name[31m  edge   ads delta 3  12m  -    -            -         -            -\n\
             \n\
             envoy-1 (ads delta 3) rejected lds 1m ago:\n  \
             no such filter\n"
        );
        assert_eq!(printed(&[]), "no client is connected\n");
    }

    #[test]
    fn durations_are_short() {
        let durations = [0.0, 0.85, 12.34, 60.0, 3599.0, 7200.0, 300_000.0].map(duration);
        assert_eq!(durations, ["0ms", "850ms", "12.3s", "1m", "59m", "2h", "3d"]);
    }
}
