/** An API server with Flux's kinds, two registries, a receiver of notifications, and one controller. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import {
  type ApiServer,
  type ApiServerOptions,
  type ApiServerTools,
  startApiServer,
} from '../kubernetes/api-server.ts';
import { type ApiReader, openApiReader } from './api-reader.ts';
import { type ReflectorProgram, type RunningReflector, startReflector } from './reflector-program.ts';

export type World = {
  readonly server: ApiServer;
  readonly reader: ApiReader;
  readonly registries: Registries;
  /** What was posted to the events address, oldest first. */
  readonly posts: readonly Post[];
  readonly eventsUrl: string;
  readonly controller: RunningReflector;
  stop(): Promise<void>;
};

/** `open` asks for nothing; `closed` wants the user `reader` with the password `right`. */
export type Registries = { readonly open: RegistryServer; readonly closed: RegistryServer };

export type Post = {
  readonly involvedObject: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly reportingController: string;
  readonly metadata?: Readonly<Record<string, string>>;
};

export async function startWorld(
  program: ReflectorProgram,
  tools: ApiServerTools,
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
    const registries = await startRegistries();
    closing.push(
      () => registries.open.close(),
      () => registries.closed.close(),
    );
    const receiver = await startReceiver();
    closing.push(() => receiver.close());
    const how = existsSync(join(crds, 'kustomization.yaml')) ? 'kustomize' : 'filename';
    await server.kubectl(['apply', `--${how}=${crds}`]);
    await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all']);
    await server.kubectl(['create', 'namespace', 'flux-system']);
    const controller = await startReflector(program, {
      kubeconfig: server.kubeconfig(),
      storagePath: join(server.folder, 'reflector'),
      eventsUrl: receiver.url,
    });
    closing.push(() => controller.stop('SIGKILL'));
    return { server, reader, registries, posts: receiver.posts, eventsUrl: receiver.url, controller, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startRegistries(): Promise<Registries> {
  const users = [{ username: 'reader', password: 'right', pull: ['*'] }];
  return {
    open: await startRegistryServer(),
    closed: await startRegistryServer({ auth: { kind: 'basic', users } }),
  };
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
