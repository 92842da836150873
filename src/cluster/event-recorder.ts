/** The object an event is about. */
export type InvolvedObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The object's: those under `event.toolkit.fluxcd.io/` go along with events and notifications. */
  readonly annotations?: Readonly<Record<string, string>>;
};

export type ObjectEvent = {
  readonly object: InvolvedObject;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
};

/** Where controllers say what happened to an object. Recording never waits and never fails. */
export interface EventRecorder {
  record(event: ObjectEvent): void;
  /** Sends what is waiting, for a while, and takes no more. */
  close(): Promise<void>;
}

/** Annotations of an object that go along with what is said of it, under their whole name. Source: Flux. */
const annotationPrefix = 'event.toolkit.fluxcd.io/';

/** What the object's annotations add to an event; empty where that is nothing. */
export function notesOf({ annotations = {} }: InvolvedObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(annotationPrefix)));
}
