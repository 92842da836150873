/** Memory against its limit, for people: `memory is at 83 % of its limit of 512 MiB`. */
export function describeMemory({
  usedBytes,
  limitBytes,
}: {
  readonly usedBytes: number;
  readonly limitBytes: number | undefined;
}): string {
  if (limitBytes === undefined) return `memory is at ${formatMebibytes(usedBytes)}, without a limit`;
  const percent = Math.floor((100 * usedBytes) / limitBytes);
  return `memory is at ${percent} % of its limit of ${formatMebibytes(limitBytes)}`;
}

function formatMebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
