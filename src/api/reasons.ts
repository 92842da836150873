/** Why a condition is as it is: the reasons users, dashboards and alerts know from Flux, and a few of ours. */
export const reasons = {
  /** The last reconciliation did what it is for. */
  succeeded: 'Succeeded',
  /** A reconciliation is under way. */
  progressing: 'Progressing',
  /** The last attempt failed; another one will be made. */
  progressingWithRetry: 'ProgressingWithRetry',
  /** A digest could not be had. */
  failed: 'Failed',
  /** No tag could be selected. */
  failure: 'Failure',
  /** A secret with credentials, certificates or a proxy is missing or cannot be used. */
  authenticationFailed: 'AuthenticationFailed',
  /** The registry could not be read, or its answer cannot be believed. */
  readOperationFailed: 'ReadOperationFailed',
  /** `spec.image` is no repository. */
  imageUrlInvalid: 'ImageURLInvalid',
  /** The object asks for something that this controller does not do. */
  featureGateDisabled: 'FeatureGateDisabled',
  /** The policy can never select: no kind, no such range, no regular expression. */
  invalidPolicy: 'InvalidPolicy',
  /** `digestReflectionPolicy: Always` without an interval. */
  intervalNotConfigured: 'IntervalNotConfigured',
  /** The ImageRepository is missing, or has no tags yet. */
  dependencyNotReady: 'DependencyNotReady',
  /** The ImageRepository is in another namespace that does not admit this one. */
  accessDenied: 'AccessDenied',
  /** Ours: what is selected is the best the policy knows. */
  upToDate: 'UpToDate',
  /** Ours: a worse tag was offered and not taken. */
  regressionRefused: 'RegressionRefused',
  /** Ours: what is selected is kept back on purpose. */
  held: 'Held',
  /** Ours: a person allowed to go back, and it was done. */
  rollbackConsented: 'RollbackConsented',
  /** Ours: what is selected stays until a tag is as old as a minimum age asks for. */
  awaitingAge: 'AwaitingAge',
  /** Ours: the selected tag was gone from the registry, and the policy allows to go back then. */
  rolledBackMissing: 'RolledBackMissing',
  /** Ours: the tags were not seen whole, so nothing moves. */
  notSeenWhole: 'NotSeenWhole',
  /** Ours: the tags were seen whole, and the policy chooses none of them. */
  nothingMatches: 'NothingMatches',
  /** Ours: an annotation of ours says something that cannot be understood, or names a tag that is not there. */
  annotationInvalid: 'AnnotationInvalid',
  /** Ours: asked for while suspended. */
  suspended: 'Suspended',
  /** Ours: a scan waits, because memory is near its limit. */
  memoryShort: 'MemoryShort',
  /** Ours, of events: a scan that was put off begins. */
  scanResumed: 'ScanResumed',
  /** Ours: a tag points to another digest than before. */
  tagMoved: 'TagMoved',
} as const;

export type Reason = (typeof reasons)[keyof typeof reasons];
