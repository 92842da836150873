import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type RegistryServer, startRegistryServer } from './registry-server.ts';

describe('requests that no client should send', () => {
  let server: RegistryServer;
  before(async () => {
    server = await startRegistryServer();
    server.pushImage({ repository: 'team/app', tag: '1' });
  });
  after(() => server.close());

  const cases: { name: string; line: string; host?: string; status: number }[] = [
    { name: 'a path that is none of ours', line: 'GET /v1/search HTTP/1.1', status: 404 },
    { name: 'a path of the storage host', line: 'GET /storage/abc HTTP/1.1', status: 404 },
    { name: 'broken percent encoding', line: 'GET /v2/team/app/manifests/%zz HTTP/1.1', status: 404 },
    { name: 'a name in percent encoding', line: 'GET /v2/team%2Fapp/manifests/1 HTTP/1.1', status: 200 },
    { name: 'dots that climb', line: 'GET /v2/team/../../etc/manifests/1 HTTP/1.1', status: 404 },
    { name: 'a target that is no URL', line: 'GET http://[ HTTP/1.1', status: 400 },
    { name: 'everything', line: 'OPTIONS * HTTP/1.1', status: 404 },
    { name: 'a change to a list', line: 'DELETE /v2/team/app/tags/list HTTP/1.1', status: 405 },
    { name: 'a manifest by POST', line: 'POST /v2/team/app/manifests/1 HTTP/1.1', status: 405 },
    {
      name: 'a name as long as a book',
      line: `GET /v2/${'a/'.repeat(3000)}b/tags/list HTTP/1.1`,
      status: 400,
    },
    { name: 'a host that is none', line: 'GET /v2/ HTTP/1.1', host: '"><', status: 200 },
  ];
  for (const { name, line, host, status } of cases) {
    it(`answers ${status} to ${name}`, async () => {
      const answer = await sendRaw(
        server.host,
        `${line}\r\nHost: ${host ?? server.host}\r\nConnection: close\r\n\r\n`,
      );
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    });
  }

  it('goes on serving after garbage', async () => {
    await sendRaw(server.host, '\x00\xff garbage\r\n\r\n');
    assert.equal((await fetch(`${server.url}/v2/`)).status, 200);
  });
});

function sendRaw(host: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const [name = '', port] = host.split(':');
    let answer = '';
    const socket = connect(Number(port), name, () => socket.write(text));
    socket
      .on('data', (piece) => {
        answer += piece.toString();
      })
      .on('error', reject)
      .on('close', () => resolve(answer));
  });
}
