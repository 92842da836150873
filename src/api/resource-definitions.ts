import { apiGroup, apiVersion, imagePolicies, imageRepositories } from './api.ts';
import { durationPattern } from './duration.ts';
import { digestReflectionPolicies } from './image-policy.ts';
import { defaultExclusionList, providers } from './image-repository.ts';
import type { Fields } from './read-fields.ts';

/** Most patterns of an exclusion list. Source: Flux. */
const exclusionsMax = 25;

/** Source: Flux, `spec.timeout`: no hours. */
const timeoutPattern = '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$';

/**
 * The CustomResourceDefinitions of Flux's reflector, for clusters where Flux's own are absent: the same fields,
 * defaults, validation, columns and names. `npm run generate` writes them to deploy/crds.
 */
export const resourceDefinitions: readonly Fields[] = [
  definition(
    { ...imagePolicies, singular: 'imagepolicy', shortNames: ['imgpol', 'imagepol'] },
    {
      description: 'ImagePolicy is the Schema for the imagepolicies API',
      columns: [
        column('Image', '.status.latestRef.name'),
        column('Tag', '.status.latestRef.tag'),
        readyColumn(),
        statusColumn(),
        ageColumn(),
      ],
      spec: policySpec(),
      status: policyStatus(),
    },
  ),
  definition(
    { ...imageRepositories, singular: 'imagerepository', shortNames: ['imgrepo', 'imagerepo'] },
    {
      description: 'ImageRepository is the Schema for the imagerepositories API',
      columns: [
        column('Image', '.spec.image'),
        column('Tags', '.status.lastScanResult.tagCount'),
        readyColumn(),
        statusColumn(),
        { ...column('Last scan', '.status.lastScanResult.scanTime'), priority: 1 },
        ageColumn(),
      ],
      spec: repositorySpec(),
      status: repositoryStatus(),
    },
  ),
];

type Names = {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
};

type Shape = {
  readonly description: string;
  readonly columns: readonly Fields[];
  readonly spec: Fields;
  readonly status: Fields;
};

