import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RegistryServer, startRegistryServer } from '../../src/registry-server/registry-server.ts';
import { buildGoTool, craneTool, runTool, type Tool } from '../tools.ts';

const stub = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));
const holdfast: Tool = { name: 'holdfast', path: process.execPath, missing: false };

const crane = await buildGoTool(craneTool);

describe('holdfast resolve and crane digest', { skip: crane.missing }, () => {
  let server: RegistryServer;
  let index: string;
  let child: string;
  before(async () => {
    server = await startRegistryServer();
    const platforms = [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
      { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.2227' },
    ];
    const image = server.pushImage({ repository: 'team/app', tag: '1.0', platforms, attestations: true });
    index = image.digest;
    child = image.children[0]?.digest ?? '';
    server.pushImage({ repository: 'team/plain', tag: 'latest', format: 'docker' });
  });
  after(() => server.close());

  const cases: readonly { name: string; reference: () => string; options?: readonly string[] }[] = [
    { name: 'a tag of an index', reference: () => 'team/app:1.0' },
    { name: 'no tag', reference: () => 'team/plain' },
    { name: 'a digest', reference: () => `team/app@${index}` },
    { name: 'a tag beside a digest', reference: () => `team/app:other@${child}` },
    { name: 'linux/amd64', reference: () => 'team/app:1.0', options: ['--platform', 'linux/amd64'] },
    { name: 'linux/arm64', reference: () => 'team/app:1.0', options: ['--platform', 'linux/arm64'] },
    { name: 'linux/arm/v7', reference: () => 'team/app:1.0', options: ['--platform', 'linux/arm/v7'] },
    { name: 'windows/amd64', reference: () => 'team/app:1.0', options: ['--platform', 'windows/amd64'] },
    {
      name: 'a platform of a manifest that is no index',
      reference: () => 'team/plain:latest',
      options: ['--platform', 'linux/amd64'],
    },
  ];
  for (const { name, options = [], reference } of cases) {
    it(`print the same for ${name}`, async () => {
      const words = [...options, `${server.host}/${reference()}`];
      const theirs = await runTool(crane, ['digest', ...words]);
      const ours = await runTool(holdfast, [stub, 'resolve', '--no-ledger', ...words]);
      assert.match(theirs.stdout, /^sha256:[0-9a-f]{64}\n$/, theirs.stderr);
      assert.equal(ours.stdout, theirs.stdout);
    });
  }
});
