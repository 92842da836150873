import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fixedClock } from '../clock.ts';
import type { DeclaredFile } from '../declared/declared.ts';
import { findImageFields } from '../manifests/find-image-fields.ts';
import type { Repository } from '../reference/repository.ts';
import type { Endpoint } from '../registry/endpoint.ts';
import { openRegistryClient } from '../registry/open-registry-client.ts';
import { type RegistryServer, startRegistryServer } from '../registry-server/registry-server.ts';
import { check } from './check.ts';

const sources = {
  registry: undefined,
  ledger: undefined,
  clock: fixedClock(0),
  signal: new AbortController().signal,
  onProgress: () => undefined,
};

function fileOf(file: string, text: string): DeclaredFile {
  const { fields, problems } = findImageFields(text, { fileName: file });
  return { file, path: undefined, text, fields, problems };
}

function endpointOf(repository: Repository): Endpoint {
  const apiUrl = new URL(`http://${repository.registry}/v2/`);
  return { apiUrl, repository, kind: 'registry', resolvesTags: true, servesDigests: true, tls: {} };
}

const request = { cwd: '/', lock: undefined, coversLock: false, platforms: [], snapshot: undefined };

describe('one report of every rule', () => {
  it('reads in the order of the files and their lines', async () => {
    const pod = (image: string): string =>
      `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: a, image: ${image}}\n`;
    const files = [fileOf('b.yaml', pod('nginx:1.25.3')), fileOf('a.yaml', pod('redis:alpine'))];
    const { findings } = await check({ ...request, files }, sources);
    assert.deepEqual(
      findings.map(({ file, rule }) => [file, rule]),
      [
        ['a.yaml', 'floating-tag'],
        ['a.yaml', 'missing-digest'],
        ['b.yaml', 'missing-digest'],
      ],
    );
  });

  it('calls a file that is no YAML a finding, and a file nobody could open a problem', async () => {
    const broken = fileOf(
      'broken.yaml',
      'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "nginx:1.0.0}]}\n',
    );
    const closed: DeclaredFile = {
      file: 'closed.yaml',
      path: undefined,
      text: '',
      fields: [],
      problems: [{ code: 'FILE_UNREADABLE', message: 'permission denied', file: 'closed.yaml' }],
    };
    const report = await check({ ...request, files: [broken, closed] }, sources);
    assert.deepEqual(
      report.findings.filter(({ rule }) => rule === 'unparseable-file').map(({ file }) => file),
      ['broken.yaml'],
    );
    assert.deepEqual(
      report.problems.map(({ code }) => code),
      ['FILE_UNREADABLE'],
    );
  });
});

describe('the rules that ask a registry', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startRegistryServer();
    server.pushImage({
      repository: 'team/app',
      tag: '1.0.0',
      platforms: [{ os: 'linux', architecture: 'amd64' }],
    });
  });
  after(() => server.close());

  async function rulesOf(image: string, platforms: readonly string[] = []): Promise<string[]> {
    const registry = openRegistryClient({
      keychain: { findCredential: async () => undefined },
      endpoints: { listEndpoints: async (repository) => [endpointOf(repository)] },
      clock: fixedClock(0),
      random: () => 0,
      env: {},
      delay: async () => undefined,
    });
    const text = `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: a, image: "${server.host}/${image}"}\n`;
    const wanted = platforms.map((architecture) => ({ os: 'linux', architecture }));
    const report = await check(
      { ...request, files: [fileOf('a.yaml', text)], platforms: wanted },
      { ...sources, registry },
    );
    await registry.close();
    return [...report.findings.map(({ rule }) => rule), ...report.problems.map(({ code }) => code)];
  }

  it('find nothing but the missing digest at a tag that exists', async () => {
    assert.deepEqual(await rulesOf('team/app:1.0.0'), ['missing-digest']);
  });
  it('find a tag that does not exist', async () => {
    assert.deepEqual(await rulesOf('team/app:9.9.9'), ['missing-digest', 'not-in-registry']);
  });
  it('find a platform that is missing', async () => {
    assert.deepEqual(await rulesOf('team/app:1.0.0', ['amd64', 'arm64']), [
      'missing-digest',
      'missing-platform',
    ]);
  });
  it('call a silent registry a problem, never a finding', async () => {
    server.faults.add({ match: { repository: 'team/app' }, fault: { kind: 'status', status: 500 } });
    assert.deepEqual(await rulesOf('team/app:1.0.0'), ['missing-digest', 'REGISTRY_NOT_ASKED']);
  });
});
