'use strict';

// A gRPC client of @grpc/grpc-js that does what its standard input says: see ../README.md.

const readline = require('node:readline');
const grpc = require('@grpc/grpc-js');
const xds = require('@grpc/grpc-js-xds');
const echo = require('./echo');

xds.register();

const METHOD = '/chancery.echo.v1.Echo/Echo';

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** One call; what becomes of it goes into `outcome`, and if it is asked for, onto a line of its own. */
const call = (client, asked, outcome) =>
  new Promise((resolve) => {
    const metadata = new grpc.Metadata();
    for (const [key, value] of Object.entries(asked.headers ?? {})) metadata.set(key, value);
    const began = performance.now();
    const deadline = Date.now() + (asked.deadline_ms ?? 5000);
    let server;
    const ended = (error, pod) => {
      const failure = error && { code: error.code, message: error.details };
      if (failure) outcome.errors.push(failure);
      else outcome.pods[pod] = (outcome.pods[pod] ?? 0) + 1;
      const ms = performance.now() - began;
      if (asked.report) say({ ended: failure ? { ms, error: failure } : { ms, pod, server } });
      resolve();
    };
    client
      .makeUnaryRequest(METHOD, echo.serialize, echo.deserialize, 'hello', metadata, { deadline }, ended)
      .on('metadata', (headers) => ([server] = headers.get('server')));
  });

/** Calls at a rate, each call beside the others, until it is stopped. */
class Background {
  constructor(client, asked) {
    this.outcome = { pods: {}, errors: [] };
    this.underWay = new Set();
    this.timer = setInterval(() => {
      const one = call(client, asked, this.outcome).finally(() => this.underWay.delete(one));
      this.underWay.add(one);
    }, 1000 / asked.start);
  }

  async stop() {
    clearInterval(this.timer);
    await Promise.all(this.underWay);
  }
}

/** The channel that the program was started with, whose target is '', and those dialled since, by target. */
class Channels {
  constructor(target, options) {
    this.options = options;
    this.clients = new Map([['', this.open(target)]]);
  }

  open(target) {
    return new grpc.Client(target, grpc.credentials.createInsecure(), this.options);
  }

  /** Makes these targets the dialled ones, and says what refused to be one. */
  dial(targets) {
    const refused = {};
    for (const target of targets) {
      if (this.clients.has(target)) continue;
      try {
        const client = this.open(target);
        client.getChannel().getConnectivityState(true);
        this.clients.set(target, client);
      } catch (error) {
        refused[target] = error.message;
      }
    }
    for (const [target, client] of this.clients) {
      if (target === '' || targets.includes(target)) continue;
      client.close();
      this.clients.delete(target);
    }
    return refused;
  }
}

/** Serves what the client says of its own xDS resources. */
const admin = () =>
  new Promise((resolve, reject) => {
    const server = new grpc.Server();
    grpc.addAdminServicesToServer(server);
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(`127.0.0.1:${port}`);
    });
  });

/** Answers calls, as xDS says, until the standard input ends. */
const serve = async (address, name) => {
  say({ version: require('@grpc/grpc-js/package.json').version, csds: await admin() });
  const server = new xds.XdsServer();
  const method = {
    path: METHOD,
    requestStream: false,
    responseStream: false,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: echo.serializeResponse,
  };
  server.addService({ echo: method }, { echo: (_, answer) => answer(null, name) });
  server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error) throw error;
  });
  server.addServingStateListener(address, (status) => say({ serving: status.code === grpc.status.OK }));
  process.stdin.resume().on('end', () => server.tryShutdown(() => process.exit()));
};

const main = async (target, idle) => {
  const options = idle === undefined ? {} : { 'grpc.client_idle_timeout_ms': Number(idle) };
  const channels = new Channels(target, options);
  say({ version: require('@grpc/grpc-js/package.json').version, csds: await admin() });
  let background;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    const client = channels.clients.get(asked.on ?? '');
    if (asked.call !== undefined) {
      const outcome = { pods: {}, errors: [] };
      for (let done = 0; done < asked.call; done += 1) await call(client, asked, outcome);
      say(outcome);
    } else if (asked.start !== undefined) {
      background = new Background(client, asked);
      say(background.outcome);
    } else if (asked.stop) {
      await background.stop();
      say(background.outcome);
    } else if (asked.state) {
      say({ state: grpc.connectivityState[client.getChannel().getConnectivityState(false)] });
    } else if (asked.dial !== undefined) {
      say({ refused: channels.dial(asked.dial) });
    } else {
      throw new Error(`not a command: ${line}`);
    }
  }
  process.exit();
};

const [first, ...others] = process.argv.slice(2);
if (first === '--serve') serve(...others);
else main(first, ...others);
