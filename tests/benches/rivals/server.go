package main

import (
	"context"
	"fmt"
	"net"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// serve answers ADS from a cache on a port (0 is a free one), which it returns with a channel that says why
// serving ended. The options of gRPC are those of the example server of go-control-plane. It logs
// nothing, which is the default of both libraries.
func serve(ctx context.Context, port int, served cache.Cache) (int, <-chan error, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return 0, nil, err
	}
	grpcServer := grpc.NewServer(
		grpc.MaxConcurrentStreams(1_000_000),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 5 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 30 * time.Second, PermitWithoutStream: true}),
	)
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, server.NewServer(ctx, served, nil))
	failed := make(chan error, 1)
	go func() { failed <- grpcServer.Serve(listener) }()
	return listener.Addr().(*net.TCPAddr).Port, failed, nil
}
