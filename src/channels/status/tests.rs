use super::*;

#[test]
fn a_kind_is_unlisted_until_it_is_listed() {
    let (writer, reader) = status_channel();
    assert_eq!(reader.read().unlisted().collect::<Vec<_>>(), Kind::ALL);
    writer.update(|status| status.listed.extend([Kind::Service, Kind::Pod]));
    assert_eq!(reader.read().unlisted().collect::<Vec<_>>(), [Kind::Namespace, Kind::EndpointSlice]);
}

#[test]
fn staleness_grows_only_while_out_of_touch() {
    let (writer, reader) = status_channel();
    let since = Instant::now();
    let later = since + Duration::from_secs(7);
    assert_eq!(reader.read().staleness(later), Duration::ZERO);
    writer.update(|status| status.outage = Some(Outage { since, error: "connection refused".to_owned() }));
    assert_eq!(reader.read().staleness(later), Duration::from_secs(7));
    writer.update(|status| status.outage = None);
    assert_eq!(reader.read().staleness(later), Duration::ZERO);
}
