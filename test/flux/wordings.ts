/** Failures that ours says in other words than Flux's reflector: what happened to what, and what to do about it. */

export type Wording = {
  /** The reference's whole message. */
  readonly reference: string;
  readonly ours: string;
};

const listed = 'scan failed: GET http://open.test/v2/NAMESPACE/tags/list?n=1000';
const answered = 'scan failed: open.test/image: open.test answered';
const unauthorized =
  'scan failed: GET http://closed.test/v2/NAMESPACE/tags/list?n=1000: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:NAMESPACE Type:repository]]';

const unreachable =
  'check the host in spec.image, NetworkPolicies and the proxy; is the registry running? it is tried again by itself';
const unreadable =
  'a proxy or cache on the way may cut or replace it; what was read before counts for nothing';

const unknown =
  'the registry knows no such repository; check the spelling of spec.image, and whether a tag was ever pushed; some registries say so of a private one, too, where spec.secretRef names no login';

/** Each must occur, as the message of a condition or of an event. */
export const wordings: readonly Wording[] = [
  {
    reference: unauthorized,
    ours: 'scan failed: closed.test/image: closed.test answered 401: authentication required; check the spelling of spec.image; if the repository is private, name a Secret with a login for closed.test in spec.secretRef: no secretRef or serviceAccountName is given',
  },
  {
    reference: unauthorized,
    ours: 'scan failed: closed.test/image: closed.test answered 401: authentication required; closed.test refused the login in Secret NAMESPACE/login: correct it there, or the spelling of spec.image; a private and an absent repository look alike here',
  },
  {
    reference: unauthorized,
    ours: 'scan failed: closed.test/image: closed.test answered 401: authentication required; Secret NAMESPACE/other has no entry that fits closed.test/image: add a login for closed.test',
  },
  {
    reference: unauthorized,
    ours: 'scan failed: closed.test/image: closed.test answered 401: authentication required; Secret NAMESPACE/empty has no entry that fits closed.test/image: add a login for closed.test',
  },
  {
    reference: unauthorized,
    ours: "failed to configure authentication options: secret 'NAMESPACE/login' has type Opaque, which holds no registry credentials",
  },
  {
    reference:
      'failed to configure authentication options: unable to decode auth field: illegal base64 data at input byte 0',
    ours: 'failed to configure authentication options: secret NAMESPACE/broken: auths["closed.test"].auth is not base64 of USERNAME:PASSWORD',
  },
  {
    reference: 'failed to configure authentication options: secrets "nobody" not found',
    ours: "failed to configure authentication options: secret 'NAMESPACE/nobody' not found",
  },
  {
    reference: `${listed}: NAME_UNKNOWN: repository name not known to registry; map[name:NAMESPACE]`,
    ours: `scan failed: open.test/image: ${unknown}`,
  },
  {
    reference:
      'scan failed: GET http://open.test/v2/nobody/pushed/this/tags/list?n=1000: NAME_UNKNOWN: repository name not known to registry; map[name:nobody/pushed/this]',
    ours: `scan failed: open.test/nobody/pushed/this: ${unknown}`,
  },
  {
    reference: `${listed}: DENIED: this answer was asked for`,
    ours: `${answered} 403: this answer was asked for; check the spelling of spec.image; if the repository is private, name a Secret with a login for open.test in spec.secretRef: no secretRef or serviceAccountName is given`,
  },
  {
    reference: `${listed}: TOOMANYREQUESTS: this answer was asked for`,
    ours: `${answered} 429: this answer was asked for; it is tried again by itself; a secretRef raises the limit, and a longer spec.interval asks less; do not restart pods`,
  },
  {
    reference: `${listed}: UNKNOWN: this answer was asked for`,
    ours: `${answered} 502: this answer was asked for; it is tried again by itself; look at the status page or the storage of the registry`,
  },
  {
    reference: "scan failed: invalid character '<' looking for beginning of value",
    ours: `${answered} with a web page; a login page, captive portal or wrong path answers there: check host and path, then proxies`,
  },
  {
    reference: 'scan failed: Get "https://far.test/v2/": http: server gave HTTP response to HTTPS client',
    ours: 'scan failed: far.test/image: far.test: plain HTTP is spoken there, not TLS; if that is meant, set spec.insecure to true',
  },
  {
    reference:
      'scan failed: Get "https://open.test/v2/": proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused; Get "http://open.test/v2/": proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused',
    ours: 'scan failed: open.test/image: open.test: through the proxy 127.0.0.1:1: nothing listens there (connection refused); check address and credential in Secret NAMESPACE/nowhere, which spec.proxySecretRef names',
  },
  {
    reference:
      'scan failed: Get "https://secure.test/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority; GET http://secure.test/v2/: unexpected status code 400 Bad Request: Client sent an HTTP request to an HTTPS server.\n',
    ours: 'scan failed: secure.test/image: secure.test: its certificate is signed by nobody we trust (UNABLE_TO_VERIFY_LEAF_SIGNATURE); trust its CA: name a Secret with the key ca.crt in spec.certSecretRef; on a public host a proxy may intercept',
  },
  {
    reference:
      'failed fetching digest of open.test/image:1.0.0: failed fetching descriptor for "open.test/image:1.0.0": HEAD http://open.test/v2/NAMESPACE/manifests/1.0.0: unexpected status code 404 Not Found (HEAD responses have no body, use GET for details)',
    ours: 'failed fetching digest of open.test/image:1.0.0: the registry has no such tag',
  },
  {
    reference:
      'scan failed: GET http://open.test/v2/NAMESPACE/absent/tags/list?n=1000: NAME_UNKNOWN: this answer was asked for',
    ours: `scan failed: open.test/image/absent: ${unknown}`,
  },
  {
    reference: 'scan failed: Get "http://open.test/v2/NAMESPACE/closed/tags/list?n=1000": EOF',
    ours: `scan failed: open.test/image/closed: open.test: the connection was closed before the answer was complete; ${unreachable}`,
  },
  {
    reference:
      'scan failed: Get "http://127.0.0.1:1/elsewhere": dial tcp 127.0.0.1:1: connect: connection refused',
    ours: `scan failed: open.test/image/redirected: 127.0.0.1:1: nothing listens there (connection refused); ${unreachable}`,
  },
  {
    reference: 'scan failed: unexpected EOF',
    ours: `scan failed: open.test/image/half: the list of tags cannot be read: it ends in the middle; ${unreadable}`,
  },
  {
    reference: 'scan failed: json: cannot unmarshal number into Go struct field Tags.tags of type string',
    ours: `scan failed: open.test/image/numbers: the list of tags cannot be read: a tag is no text; ${unreadable}`,
  },
  {
    reference: 'scan failed: json: cannot unmarshal string into Go struct field Tags.tags of type []string',
    ours: `scan failed: open.test/image/text: the list of tags cannot be read: its tags are no list; ${unreadable}`,
  },
  {
    reference:
      'scan failed: GET http://open.test/v2/NAMESPACE/teapot/tags/list?n=1000: UNKNOWN: this answer was asked for',
    ours: 'scan failed: open.test/image/teapot: open.test answered 418: this answer was asked for; the registry does not offer this',
  },
  {
    reference:
      'scan failed: GET http://open.test/v2/NAMESPACE/unauthorized/tags/list?n=1000: UNAUTHORIZED: this answer was asked for',
    ours: 'scan failed: open.test/image/unauthorized: open.test answered 401: this answer was asked for; check the spelling of spec.image; if the repository is private, name a Secret with a login for open.test in spec.secretRef: no secretRef or serviceAccountName is given',
  },
  {
    reference: 'scan failed: Get "http://open.test/v2/NAMESPACE/tags/list?n=1000": context deadline exceeded',
    ours: 'scan failed: no whole answer within 1s, which spec.timeout allows',
  },
  {
    reference: 'scan failed: context deadline exceeded',
    ours: 'scan failed: no whole answer within 1s, which spec.timeout allows',
  },
  {
    reference: unauthorized,
    ours: 'scan failed: closed.test/image: closed.test answered 401: authentication required; ServiceAccount NAMESPACE/none names no pull secret that is there: add one with a login for closed.test, or name it in spec.secretRef',
  },
  ...['null', 'token'].map((name) => ({
    reference: unauthorized,
    ours: `scan failed: closed.test/image: closed.test answered 401: authentication required; closed.test refused the login in Secret NAMESPACE/login-${name}: correct it there, or the spelling of spec.image; a private and an absent repository look alike here`,
  })),
  {
    reference:
      'failed to configure authentication options: failed to parse TLS certificate and key: tls: failed to find any PEM data in certificate input',
    ours: "failed to configure authentication options: secret 'NAMESPACE/pair' holds a certificate or key that cannot be used",
  },
  {
    reference:
      'failed to configure authentication options: json: cannot unmarshal array into Go struct field dockerConfigJSON.Auths of type map[string]authn.AuthConfig',
    ours: 'failed to configure authentication options: secret NAMESPACE/login-noauths: auths must be an object',
  },
  {
    reference:
      'failed to configure authentication options: unable to decode auth field: must be formatted as base64(username:password)',
    ours: 'failed to configure authentication options: secret NAMESPACE/login-nocolon: auths["closed.test"].auth holds no colon between username and password once decoded',
  },
  {
    // An address may hold a password.
    reference:
      "failed to configure authentication options: secret 'NAMESPACE/garbage': failed to parse proxy address '::::': parse \"::::\": missing protocol scheme",
    ours: "failed to configure authentication options: secret 'NAMESPACE/garbage': key 'address' is not the URL of a proxy",
  },
  {
    reference: `scan failed: Get "http://open.test/v2/NAMESPACE/tags/list?n=1000": invalid AWS registry: 'open.test'. must match ([0-9+]*).dkr[.-]ecr(?:-fips)?\\.([^/.]*)\\.(amazonaws\\.com[.cn]*|amazonaws\\.eu|sc2s\\.sgov\\.gov|c2s\\.ic\\.gov|cloud\\.adc-e\\.uk|csp\\.hci\\.ic\\.gov|on\\.aws)`,
    ours: "scan failed: invalid AWS registry: 'open.test'. must match ACCOUNT.dkr.ecr.REGION.amazonaws.com or public.ecr.aws (correct spec.image or spec.provider)",
  },
  {
    reference: `scan failed: Get "http://open.test/v2/NAMESPACE/tags/list?n=1000": invalid Azure registry: 'open.test'. must match ^.+\\.(azurecr\\.io|azurecr\\.cn|azurecr\\.de|azurecr\\.us)$`,
    ours: "scan failed: invalid Azure registry: 'open.test'. must match NAME.azurecr.io, .cn, .de or .us (correct spec.image or spec.provider)",
  },
  {
    reference: `scan failed: Get "http://open.test/v2/NAMESPACE/tags/list?n=1000": invalid GCP registry: 'open.test'. must match ^(((.+\\.)?gcr\\.io)|(.+-docker\\.pkg\\.dev)|(docker\\.s3nsregistry\\.fr))$`,
    ours: "scan failed: invalid GCP registry: 'open.test'. must match gcr.io, REGION.gcr.io, REGION-docker.pkg.dev or docker.s3nsregistry.fr (correct spec.image or spec.provider)",
  },
  // The same, but for a space at its end.
  { reference: 'could not parse reference: ', ours: 'could not parse reference:' },
];
