import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { imagePolicies } from '../api/api.ts';
import { makeOtherWriters } from './other-writers.ts';

const flux = 'gotk-image-reflector-controller';

describe('whoever writes the status of our objects too', () => {
  for (const { name, given, expected } of [
    {
      name: 'is nobody where only we write',
      given: [version({ holdfast: '10:00:00' }), version({ holdfast: '10:00:05' })],
      expected: [],
    },
    {
      name: 'is not the one we took over from',
      given: [version({ [flux]: '09:00:00' }), version({ [flux]: '09:00:00', holdfast: '10:00:00' })],
      expected: [],
    },
    {
      name: 'is not one that wrote while we were away',
      given: [
        version({ holdfast: '08:00:00', [flux]: '09:00:00' }),
        version({ holdfast: '10:00:00', [flux]: '09:00:00' }),
      ],
      expected: [],
    },
    {
      name: 'is one that writes after we did, and is named once an hour',
      given: [
        version({ holdfast: '10:00:00' }),
        version({ holdfast: '10:00:00', [flux]: '10:00:05' }),
        version({ holdfast: '10:00:06', [flux]: '10:00:07' }),
      ],
      expected: [`${flux} writes the status of ImagePolicy apps/app too`],
    },
    {
      name: 'does not count where it writes labels',
      given: [version({ holdfast: '10:00:00' }), version({ holdfast: '10:00:00' }, { kubectl: '10:00:05' })],
      expected: [],
    },
  ]) {
    it(name, () => {
      const lines: string[] = [];
      const writers = makeOtherWriters({
        log: { write: (_level, message) => lines.push(message) },
        clock: { now: () => 0 },
      });
      given.forEach((object, index) => writers.look(imagePolicies, object, index === 0));
      assert.deepEqual(lines, expected);
    });
  }
});

type Times = Readonly<Record<string, string>>;

/** An object whose status and other fields were written last at these times of a day. */
function version(status: Times, others: Times = {}) {
  const entry =
    (subresource?: string) =>
    ([manager, time]: [string, string]) => ({
      manager,
      operation: 'Update',
      time: `2026-11-21T${time}Z`,
      ...(subresource === undefined ? {} : { subresource }),
    });
  const managedFields = [
    ...Object.entries(status).map(entry('status')),
    ...Object.entries(others).map(entry()),
  ];
  return { metadata: { namespace: 'apps', name: 'app', managedFields } };
}
