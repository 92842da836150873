/** An API server with Flux's kinds, two registries, a receiver of notifications, and one controller. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { ServerTls } from '../../src/registry-server/listener.ts';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { makeAuthority } from '../certificates.ts';
import {
  type ApiServer,
  type ApiServerOptions,
  type ApiServerTools,
  findApiServerTools,
  startApiServer,
} from '../kubernetes/api-server.ts';
import { startProxy } from '../proxy.ts';
import { type RunResult, runTool, type Tool } from '../tools.ts';
import { type ApiReader, openApiReader } from './api-reader.ts';
import { buildFluxCli } from './build-cli.ts';
import { type ReflectorProgram, type RunningReflector, startReflector } from './reflector-program.ts';

export type World = {
  readonly server: ApiServer;
  readonly reader: ApiReader;
  readonly registries: Registries;
  /** What was posted to the events address, oldest first. */
  readonly posts: readonly Post[];
  readonly eventsUrl: string;
  /** Of a proxy that knows any name, and leads to the open registry. */
  readonly proxyUrl: string;
  /** PEM of who signed the certificate of the secure registry. */
  readonly authority: string;
  readonly controller: RunningReflector;
  /** Ends the controller and starts it again with more flags. */
  restart(flags: readonly string[], store: 'kept' | 'lost'): Promise<void>;
  /** Runs Flux's command line. */
  flux(words: readonly string[]): Promise<RunResult>;
  /** Name and labels of each thing that the controller measures under such a name, a line each. */
  measured(names: RegExp): Promise<string>;
  stop(): Promise<void>;
};

/**
 * `open` asks for nothing; `closed` wants the user `reader` with the password `right`; `secure` has a certificate
 * of an authority that nobody knows.
 */
export type Registries = Readonly<Record<'open' | 'closed' | 'secure', RegistryServer>>;

export type Post = {
  readonly involvedObject: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly reportingController: string;
  readonly metadata?: Readonly<Record<string, string>>;
};

export type WorldTools = ApiServerTools & { readonly cli: Tool };

/** @throws Error where one is missing and `CI=true` */
export async function findWorldTools(): Promise<WorldTools> {
  const [tools, cli] = [await findApiServerTools(), await buildFluxCli()];
  return { ...tools, cli, missing: tools.missing || cli.missing };
}

export async function startWorld(
  program: ReflectorProgram,
  { cli, ...tools }: WorldTools,
  crds: string,
  options: ApiServerOptions = {},
): Promise<World> {
  const closing: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const close of closing.toReversed()) await close();
  };
  try {
    const server = await startApiServer(tools, options);
    closing.push(() => server.stop());
    const reader = openApiReader(server);
    closing.push(() => reader.close());
    const authority = await makeAuthority();
    const registries = await startRegistries(await authority.serverTls());
    closing.push(...Object.values(registries).map((registry) => () => registry.close()));
    const proxy = await startProxy({ upstream: registries.open.host });
    closing.push(() => proxy.close());
    const receiver = await startReceiver();
    closing.push(() => receiver.close());
    const how = existsSync(join(crds, 'kustomization.yaml')) ? 'kustomize' : 'filename';
    await server.kubectl(['apply', `--${how}=${crds}`]);
    await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    await server.kubectl(['create', 'namespace', 'flux-system']);
    let stores = 0;
    const start = (flags: readonly string[]) =>
      startReflector(program, {
        kubeconfig: server.kubeconfig(),
        storagePath: join(server.folder, `reflector-${stores}`),
        eventsUrl: receiver.url,
        // The reference's policies hold a worker for five seconds each while they have no tags.
        flags: ['--concurrent=20', ...flags],
      });
    const running = { controller: await start([]) };
    closing.push(() => running.controller.stop('SIGKILL'));
    return {
      server,
      reader,
      registries,
      posts: receiver.posts,
      eventsUrl: receiver.url,
      proxyUrl: proxy.url,
      authority: authority.ca,
      get controller() {
        return running.controller;
      },
      async restart(flags, store) {
        await running.controller.stop();
        if (store === 'lost') stores += 1;
        running.controller = await start(flags);
      },
      flux: (words) =>
        runTool(cli, [...words, `--kubeconfig=${server.kubeconfig()}`], {
          env: { ...process.env, KUBECACHEDIR: join(server.folder, 'flux-cache') },
        }),
      measured: async (names) =>
        describeMetrics(await (await fetch(running.controller.metricsUrl)).text(), names),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startRegistries(tls: ServerTls): Promise<Registries> {
  const users = [{ username: 'reader', password: 'right', pull: ['*'] }];
  return {
    open: await startRegistryServer(),
    closed: await startRegistryServer({ auth: { kind: 'basic', users } }),
    secure: await startRegistryServer({ tls }),
  };
}

/** Without values, and of histograms without their buckets' bounds. */
function describeMetrics(text: string, names: RegExp): string {
  const lines = text.split('\n').flatMap((line) => {
    const [, name = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})? /.exec(line) ?? [];
    const keys = [...labels.matchAll(/([a-z_]+)="/g)].map(([, key = '']) => key).toSorted();
    return names.test(name) ? [`${name}{${keys.join()}}`] : [];
  });
  return [...new Set(lines)].toSorted().join('\n');
}

type Receiver = { readonly url: string; readonly posts: readonly Post[]; close(): Promise<void> };

async function startReceiver(): Promise<Receiver> {
  const posts: Post[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.once('end', () => {
      posts.push(JSON.parse(body) as Post);
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    posts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
