use super::*;

#[test]
fn refusals_are_added_up_by_kind_of_client() {
    let metrics = "# TYPE chancery_xds_nacks counter\n\
        chancery_xds_nacks_total{type=\"cds\",client=\"grpc\"} 1\n\
        chancery_xds_nacks_total{type=\"eds\",client=\"grpc\"} 20\n\
        chancery_xds_nacks_total{type=\"eds\",client=\"envoy\"} 300\n\
        chancery_xds_acks_total{type=\"eds\",client=\"grpc\"} 4000\n";
    assert_eq!((refused_by("grpc", metrics), refused_by("envoy", metrics), refused_by("", metrics)), (21, 300, 0));
}
