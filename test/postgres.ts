import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { loadEmbeddedPostgres } from './reachable-postgres.ts';
import { makeWorkFolder } from './work-folder.ts';

/** A PostgreSQL server of its own, on a loopback port. */
export type PostgresServer = {
  /** Makes a new, empty database and answers its URL. */
  createDatabase(): Promise<string>;
  /** Ends it, breaking every connection, and starts it again with what it holds. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

let databases = 0;

/** Starts a real PostgreSQL from npm's binaries. As root it runs as the user `postgres`, made if need be. */
export async function startPostgres(): Promise<PostgresServer> {
  const port = await freePort();
  const folder = makeWorkFolder('postgres');
  // The server runs as another user where the test runs as root.
  chmodSync(folder, 0o755);
  const logged: string[] = [];
  const EmbeddedPostgres = await loadEmbeddedPostgres(folder);
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'secret-of-the-test',
    // So that it can be started again; the folder goes with us.
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8'],
    // A test's server need not survive the machine; ours says synchronous_commit=on all the same.
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (line) => logged.push(String(line)),
    onError: (error) => logged.push(String(error)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    throw new Error(`PostgreSQL did not start:\n${logged.join('')}`, { cause });
  }
  return {
    async createDatabase() {
      databases += 1;
      const name = `ledger_${databases}`;
      await server.createDatabase(name);
      return `postgres://postgres:secret-of-the-test@127.0.0.1:${port}/${name}`;
    },
    async restart() {
      await server.stop();
      await server.start();
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL cannot be told to choose a port by itself. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
