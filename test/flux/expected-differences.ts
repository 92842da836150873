import type { ExpectedDifference } from './compare.ts';

/** Where ours is meant to say something else than Flux's reflector 1.2.0. Each must still occur. */
export const expectedDifferences: readonly ExpectedDifference[] = [
  {
    point: /holdfast\.dev\//,
    because: 'what the guard decided, and what is owed, is told by conditions of our own',
  },
  {
    point: /^events\/Normal .*(tags did not change|no change in repository configuration)/,
    because: 'that nothing changed is no event',
  },
  {
    point: /^(events|posts)\/.*no tags in database/,
    because: 'a policy that waits for the first scan of its repository has not failed',
  },
  {
    point: /conditions\/Reconciling\/message$/,
    because: 'it says what is tried again, not which generation is being worked on',
  },
  {
    point:
      /(conditions\/(Ready|Stalled)\/message|^(events|posts)\/.*(ReadOperationFailed|AuthenticationFailed|ImageURLInvalid|DependencyNotReady|AccessDenied|Failed) .*)$/,
    scenario: 'credentials',
    because: 'a failure says what to do; a secret of the wrong type is named',
  },
  ...[
    'images that cannot be',
    'another image with other tags',
    'certificates and proxies that cannot be used',
    'a digest that is not to be had',
    'a registry that fails',
    'a registry that fails from the start',
    'an image nobody pushed',
    'a policy without its repository',
  ].map((scenario) => ({
    scenario,
    point: /conditions\/(Ready|Stalled)\/message$|^(events|posts)\/(Warning|error|Normal|info) /,
    because: 'a failure is said in other words, stays visible until it is over, and is told once',
  })),
  {
    scenario: 'a registry that fails',
    point: /ImageRepository\/app\/conditions\/(Ready|Reconciling)$/,
    because: 'a requested scan that failed stays failed until one succeeds',
  },
  {
    scenario: 'credentials',
    look: 'wrong type',
    point: /ImageRepository\/app\/conditions\/Ready$/,
    because: 'a secret that cannot be used is a failure of credentials, not of the scan',
  },
  {
    point: /^requests\/.*: 401$/,
    because: 'the challenge is asked for by the request itself; the reference pings /v2/ for it',
  },
  {
    scenario: 'credentials',
    look: 'wrong type',
    point: /^requests\//,
    because: 'a secret that cannot be used is not passed over',
  },
  {
    scenario: 'ranges of versions',
    point: /status\/lastScanResult$|conditions\/Ready\/message$|^(events|posts)\//,
    because: 'a name that no registry accepts as a tag (a plus sign in it) is not counted',
  },
  {
    scenario: 'a tag that is no number',
    point: /./,
    because: 'a tag that is no number is passed over; the numbers go on being compared',
  },
  {
    scenario: 'a list of exclusions',
    look: 'bad',
    point: /^requests\//,
    because: 'a pattern that cannot be used costs no request',
  },
  {
    scenario: 'images that cannot be',
    look: 'broken again',
    point: /ImagePolicy\/scheme/,
    because: 'a policy joins no new name with the tag of another image',
  },
  {
    scenario: 'another image with other tags',
    look: 'back',
    point: /^requests\//,
    because: 'another image is scanned before anything is said of it',
  },
  {
    scenario: 'digests',
    look: 'without',
    point: /ImagePolicy\/once/,
    because: 'reflecting no digest any more is no upgrade',
  },
  {
    scenario: 'a digest that is not to be had',
    point: /^requests\/GET/,
    because: 'where HEAD says no, GET is asked',
  },
  {
    scenario: 'a list without tags',
    look: 'null',
    point: /./,
    because: 'a list that misses tags which are there by name is not believed',
  },
  {
    scenario: 'the newest tag goes away',
    point: /./,
    because: 'a selection never goes back by itself',
  },
  {
    scenario: 'a list that is cut short',
    point: /./,
    because: 'a list that misses tags which are there by name is not believed, and no selection goes back',
  },
  {
    scenario: 'a finalizer taken away',
    look: 'put back',
    point: /^requests\//,
    because: 'a request is not swallowed when the finalizer is put back',
  },
];
