package main

import (
	"fmt"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	upstreams "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"golang.org/x/sys/unix"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
)

// grpcPort is the port of every Service and endpoint of a world.
const grpcPort = 50051

// A world is how many Services linear and snapshot serve, and how many endpoints each of them has.
type world struct {
	services, endpoints int
}

// check says what doesn't fit into the addresses: 64,000 Services, and endpoints that stay below 100.0.0.0.
func (w world) check() error {
	if w.services < 1 || w.services > 64_000 {
		return fmt.Errorf("%w: --services must be 1 to 64000", errUsage)
	}
	if w.endpoints < 1 || w.endpoints > 20_000 {
		return fmt.Errorf("%w: --endpoints must be 1 to 20000", errUsage)
	}
	return nil
}

// checkService says whether the world has that Service.
func (w world) checkService(service int) error {
	if service >= w.services {
		return fmt.Errorf("%w: no Service %d", errUsage, service)
	}
	return nil
}

// name is the name of the cluster, and of the assignment, of a Service.
func (w world) name(service int) string {
	return fmt.Sprintf("bench/s%d/%d", service, grpcPort)
}

// assignment has the sequence number in the last 24 bits of the first endpoint's address. The other
// endpoints are 11.<service/250>.<service%250>.<endpoint>; the first byte counts on from the 256th.
func (w world) assignment(service int, sequence uint32) *endpoint.ClusterLoadAssignment {
	endpoints := make([]*endpoint.LbEndpoint, w.endpoints)
	endpoints[0] = lbEndpoint(fmt.Sprintf("100.%d.%d.%d", sequence>>16, sequence>>8&0xff, sequence&0xff), grpcPort)
	for k := 1; k < w.endpoints; k++ {
		endpoints[k] = lbEndpoint(fmt.Sprintf("%d.%d.%d.%d", 11+k/256, service/250, service%250, k%256), grpcPort)
	}
	return loadAssignment(w.name(service), endpoints)
}

func loadAssignment(name string, endpoints []*endpoint.LbEndpoint) *endpoint.ClusterLoadAssignment {
	return &endpoint.ClusterLoadAssignment{
		ClusterName: name,
		Endpoints:   []*endpoint.LocalityLbEndpoints{{LbEndpoints: endpoints}},
	}
}

func lbEndpoint(address string, port uint32) *endpoint.LbEndpoint {
	return &endpoint.LbEndpoint{
		HostIdentifier: &endpoint.LbEndpoint_Endpoint{Endpoint: &endpoint.Endpoint{
			Address: &core.Address{Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
				Address:       address,
				PortSpecifier: &core.SocketAddress_PortValue{PortValue: port},
			}}},
		}},
		HealthStatus: core.HealthStatus_HEALTHY,
	}
}

// edsCluster is a cluster for HTTP/2 whose assignment has the same name.
func edsCluster(name string) *cluster.Cluster {
	return &cluster.Cluster{
		Name:                 name,
		ConnectTimeout:       durationpb.New(5 * time.Second),
		ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_EDS},
		EdsClusterConfig: &cluster.Cluster_EdsClusterConfig{
			ServiceName: name,
			EdsConfig: &core.ConfigSource{
				ResourceApiVersion:    core.ApiVersion_V3,
				ConfigSourceSpecifier: &core.ConfigSource_Ads{Ads: &core.AggregatedConfigSource{}},
			},
		},
		TypedExtensionProtocolOptions: map[string]*anypb.Any{
			"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2,
		},
	}
}

var http2 = func() *anypb.Any {
	options, err := anypb.New(&upstreams.HttpProtocolOptions{
		UpstreamProtocolOptions: &upstreams.HttpProtocolOptions_ExplicitHttpConfig_{
			ExplicitHttpConfig: &upstreams.HttpProtocolOptions_ExplicitHttpConfig{
				ProtocolConfig: &upstreams.HttpProtocolOptions_ExplicitHttpConfig_Http2ProtocolOptions{
					Http2ProtocolOptions: &core.Http2ProtocolOptions{},
				},
			},
		},
	})
	if err != nil {
		panic(err) // a constant message of a linked-in type
	}
	return options
}()

// monotonic reads the clock that all processes of a machine share, in nanoseconds.
func monotonic() (int64, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return 0, err
	}
	return now.Nano(), nil
}
