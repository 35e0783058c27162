"""A gRPC client of grpcio that does what its standard input says: see ../README.md."""

import json
import sys
import threading
from concurrent import futures

import grpc
import grpc_csds

import echo

METHOD = "/chancery.echo.v1.Echo/Echo"


class Outcome:
    """What became of calls."""

    def __init__(self):
        self.lock = threading.Lock()
        self.pods = {}
        self.errors = []

    def call(self, method, asked):
        """Makes one call, and returns when it is over."""
        metadata = list(asked.get("headers", {}).items())
        deadline = asked.get("deadline_ms", 5000) / 1000
        try:
            pod = method("hello", metadata=metadata, timeout=deadline)
        except grpc.RpcError as error:
            with self.lock:
                self.errors.append({"code": error.code().value[0], "message": error.details()})
            return
        with self.lock:
            self.pods[pod] = self.pods.get(pod, 0) + 1

    def answer(self):
        with self.lock:
            return {"pods": dict(self.pods), "errors": list(self.errors)}


class Background:
    """Calls at a rate, each call beside the others, until it is stopped."""

    def __init__(self, method, asked):
        self.outcome = Outcome()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(method, asked), daemon=True)
        self.thread.start()

    def run(self, method, asked):
        with futures.ThreadPoolExecutor(max_workers=64) as pool:
            while not self.stopped.wait(1 / asked["start"]):
                pool.submit(self.outcome.call, method, asked)

    def stop(self):
        self.stopped.set()
        self.thread.join()


class Channel:
    """A channel, and the method on it."""

    def __init__(self, target, options):
        self.channel = grpc.insecure_channel(target, options)
        self.method = self.channel.unary_unary(
            METHOD, request_serializer=echo.serialize, response_deserializer=echo.deserialize
        )

    def state(self, connect=False):
        """The state now. Not by a subscription: who has one can't close the channel for up to a fifth of a second."""
        number = self.channel._channel.check_connectivity_state(connect)
        return next(state.name for state in grpc.ChannelConnectivity if state.value[0] == number)


class Channels:
    """The channel that the program was started with, whose target is "", and those dialled since, by target."""

    def __init__(self, target, options):
        self.options = options
        self.channels = {"": Channel(target, options)}

    def dial(self, targets):
        """Makes these targets the dialled ones, and says what refused to be one."""
        refused = {}
        for target in set(targets) - set(self.channels):
            try:
                channel = Channel(target, self.options)
                channel.state(connect=True)
                self.channels[target] = channel
            except Exception as error:
                refused[target] = str(error)
        for target in set(self.channels) - {"", *targets}:
            self.channels.pop(target).channel.close()
        return refused


def admin():
    """Serves what the client says of its own xDS resources."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    grpc_csds.add_csds_servicer(server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    return server, address


def say(answer):
    print(json.dumps(answer), flush=True)


def serve(address, name):
    """Answers calls, as xDS says, until the standard input ends. When it serves it isn't told."""
    server, csds = admin()
    say({"version": grpc.__version__, "csds": csds})
    served = grpc.server(futures.ThreadPoolExecutor(max_workers=16), xds=True)
    method = grpc.unary_unary_rpc_method_handler(
        lambda request, context: name, response_serializer=echo.serialize_response
    )
    handler = grpc.method_handlers_generic_handler("chancery.echo.v1.Echo", {"Echo": method})
    served.add_generic_rpc_handlers((handler,))
    served.add_insecure_port(address)
    served.start()
    sys.stdin.read()
    served.stop(10).wait()
    server.stop(None)


def main(target, idle=None):
    options = [] if idle is None else [("grpc.client_idle_timeout_ms", int(idle))]
    channels = Channels(target, options)
    server, csds = admin()
    say({"version": grpc.__version__, "csds": csds})
    background = None
    for line in sys.stdin:
        asked = json.loads(line)
        channel = channels.channels[asked.get("on", "")]
        if "call" in asked:
            outcome = Outcome()
            for _ in range(asked["call"]):
                outcome.call(channel.method, asked)
            say(outcome.answer())
        elif "start" in asked:
            background = Background(channel.method, asked)
            say(background.outcome.answer())
        elif "stop" in asked:
            background.stop()
            say(background.outcome.answer())
        elif "state" in asked:
            say({"state": channel.state()})
        elif "dial" in asked:
            say({"refused": channels.dial(asked["dial"])})
        else:
            raise ValueError(f"not a command: {line}")
    server.stop(None)


if sys.argv[1] == "--serve":
    serve(*sys.argv[2:])
else:
    main(*sys.argv[1:])
