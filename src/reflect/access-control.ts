export type AccessQuestion = {
  /** The ImageRepository and who it admits; absent: its own namespace only. */
  readonly repository: { readonly namespace: string; readonly name: string };
  readonly accessFrom: readonly Readonly<Record<string, string>>[] | undefined;
  readonly fromNamespace: string;
  /** Labels of `fromNamespace`. */
  readonly labels: Readonly<Record<string, string>>;
  /** `--no-cross-namespace-refs` */
  readonly noCrossNamespaceRefs: boolean;
};

/**
 * Why a policy may not use a repository, in Flux's words; undefined where it may. One selector is enough, of
 * which every label must fit; a selector without labels admits every namespace.
 */
export function findAccessProblem(question: AccessQuestion): string | undefined {
  const { repository, fromNamespace, labels, accessFrom } = question;
  if (repository.namespace === fromNamespace) return undefined;
  const place = `${repository.namespace}/${repository.name}`;
  if (question.noCrossNamespaceRefs) {
    return `cannot access '${place}', cross-namespace references have been blocked`;
  }
  if (accessFrom === undefined) {
    return `'${place}' can't be accessed due to missing ACL labels on 'accessFrom'`;
  }
  const admits = accessFrom.some((selector) =>
    Object.entries(selector).every(([key, value]) => labels[key] === value),
  );
  return admits
    ? undefined
    : `'${place}' can't be accessed due to ACL labels mismatch on namespace '${fromNamespace}'`;
}
