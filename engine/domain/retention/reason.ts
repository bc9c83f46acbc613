/**
 * `altered` is found only when a seal is opened. `hidden`: a part of the repository can not be read, and may hold what keeps
 * the set. `failed`: the release of the set failed.
 */
export const KEEP_REASONS = [
  'unnamed',
  'unreadable',
  'altered',
  'hidden',
  'failed',
  'held',
  'frozen',
  'needed',
  'within-keep',
  'too-few-proven',
] as const;
export const RELEASE_REASONS = ['keep-passed', 'succeeded', 'released-before'] as const;
export type ReasonCode = (typeof KEEP_REASONS)[number] | (typeof RELEASE_REASONS)[number];

export interface Reason {
  code: ReasonCode;
  text: string;
}

export function releasedBefore({ releasedAt }: { releasedAt: Date | null }): Reason {
  return {
    code: 'released-before',
    text: `released${releasedAt === null ? '' : ` on ${showTime(releasedAt)}`}`,
  };
}

/** To the second, UTC: a keep may be shorter than a minute. */
export function showTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
