package main

import (
	"context"
	"io"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/xds"
)

// serve answers calls, as xDS says, until the standard input ends: see ../README.md.
func serve(address, name string) error {
	out, err := introduce()
	if err != nil {
		return err
	}
	said := xds.ServingModeCallback(func(_ net.Addr, changed xds.ServingModeChangeArgs) {
		out.Encode(map[string]bool{"serving": changed.Mode == connectivity.ServingModeServing})
	})
	server, err := xds.NewGRPCServer(said, grpc.ForceServerCodecV2(echoCodec{}))
	if err != nil {
		return err
	}
	echo := func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		return echoResponse{name}, decode(&anyRequest{})
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "chancery.echo.v1.Echo",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Echo", Handler: echo}},
	}, nil)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		server.GracefulStop()
	}()
	return server.Serve(listener)
}