function definition({ kind, plural, singular, shortNames }: Names, shape: Shape): Fields {
  const { description, columns, spec, status } = shape;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${apiGroup}` },
    spec: {
      group: apiGroup,
      names: {
        // Source: Flux's API from v1.2.5 on.
        categories: ['all', 'fluxcd', 'fluxcd-images'],
        kind,
        listKind: `${kind}List`,
        plural,
        shortNames,
        singular,
      },
      scope: 'Namespaced',
      versions: [
        {
          name: apiVersion,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec,
                status: { ...status, default: { observedGeneration: -1 } },
              },
            },
          },
        },
      ],
    },
  };
}

function repositorySpec(): Fields {
  return object(
    {
      accessFrom: object(
        {
          namespaceSelectors: list(
            object(
              {
                matchLabels: {
                  type: 'object',
                  additionalProperties: { type: 'string' },
                  description: 'Labels that such a namespace has; none of them stands for every namespace.',
                },
              },
              [],
            ),
            'Namespaces whose policies may use this repository: one selector is enough.',
          ),
        },
        ['namespaceSelectors'],
        'Which other namespaces may use this repository.',
      ),
      certSecretRef: localReference('Secret with tls.crt and tls.key, ca.crt, or both.'),
      exclusionList: {
        ...list({ type: 'string' }, 'Regular expressions of tags that are not stored.'),
        default: defaultExclusionList,
        maxItems: exclusionsMax,
      },
      image: text('Repository, without scheme, tag or digest.'),
      insecure: { type: 'boolean', description: 'Plain HTTP is allowed.' },
      interval: { ...text('Time between scans.'), pattern: durationPattern },
      provider: { ...text('Where credentials come from.'), enum: providers, default: 'generic' },
      proxySecretRef: localReference('Secret with address, and username and password where needed.'),
      secretRef: localReference('Secret of type kubernetes.io/dockerconfigjson.'),
      serviceAccountName: { ...text('ServiceAccount whose pull secrets are used.'), maxLength: 253 },
      suspend: { type: 'boolean', description: 'No further scans.' },
      timeout: { ...text('For one scan; the interval by default.'), pattern: timeoutPattern },
    },
    ['image', 'interval'],
    'ImageRepositorySpec defines the parameters for scanning an image repository, e.g., fluxcd/flux.',
  );
}

function repositoryStatus(): Fields {
  return object(
    {
      canonicalImageName: text('The image with every implied part.'),
      conditions: conditions(),
      lastHandledReconcileAt: text('The last value of reconcile.fluxcd.io/requestedAt that was dealt with.'),
      lastScanResult: object(
        {
          latestTags: list({ type: 'string' }, 'The first ten, byte-descending.'),
          revision: text('Checksum of the stored tags.'),
          scanTime: { type: 'string', format: 'date-time' },
          tagCount: { type: 'integer' },
        },
        ['tagCount'],
      ),
      observedExclusionList: list({ type: 'string' }, 'The exclusion list of the last scan.'),
      observedGeneration: { type: 'integer', format: 'int64' },
    },
    [],
    'ImageRepositoryStatus defines the observed state of ImageRepository',
  );
}

function policySpec(): Fields {
  const direction = { ...text('Which end is the newest.'), enum: ['asc', 'desc'], default: 'asc' };
  return {
    ...object(
      {
        digestReflectionPolicy: {
          ...text('Whether and when the digest of the selected tag is asked for.'),
          enum: digestReflectionPolicies,
          default: 'Never',
        },
        filterTags: object(
          { extract: text('Template over the groups of the pattern.'), pattern: text('RE2.') },
          [],
          'Which tags are looked at, and what of them is compared.',
        ),
        imageRepositoryRef: object(
          { name: text('Name of the ImageRepository.'), namespace: text('Its own by default.') },
          ['name'],
          'The ImageRepository whose tags are looked at.',
        ),
        interval: { ...text('How often the digest is asked for again.'), pattern: durationPattern },
        policy: object(
          {
            alphabetical: object({ order: direction }, [], 'The last, or the first, by its bytes.'),
            numerical: object({ order: direction }, [], 'The highest, or the lowest, number.'),
            semver: object(
              { range: text('Constraint as Masterminds/semver has it.') },
              ['range'],
              'The highest semantic version in a range.',
            ),
          },
          [],
          'How a tag is chosen.',
        ),
        suspend: { type: 'boolean', description: 'No further selections.' },
      },
      ['imageRepositoryRef', 'policy'],
      'ImagePolicySpec defines the parameters for calculating the ImagePolicy.',
    ),
    'x-kubernetes-validations': [
      rule(
        "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
        "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
      ),
      rule(
        "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
        "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
      ),
    ],
  };
}

function policyStatus(): Fields {
  const reference = (description: string): Fields =>
    object(
      { digest: text('Digest of the tag.'), name: text('Image as written.'), tag: text('Selected tag.') },
      ['name', 'tag'],
      description,
    );
  return object(
    {
      conditions: conditions(),
      lastHandledReconcileAt: text('The last value of reconcile.fluxcd.io/requestedAt that was dealt with.'),
      latestRef: reference('What is selected.'),
      observedGeneration: { type: 'integer', format: 'int64' },
      observedPreviousRef: reference('What was selected before.'),
    },
    [],
    'ImagePolicyStatus defines the observed state of ImagePolicy',
  );
}

/** Source: apimachinery, `metav1.Condition`. */
function conditions(): Fields {
  const condition = object(
    {
      lastTransitionTime: { type: 'string', format: 'date-time' },
      message: { type: 'string', maxLength: 32_768 },
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
      reason: {
        type: 'string',
        minLength: 1,
        maxLength: 1024,
        pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      type: {
        type: 'string',
        maxLength: 316,
        pattern:
          '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
      },
    },
    ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
  );
  return { type: 'array', items: condition };
}

function object(properties: Fields, required: readonly string[], description?: string): Fields {
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties,
    ...(required.length === 0 ? {} : { required }),
  };
}

function list(items: Fields, description: string): Fields {
  return { type: 'array', description, items };
}

function text(description: string): Fields {
  return { type: 'string', description };
}

function localReference(description: string): Fields {
  return object({ name: text('Name, in the same namespace.') }, ['name'], description);
}

function rule(expression: string, message: string): Fields {
  return { rule: expression, message };
}

function column(name: string, jsonPath: string): Fields {
  return { name, type: 'string', jsonPath };
}

function readyColumn(): Fields {
  return column('Ready', '.status.conditions[?(@.type=="Ready")].status');
}

function statusColumn(): Fields {
  return column('Status', '.status.conditions[?(@.type=="Ready")].message');
}

function ageColumn(): Fields {
  return { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
}
