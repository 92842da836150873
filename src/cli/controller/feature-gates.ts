import { UsageError } from '../errors.ts';

/** The gates of Flux's image-reflector-controller. Source: its features.go, v1.2. */
const gates = {
  ObjectLevelWorkloadIdentity: { isHonoured: true, about: '' },
  CacheSecretsAndConfigMaps: { isHonoured: false, about: 'secrets are never kept' },
  FluxStorage: { isHonoured: false, about: 'tags are kept in the ledger' },
} as const;

type GateName = keyof typeof gates;

export type FeatureGates = {
  readonly hasObjectIdentity: boolean;
  /** What was switched on and does nothing here, as warnings. */
  readonly ignored: readonly string[];
};

/** Reads `Gate=true,Other=false`. @throws UsageError for a gate that Flux would not know either */
export function parseFeatureGates(text: string): FeatureGates {
  const on = new Set<GateName>();
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [, name, value = ''] = /^\s*(\w+)\s*=\s*(true|false)\s*$/i.exec(part) ?? [];
    const known = `the gates are ${Object.keys(gates).join(', ')}`;
    if (name === undefined) {
      const got = JSON.stringify(part);
      throw new UsageError(`--feature-gates: expected GATE=true or GATE=false, got ${got}`, known);
    }
    if (!isGate(name)) {
      throw new UsageError(`--feature-gates: there is no gate ${JSON.stringify(name)}`, known);
    }
    if (value.toLowerCase() === 'true') on.add(name);
    else on.delete(name);
  }
  const ignored = [...on].flatMap((name) =>
    gates[name].isHonoured ? [] : [`the feature gate ${name} has no effect: ${gates[name].about}`],
  );
  return { hasObjectIdentity: on.has('ObjectLevelWorkloadIdentity'), ignored };
}

function isGate(name: string): name is GateName {
  return Object.hasOwn(gates, name);
}
