import { unescape } from 'node:querystring';
import { type Clock, formatInstant } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { backOffMs, type Timing, wait } from '../timing.ts';
import { type EventRecorder, notesOf, type ObjectEvent } from './event-recorder.ts';
import { makeOutbox } from './outbox.ts';

export type NotificationOptions = {
  /** `--events-addr`, e.g. `http://notification-controller.flux-system.svc.cluster.local./`. */
  readonly address: URL;
  /** `image-reflector-controller`: what alerts are written for. */
  readonly component: string;
  readonly instance: string;
  readonly onDropped?: (event: ObjectEvent) => void;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly log: Log;
};

/** Posts that wait for the notification controller. */
const waitingMax = 1000;

/** Longest answer to one post. */
const answerMs = 5000;

/** Source: Flux's recorder, five posts in all. */
const attemptsMax = 5;
const backOff = { minMs: 1000, maxMs: 30_000 };

/** How long closing waits for what is not posted yet. */
const closeMs = 5000;

type Outcome = 'taken' | 'again' | 'refused';

/** Posts events to Flux's notification-controller, in the format of its Event (`event.toolkit.fluxcd.io`). */
export function makeNotificationEvents(options: NotificationOptions): EventRecorder {
  const { timing, log } = options;
  const shown = shownAddress(options.address);
  const target = targetOf(options.address);
  let isFailing = false;

  /** The first failure is a warning, and that it is over a line: in between, every event would say the same. */
  function tell({ outcome, why }: Posted): void {
    if (outcome === 'taken' && isFailing) log.write('info', `${shown} takes notifications again`);
    if (outcome !== 'taken' && !isFailing) {
      log.write('warn', `cannot notify ${shown}: ${why}`, { hint: 'correct --events-addr, or leave it out' });
    }
    isFailing = outcome !== 'taken';
  }

  async function post(body: string, signal: AbortSignal): Promise<Posted> {
    const late = new AbortController();
    const callOff = timing.schedule(answerMs, () => late.abort(new Error('no answer in time')));
    try {
      const answer = await fetch(target.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'holdfast', ...target.login },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([signal, late.signal]),
      });
      await answer.body?.cancel();
      return { outcome: outcomeOf(answer.status), why: `status ${answer.status}` };
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      return { outcome: 'again', why: describeError(late.signal.aborted ? late.signal.reason : cause) };
    } finally {
      callOff();
    }
  }

  async function send({ event, body }: Waiting, signal: AbortSignal): Promise<void> {
    let why = '';
    for (let attempt = 1; attempt <= attemptsMax && !signal.aborted; attempt += 1) {
      const answer = await post(body, signal);
      // One that is broken off at the end says nothing of the address.
      if (!signal.aborted || answer.outcome === 'taken') tell(answer);
      if (answer.outcome === 'taken') return;
      why = answer.why;
      if (answer.outcome === 'refused') break;
      if (attempt < attemptsMax) {
        await wait(timing, backOffMs(attempt, backOff, timing.random()), signal).catch(() => undefined);
      }
    }
    const { kind, namespace, name } = event.object;
    log.write('debug', `event dropped: cannot notify ${shown}: ${why}`, { kind, namespace, name });
    options.onDropped?.(event);
  }

  const outbox = makeOutbox<Waiting>({
    itemsMax: waitingMax,
    send,
    onDropped: ({ event }) => options.onDropped?.(event),
    timing,
  });
  return {
    record: (event) => outbox.put({ event, body: JSON.stringify(bodyOf(event, options)) }),
    close: () => outbox.close(closeMs),
  };
}

type Posted = { readonly outcome: Outcome; readonly why: string };

/** `fetch` takes no address with a login, and would say the whole of it. */
function targetOf(address: URL): {
  readonly url: URL;
  readonly login: Readonly<Record<string, string>>;
} {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  if (address.username === '' && address.password === '') return { url, login: {} };
  // Unlike decodeURIComponent, it passes a lone percent sign through.
  const login = `${unescape(address.username)}:${unescape(address.password)}`;
  return { url, login: { authorization: `Basic ${Buffer.from(login).toString('base64')}` } };
}

/** Without a login or query, which may hold a secret. */
function shownAddress({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

type Waiting = { readonly event: ObjectEvent; readonly body: string };

/** 429 is how it says that it had the same event a moment ago. */
function outcomeOf(status: number): Outcome {
  if ((status >= 200 && status < 300) || status === 429) return 'taken';
  return status >= 500 ? 'again' : 'refused';
}

function bodyOf(event: ObjectEvent, { component, instance, clock }: NotificationOptions): object {
  const { apiVersion, kind, namespace, name, uid, resourceVersion } = event.object;
  // No revision beside them: Flux posts none for these kinds.
  const metadata = notesOf(event.object);
  return {
    involvedObject: { kind, namespace, name, uid, apiVersion, resourceVersion },
    severity: event.type === 'Warning' ? 'error' : 'info',
    timestamp: formatInstant(clock.now()),
    message: event.message,
    reason: event.reason,
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    reportingController: component,
    reportingInstance: instance,
  };
}
