import type { Environment } from '../config/proxy.ts';
import { addressIn } from './address-variable.ts';
import type { AwsPlace } from './aws-answer.ts';

type Service = 'sts' | 'ecr' | 'ecr-public';

/** Variables that name another endpoint. Source: AWS SDKs, "Service-specific endpoints". */
const variables: Readonly<Record<Service, string>> = {
  sts: 'AWS_ENDPOINT_URL_STS',
  ecr: 'AWS_ENDPOINT_URL_ECR',
  'ecr-public': 'AWS_ENDPOINT_URL_ECR_PUBLIC',
};

/** Where an API is asked: a region's own, never the global one. @throws CloudIdentityError `IDENTITY_INVALID` */
export function apiEndpoint(service: Service, { region, domain }: AwsPlace, env: Environment): URL {
  const named = addressIn(env, variables[service]) ?? addressIn(env, 'AWS_ENDPOINT_URL');
  if (named !== undefined) return named;
  const fips = /^true$/i.test(env['AWS_USE_FIPS_ENDPOINT'] ?? '') ? '-fips' : '';
  return new URL(`https://${service === 'sts' ? '' : 'api.'}${service}${fips}.${region}.${domain}/`);
}
