/** Two plays of the same scenarios, point by point. */
import type { Sights } from './play.ts';

export type Difference = {
  readonly scenario: string;
  readonly look: string;
  /** `objects/ImagePolicy/app/conditions/Ready/message`, `events/Normal Succeeded …`, `requests/…`. */
  readonly point: string;
  /** As JSON; undefined where there is nothing. */
  readonly reference: string | undefined;
  readonly ours: string | undefined;
};

/** A difference that is meant: all that are given must fit. */
export type ExpectedDifference = {
  readonly scenario?: string;
  readonly look?: string;
  readonly point: RegExp;
  /** What a person gains by it, or why it does not matter. */
  readonly because: string;
};

export function compareSights(reference: Sights, ours: Sights): readonly Difference[] {
  const differences: Difference[] = [];
  for (const [scenario, looks] of Object.entries(reference)) {
    for (const [look, sight] of Object.entries(looks)) {
      const theirPoints = pointsOf(sight);
      const ourPoints = pointsOf(ours[scenario]?.[look] ?? {});
      for (const point of new Set([...theirPoints.keys(), ...ourPoints.keys()])) {
        const [their, our] = [theirPoints.get(point), ourPoints.get(point)];
        if (their !== our) differences.push({ scenario, look, point, reference: their, ours: our });
      }
    }
  }
  return differences;
}

export function isExpected(difference: Difference, expected: ExpectedDifference): boolean {
  return (
    (expected.scenario ?? difference.scenario) === difference.scenario &&
    (expected.look ?? difference.look) === difference.look &&
    expected.point.test(difference.point)
  );
}

export function describeDifference({ scenario, look, point, reference, ours }: Difference): string {
  return `${scenario}, ${look}: ${point}\n    reference ${reference ?? 'nothing'}\n    ours      ${ours ?? 'nothing'}`;
}

/** Every value by its path; of a list each text is a point, since it is there or it is not. */
function pointsOf(value: unknown): ReadonlyMap<string, string> {
  const points = new Map<string, string>();
  const visit = (at: readonly string[], one: unknown): void => {
    const isListOfTexts = Array.isArray(one) && /^(events|posts|requests)$/.test(at[0] ?? '');
    if (isListOfTexts) for (const text of one) points.set([...at, String(text)].join('/'), 'there');
    else if (typeof one === 'object' && one !== null && !Array.isArray(one))
      for (const [key, inner] of Object.entries(one)) visit([...at, key], inner);
    else points.set(at.join('/'), JSON.stringify(one));
  };
  visit([], value);
  return points;
}
