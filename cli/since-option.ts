import { parseDuration } from '../engine/config/duration.ts';
import { HoldfastError } from '../engine/errors.ts';

/**
 * The first moment that --since means: a duration back from now, a day or a time in UTC. @throws
 * HoldfastError USAGE.
 */
export function parseSince(text: string, now: Date): Date {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return new Date(Math.max(0, now.getTime() - seconds * 1000));
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/.test(text);
  const time = isTime ? new Date(text) : undefined;
  const isReal = time !== undefined && !Number.isNaN(time.getTime());
  if (isReal && time.toISOString().startsWith(text.slice(0, 10))) return time;
  throw new HoldfastError({
    code: 'USAGE',
    message: `--since "${text}" is neither a duration nor a day`,
    hint: 'Give one like 30d, 12h, 2026-11-01 or 2026-11-01T06:00Z.',
  });
}

/** How far back the log is printed where nobody says it. */
export const DEFAULT_SINCE = '30d';

/** From then to tomorrow: the clock of another machine may be ahead. @throws HoldfastError USAGE. */
export function periodSince(text: string, now: Date): { from: Date; to: Date } {
  return { from: parseSince(text, now), to: new Date(now.getTime() + 86_400_000) };
}
