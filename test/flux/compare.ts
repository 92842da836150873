/** Two plays of the same scenarios, point by point. */
import type { Sights } from './play.ts';
import { nothing, type Sight } from './sight.ts';

export type Difference = {
  readonly scenario: string;
  readonly look: string;
  /** `objects/ImagePolicy/app/conditions/Ready/message`, `events/Normal Succeeded …`, `requests/…`. */
  readonly point: string;
  /** As JSON; undefined where there is nothing; `there` of what is a point by itself: an event, a request. */
  readonly reference: string | undefined;
  readonly ours: string | undefined;
};

/** What `compareSights` leaves out, because it differs from one play of the reference to the next. */
export type LeftToChance = {
  /** Absent: any. */
  readonly scenario?: string;
  readonly look?: string;
  readonly point: RegExp;
  readonly because: string;
};

export function compareSights(
  reference: Sights,
  ours: Sights,
  chance: readonly LeftToChance[],
): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [scenario, looks] of Object.entries(reference)) {
    for (const look of new Set([...Object.keys(looks), ...Object.keys(ours[scenario] ?? {})])) {
      const theirPoints = pointsOf(looks[look] ?? nothing);
      const ourPoints = pointsOf(ours[scenario]?.[look] ?? nothing);
      for (const point of new Set([...theirPoints.keys(), ...ourPoints.keys()])) {
        const [their, our] = [theirPoints.get(point), ourPoints.get(point)];
        if (their !== our) differences.push({ scenario, look, point, reference: their, ours: our });
      }
    }
  }
  return differences.filter(
    (one) => !followsFromStatus(one, differences) && !chance.some((left) => isLeft(one, left)),
  );
}

function isLeft(one: Difference, { scenario = one.scenario, look = one.look, point }: LeftToChance): boolean {
  return scenario === one.scenario && look === one.look && point.test(one.point);
}

function followsFromStatus(one: Difference, all: readonly Difference[]): boolean {
  if (!one.point.endsWith('/columns')) return false;
  const object = one.point.slice(0, -'columns'.length);
  return all.some(
    ({ scenario, look, point }) =>
      scenario === one.scenario && look === one.look && point !== one.point && point.startsWith(object),
  );
}

export function describeDifference({ scenario, look, point, reference, ours }: Difference): string {
  return `${scenario}, ${look}: ${point}\n    reference ${reference ?? 'nothing'}\n    ours      ${ours ?? 'nothing'}`;
}

/**
 * What can differ, by its path. A condition's message is a point of its own; of a list each text is one, since it is there or not.
 * What kubectl prints is compared where the status it comes from is the same.
 */
function pointsOf(sight: Sight): ReadonlyMap<string, string> {
  const points = new Map<string, string>();
  for (const [name, object] of Object.entries(sight.objects)) {
    const at = `objects/${name}`;
    points.set(`${at}/finalizers`, object.finalizers.join());
    for (const [key, value] of Object.entries(object.status))
      points.set(`${at}/status/${key}`, JSON.stringify(value));
    for (const [type, condition] of Object.entries(object.conditions)) {
      const { status, reason, message, observedGeneration } = condition;
      points.set(`${at}/conditions/${type}`, `${status} ${reason} (${observedGeneration})`);
      points.set(`${at}/conditions/${type}/message`, message);
    }
    points.set(`${at}/columns`, JSON.stringify(object.columns));
  }
  for (const line of (sight.output ?? '').split('\n')) if (line !== '') points.set(`output/${line}`, 'there');
  for (const kind of ['events', 'posts', 'requests'] as const)
    for (const text of sight[kind]) points.set(`${kind}/${text}`, 'there');
  return points;
}
