import type { Keep, Reason } from './retention.ts';
import { isSameServer, isUsable, type ServerSnapshot, type SnapshotPair } from './snapshot.ts';
import { speakTime } from './spoken-numbers.ts';

/** What today's config says. */
export interface SnapshotRules {
  /** By plan; a plan that is no longer in the config has none, and the tags alone decide. */
  keeps: ReadonlyMap<string, Keep>;
  /** Whether each snapshot is to have a copy in another region. */
  isCopied: boolean;
  now: Date;
}

export interface SnapshotReason {
  code:
    | Extract<
        Reason['code'],
        'held' | 'within-keep' | 'keep-passed' | 'succeeded' | 'released-before'
      >
    | 'too-few-younger'
    | 'failed';
  text: string;
}

export interface SnapshotDecision {
  pair: SnapshotPair;
  action: 'keep' | 'release';
  reasons: SnapshotReason[];
  /** The snapshots that are to be tagged now. */
  toRelease: ServerSnapshot[];
}

/**
 * Which snapshots stay, oldest first. A snapshot goes, with its copy, when its keep has passed and enough younger ones of its server are
 * there that stay, each available and with its copy: when snapshots or copies stop, nothing goes. What RDS failed to make is nothing to keep.
 */
export function decideSnapshots(
  pairs: readonly SnapshotPair[],
  rules: SnapshotRules,
): SnapshotDecision[] {
  const standing: SnapshotPair[] = [];
  return pairs
    .toReversed()
    .map((pair) => {
      const decided = decide(pair, { rules, standing });
      if (decided.action === 'keep' && isComplete(pair, rules)) standing.push(pair);
      return decided;
    })
    .reverse();
}

interface Pass {
  rules: SnapshotRules;
  /** Younger ones that stay, the youngest first. */
  standing: readonly SnapshotPair[];
}

function decide(pair: SnapshotPair, pass: Pass): SnapshotDecision {
  const parts = [pair.own, pair.copy].filter((part) => part !== undefined);
  if (parts.some(({ isHeld }) => isHeld))
    return {
      pair,
      action: 'keep',
      reasons: [{ code: 'held', text: 'tagged holdfast=hold' }],
      toRelease: [],
    };
  const failed = parts.filter(({ status }) => status === 'failed');
  const sound = parts.filter(({ status }) => status !== 'failed');
  const reasons =
    failed.length === 0
      ? []
      : [
          {
            code: 'failed' as const,
            text: `RDS failed to make ${failed.map(({ arn }) => arn).join(', ')}`,
          },
        ];
  if (sound.length === 0) return { pair, action: 'release', reasons, toRelease: untold(failed) };
  const kept = whatKeeps(pair, pass);
  if (kept.length > 0)
    return { pair, action: 'keep', reasons: [...kept, ...reasons], toRelease: untold(failed) };
  return {
    pair,
    action: 'release',
    reasons: [...whatReleases(pair, pass), ...reasons],
    toRelease: untold(parts),
  };
}

function untold(parts: readonly ServerSnapshot[]): ServerSnapshot[] {
  return parts.filter(({ releasedAt }) => releasedAt === undefined);
}

function whatKeeps(pair: SnapshotPair, { rules, standing }: Pass): SnapshotReason[] {
  if (releasedAt(pair) !== undefined) return [];
  const until = keepUntil(pair, rules);
  const wanted = atLeast(pair, rules);
  const found = younger(pair, standing).length;
  return [
    ...(until > rules.now
      ? [{ code: 'within-keep' as const, text: `kept until ${speakTime(until)}` }]
      : []),
    ...(found < wanted
      ? [
          {
            code: 'too-few-younger' as const,
            text: `younger snapshots that are available${rules.isCopied ? ' in both regions' : ''}: ${found} of ${wanted}`,
          },
        ]
      : []),
  ];
}

function whatReleases(pair: SnapshotPair, { rules, standing }: Pass): SnapshotReason[] {
  const before = releasedAt(pair);
  if (before !== undefined)
    return [{ code: 'released-before', text: `released on ${speakTime(before)}` }];
  const names = younger(pair, standing).slice(0, atLeast(pair, rules));
  return [
    {
      code: 'keep-passed',
      text: `kept until ${speakTime(keepUntil(pair, rules))}, which has passed`,
    },
    { code: 'succeeded', text: `${names.map(({ id }) => id).join(', ')} available and younger` },
  ];
}

/** Once one of the two is let go, so is the other. */
function releasedAt({ own, copy }: SnapshotPair): Date | undefined {
  return [own, copy].find(
    (part) => part !== undefined && part.status !== 'failed' && part.releasedAt !== undefined,
  )?.releasedAt;
}

function younger(
  { server, startedAt }: SnapshotPair,
  standing: readonly SnapshotPair[],
): SnapshotPair[] {
  return standing.filter((one) => isSameServer(one.server, server) && one.startedAt > startedAt);
}

/** One from the future would be younger than all others for ever. */
function isComplete(
  { own, copy, startedAt }: SnapshotPair,
  { isCopied, now }: SnapshotRules,
): boolean {
  return startedAt <= now && isUsable(own) && (!isCopied || isUsable(copy));
}

/** A shorter config does not shorten it. */
function keepUntil({ startedAt, terms }: SnapshotPair, { keeps }: SnapshotRules): Date {
  const seconds = keeps.get(terms.plan)?.for ?? 0;
  return new Date(Math.max(terms.keepUntil.getTime(), startedAt.getTime() + seconds * 1000));
}

function atLeast({ terms }: SnapshotPair, { keeps }: SnapshotRules): number {
  return Math.max(1, terms.keepAtLeast, keeps.get(terms.plan)?.atLeast ?? 0);
}
