import { z } from 'zod';

/** A year counts 366 days, so that nothing that is kept "for six years" goes a day early. */
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_622_400 } as const;

/** Seconds of `90s`, `15m`, `6h`, `30d`, `2w` or `6y`; undefined when the text is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhdwy])$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
}

/** A duration in a config file, as seconds. */
export const durationSchema = z.string().transform((text, context) => {
  const seconds = parseDuration(text);
  if (seconds !== undefined) return seconds;
  context.addIssue({
    code: 'custom',
    message: `expected a duration such as 30s, 15m, 6h, 30d, 2w or 6y, got "${text}"`,
  });
  return z.NEVER;
});
