import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OciError } from './errors.ts';
import { formatPlatform, matchesPlatform, type Platform, parsePlatform } from './platform.ts';

describe('a platform', () => {
  const cases: readonly { given: string; expected: Platform }[] = [
    { given: 'linux/amd64', expected: { os: 'linux', architecture: 'amd64' } },
    { given: 'linux/arm/v7', expected: { os: 'linux', architecture: 'arm', variant: 'v7' } },
    {
      given: 'windows/amd64:10.0.20348.2227',
      expected: { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.2227' },
    },
    {
      given: 'windows/arm64/v8:10.0.26100.1',
      expected: { os: 'windows', architecture: 'arm64', variant: 'v8', osVersion: '10.0.26100.1' },
    },
  ];
  for (const { given, expected } of cases) {
    it(`${given} is read and written alike`, () => {
      assert.deepEqual(parsePlatform(given), expected);
      assert.equal(formatPlatform(expected), given);
    });
  }

  for (const given of [
    '',
    'linux',
    'linux/',
    '/amd64',
    'linux/a/b/c',
    'linux amd64',
    'linux/amd64:',
    'linux//v7',
  ]) {
    it(`is never ${JSON.stringify(given)}`, () => {
      assert.throws(
        () => parsePlatform(given),
        (error) => error instanceof OciError && error.code === 'PLATFORM_INVALID',
      );
    });
  }

  it('is read back as it was written', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const platform = fc.tuple(part, part, fc.option(part), fc.option(part)).map(
      ([os, architecture, variant, osVersion]): Platform => ({
        os,
        architecture,
        ...(variant === null ? {} : { variant }),
        ...(osVersion === null ? {} : { osVersion }),
      }),
    );
    fc.assert(
      fc.property(platform, (one) => {
        assert.deepEqual(parsePlatform(formatPlatform(one)), one);
        assert.equal(matchesPlatform(one, one), true);
      }),
      { numRuns: 300 },
    );
  });

  const matches: readonly { wanted: string; offered: string; expected: boolean }[] = [
    { wanted: 'linux/amd64', offered: 'linux/amd64', expected: true },
    { wanted: 'linux/amd64', offered: 'linux/arm64', expected: false },
    { wanted: 'linux/amd64', offered: 'windows/amd64', expected: false },
    { wanted: 'linux/arm64', offered: 'linux/arm64/v8', expected: true },
    { wanted: 'linux/arm64/v8', offered: 'linux/arm64', expected: true },
    { wanted: 'linux/arm/v7', offered: 'linux/arm', expected: true },
    { wanted: 'linux/arm/v6', offered: 'linux/arm/v7', expected: false },
    { wanted: 'linux/arm', offered: 'linux/arm/v6', expected: true },
    { wanted: 'windows/amd64', offered: 'windows/amd64:10.0.20348.2227', expected: true },
    { wanted: 'windows/amd64:10.0.20348', offered: 'windows/amd64:10.0.20348.2227', expected: true },
    { wanted: 'windows/amd64:10.0.20348.1', offered: 'windows/amd64:10.0.20348.2227', expected: true },
    { wanted: 'windows/amd64:10.0.17763', offered: 'windows/amd64:10.0.20348.2227', expected: false },
    { wanted: 'windows/amd64:10.0.20348', offered: 'windows/amd64', expected: false },
  ];
  for (const { wanted, offered, expected } of matches) {
    it(`${offered} ${expected ? 'is' : 'is not'} what ${wanted} asks for`, () => {
      assert.equal(matchesPlatform(parsePlatform(wanted), parsePlatform(offered)), expected);
    });
  }
});
