"""The echo service and grpc.health.v1 on grpcio, which does what it does by default unless it is told otherwise.

    stock.py ADDRESS NAME [OPTION=NUMBER]...

OPTION is an argument of a gRPC core channel, grpc.http2.max_ping_strikes say. "ready" on stdout says that it listens. A line
on stdin stops it as servers are stopped: what has begun may end. The end of stdin ends it at once.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

SERVING = b"\x08\x01"

# More than any test has open at a time: each stream keeps one.
THREADS = 50

# Seconds, longer than any test takes.
GRACE = 60


def main(address, name, *options):
    def echo(request, context):
        """With how long the caller is going to wait, as far as this server knows: seconds, in a header; without a
        deadline centuries."""
        context.send_initial_metadata([("time-remaining", str(int(context.time_remaining())))])
        return answer(request)

    def stream(requests, context):
        # Else the caller would know only by the first answer that there is a stream.
        context.send_initial_metadata([])
        return map(answer, requests)

    def answer(request):
        # EchoRequest.message and EchoResponse.message are the same bytes; EchoResponse.pod is field 2, a string.
        pod = name.encode()
        return request + bytes([2 << 3 | 2, len(pod)]) + pod

    methods = {
        "/chancery.echo.v1.Echo/Echo": grpc.unary_unary_rpc_method_handler(echo),
        "/chancery.echo.v1.Echo/Stream": grpc.stream_stream_rpc_method_handler(stream),
        "/grpc.health.v1.Health/Check": grpc.unary_unary_rpc_method_handler(lambda _request, _context: SERVING),
    }

    class Methods(grpc.GenericRpcHandler):
        def service(self, details):
            return methods.get(details.method)

    pairs = [option.split("=") for option in options]
    server = grpc.server(ThreadPoolExecutor(THREADS), [Methods()], options=[(key, int(value)) for key, value in pairs])
    server.add_insecure_port(address)
    server.start()
    print("ready", flush=True)
    server.stop(GRACE if sys.stdin.readline() else None).wait()


main(*sys.argv[1:])
