import { addressIn } from './address-variable.ts';
import { askJson, type CloudAnswer, type CloudRequest, unanswered } from './cloud-ask.ts';
import type { CloudSurroundings } from './cloud-identity.ts';
import { CloudIdentityError } from './errors.ts';
import { googleScopes, tokenOf } from './gcp-exchange.ts';
import type { GoogleToken } from './gcp-token.ts';

/** What a server must answer, lest anything on that address be believed. Source: Compute Engine, "metadata". */
const flavor = { 'metadata-flavor': 'Google' } as const;

/** The token of the node, or, in GKE with workload identity, of this pod's ServiceAccount. */
export async function tokenOfMetadata(cloud: CloudSurroundings): Promise<GoogleToken> {
  const request = requestFor('instance/service-accounts/default/token', cloud);
  request.url.searchParams.set('scopes', googleScopes.join(','));
  try {
    return tokenOf(request, await askJson((asked) => askMetadata(asked, cloud), request), cloud.clock.now());
  } catch (cause) {
    if (!(cause instanceof CloudIdentityError)) throw cause;
    const message = `no Google identity: none in GOOGLE_APPLICATION_CREDENTIALS; ${cause.message}`;
    throw new CloudIdentityError('IDENTITY_ABSENT', message, {
      hint: 'run in GKE with workload identity, or name a credential file in GOOGLE_APPLICATION_CREDENTIALS',
      retryable: true,
      cause,
    });
  }
}

/** The GKE cluster we run in, as Google's STS knows it. Source: GKE, "Workload Identity Federation". */
export async function clusterOfMetadata(
  cloud: CloudSurroundings,
): Promise<{ readonly pool: string; readonly audience: string }> {
  const read = async (path: string, pattern: RegExp): Promise<string> => {
    const request = requestFor(path, cloud);
    const text = (await askMetadata(request, cloud)).text.trim();
    if (!pattern.test(text)) throw unanswered(request, `gave no ${path.split('/').at(-1)}`);
    return text;
  };
  try {
    const project = await read('project/project-id', /^[a-z0-9.:-]{1,100}$/);
    const location = await read('instance/attributes/cluster-location', /^[a-z0-9-]{1,100}$/);
    const name = await read('instance/attributes/cluster-name', /^[a-z0-9-]{1,100}$/);
    const pool = `${project}.svc.id.goog`;
    const place = `projects/${project}/locations/${location}/clusters/${name}`;
    return { pool, audience: `identitynamespace:${pool}:https://container.googleapis.com/v1/${place}` };
  } catch (cause) {
    if (!(cause instanceof CloudIdentityError)) throw cause;
    throw new CloudIdentityError('IDENTITY_ABSENT', `this is no GKE cluster: ${cause.message}`, {
      hint: 'elsewhere, annotate the ServiceAccount with gcp.auth.fluxcd.io/workload-identity-provider',
      retryable: true,
      cause,
    });
  }
}

function requestFor(path: string, { env }: CloudSurroundings): CloudRequest {
  const host = addressIn(env, 'GCE_METADATA_HOST', 'http') ?? new URL('http://metadata.google.internal/');
  const url = new URL(`computeMetadata/v1/${path}`, host);
  return { about: 'Google metadata', method: 'GET', url, headers: flavor };
}

async function askMetadata(request: CloudRequest, { askNode }: CloudSurroundings): Promise<CloudAnswer> {
  const answer = await askNode(request);
  if (answer.header('metadata-flavor') !== 'Google') throw unanswered(request, 'is not the metadata server');
  return answer;
}
