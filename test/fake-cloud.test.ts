import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clusterToken, makeClusterToken } from './cloud/cloud-request.ts';
import { type FakeCloud, startFakeCloud } from './cloud/fake-cloud.ts';
import { type SignedRequest, wrongSignature } from './cloud/signature-check.ts';

/** Of AWS's published test suite for signature version 4: its key pair, its instant, three of its requests. */
const published = {
  pair: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  wanted: { region: 'us-east-1', service: 'service' },
} as const;

const vectors: readonly {
  readonly name: string;
  readonly method: string;
  readonly query?: string;
  readonly signature: string;
}[] = [
  {
    name: 'get-vanilla',
    method: 'GET',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'post-vanilla',
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    method: 'GET',
    query: 'Param1=value1&Param2=value2',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
];

function signed({ method, query = '', signature }: (typeof vectors)[number]): SignedRequest {
  return {
    method,
    path: '/',
    query,
    body: '',
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    },
  };
}

describe('the check of signatures of the fake AWS', () => {
  for (const vector of vectors) {
    it(`takes ${vector.name}, and no other body`, () => {
      const request = signed(vector);
      assert.equal(wrongSignature(request, published.pair, published.wanted), undefined);
      assert.match(
        wrongSignature({ ...request, body: '{}' }, published.pair, published.wanted) ?? '',
        /does not match/,
      );
    });
  }

  it('wants the region, the service and the key asked for', () => {
    const request = signed(vectors[0] ?? assert.fail());
    const wrong = [
      wrongSignature(request, published.pair, { region: 'eu-west-1', service: 'service' }),
      wrongSignature(request, published.pair, { region: 'us-east-1', service: 'ecr' }),
      wrongSignature(request, { ...published.pair, accessKeyId: 'OTHER' }, published.wanted),
      wrongSignature(
        { ...request, headers: { ...request.headers, authorization: 'Basic x' } },
        published.pair,
        published.wanted,
      ),
      wrongSignature(
        { ...request, headers: { ...request.headers, 'x-amz-target': 'X' } },
        published.pair,
        published.wanted,
      ),
    ];
    assert.ok(
      wrong.every((reason) => reason !== undefined),
      JSON.stringify(wrong),
    );
  });
});

describe('the fake cloud', () => {
  let cloud: FakeCloud;
  before(async () => {
    cloud = await startFakeCloud();
  });
  after(() => cloud.close());

  const refused: readonly {
    readonly name: string;
    readonly path: string;
    readonly init?: RequestInit;
    readonly status: number;
  }[] = [
    {
      name: 'instance metadata without a token',
      path: '/latest/meta-data/iam/security-credentials/',
      status: 401,
    },
    { name: 'a token of instance metadata by GET', path: '/latest/api/token', status: 400 },
    {
      name: "Google's metadata without its header",
      path: '/computeMetadata/v1/project/project-id',
      status: 403,
    },
    { name: "Azure's metadata without its header", path: '/metadata/identity/oauth2/token', status: 400 },
    { name: 'the agent of EKS without its token', path: '/v1/credentials', status: 401 },
    { name: 'what nobody serves', path: '/x', status: 404 },
  ];
  for (const { name, path, status } of refused) {
    it(`answers ${status} to ${name}`, async () => {
      const response = await fetch(`http://${cloud.node}${path}`);
      assert.equal(response.status, status);
    });
  }

  it('reads the tokens of clusters', () => {
    assert.deepEqual(clusterToken(makeClusterToken('me', 'them')), { subject: 'me', audiences: ['them'] });
    assert.equal(clusterToken('garbage'), undefined);
  });
});
