import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AddressRank, addressRank, guardedLookup, writtenRank } from './address.ts';

const addresses: readonly (readonly [address: string, rank: AddressRank])[] = [
  ['8.8.8.8', 0],
  ['172.32.0.1', 0],
  ['2606:4700::1', 0],
  ['10.0.0.5', 1],
  ['172.16.0.1', 1],
  ['192.168.1.1', 1],
  ['100.64.0.1', 1],
  ['fd12:3456::1', 1],
  ['::ffff:10.0.0.5', 1],
  ['169.254.169.254', 2],
  ['::ffff:169.254.169.254', 2],
  ['fe80::1', 2],
  ['127.0.0.1', 3],
  ['127.8.9.10', 3],
  ['0.0.0.0', 3],
  ['::1', 3],
  ['::', 3],
  ['::ffff:127.0.0.1', 3],
];

const written: readonly (readonly [host: string, rank: AddressRank | undefined])[] = [
  ['[::1]', 3],
  ['localhost', 3],
  ['registry.localhost', 3],
  ['[fd00::1]', 1],
  ['10.0.0.1', 1],
  ['localhost.example.com', undefined],
  ['ghcr.io', undefined],
];

describe('an address', () => {
  for (const [address, rank] of addresses) {
    it(`${address} has the rank ${rank}`, () => assert.equal(addressRank(address), rank));
  }

  for (const [host, rank] of written) {
    it(`written ${host} has the rank ${rank}`, () => assert.equal(writtenRank(host), rank));
  }

  it('cannot be hidden in a number', () => {
    // A URL spells such addresses out before we look.
    assert.equal(writtenRank(new URL('http://2130706433/').hostname), 3);
    assert.equal(writtenRank(new URL('http://0x7f.1/').hostname), 3);
    assert.equal(writtenRank(new URL('http://[0:0:0:0:0:ffff:7f00:1]/').hostname), 3);
  });

  it('is not handed out by a lookup that may not go so far inside', async () => {
    const seen: string[] = [];
    const lookUp = (rankMax: AddressRank) =>
      new Promise((resolve, reject) => {
        const lookup = guardedLookup(rankMax, (hostname, rank) => seen.push(`${hostname} ${rank}`));
        lookup('localhost', {}, (error, found) => (error === null ? resolve(found) : reject(error)));
      });
    await assert.rejects(lookUp(0), { code: 'INNER_ADDRESS' });
    assert.ok(await lookUp(3));
    assert.deepEqual(seen, ['localhost 3']);
  });
});
