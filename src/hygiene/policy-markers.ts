/** A comment that tells Flux's image-automation-controller which field to write: `{"$imagepolicy": "ns:name:tag"}`. */
export type Marker = {
  /** `namespace/name` of the ImagePolicy. */
  readonly policy: string;
  /** As shown to people, and 1-based. */
  readonly file: string;
  /** The same file relative to the working directory, where it is a real one. */
  readonly path: string | undefined;
  readonly line: number;
};

/** Longest line looked at: one that is longer was made by a machine, which writes no comments for others. */
const lineLengthMax = 10_000;

/**
 * The markers in the text of a YAML file. Extra text around the JSON makes it none, as in Flux; one inside of a
 * block of text is counted all the same, since calling a policy used that is not harms less than the reverse.
 * Source: kyaml's setters as image-automation-controller uses them.
 */
export function findMarkers(text: string, file: string, path: string | undefined): readonly Marker[] {
  // Flux, too, looks at no file without it.
  if (!text.includes('"$imagepolicy"')) return [];
  return text.split('\n').flatMap((line, index) => {
    const policy = line.length > lineLengthMax ? undefined : policyIn(line);
    return policy === undefined ? [] : [{ policy, file, path, line: index + 1 }];
  });
}

function policyIn(line: string): string | undefined {
  const [, json] = /#+\s*(\{[^{}]*"\$imagepolicy"[^{}]*\})\s*$/.exec(line) ?? [];
  if (json === undefined) return undefined;
  const [, namespace, name] = /^([^:]+):([^:]+)(?::(?:name|tag|digest))?$/.exec(valueOf(json) ?? '') ?? [];
  return namespace === undefined || name === undefined ? undefined : `${namespace}/${name}`;
}

function valueOf(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const marker: unknown =
      typeof value === 'object' && value !== null ? Reflect.get(value, '$imagepolicy') : undefined;
    return typeof marker === 'string' ? marker : undefined;
  } catch {
    return undefined;
  }
}
