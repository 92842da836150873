/**
 * The bytes that the digest of a signed Docker schema 1 manifest is of: the document without its
 * signatures, which were added afterwards. Undefined where the signature does not say where they begin.
 * Source: distribution, docs/spec/manifest-v2-1.md, "Signed Manifests"; libtrust `ParsePrettySignature`.
 */
export function schema1Payload(bytes: Uint8Array): Uint8Array | undefined {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const header = record(JSON.parse(decode(record(first(record(document)['signatures']))['protected'])));
    const length = header['formatLength'];
    if (typeof length !== 'number' || length < 0 || length > bytes.length) return undefined;
    return Buffer.concat([bytes.subarray(0, length), Buffer.from(decode(header['formatTail']))]);
  } catch {
    return undefined;
  }
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function decode(base64Url: unknown): string {
  return typeof base64Url === 'string' ? Buffer.from(base64Url, 'base64url').toString() : '';
}
