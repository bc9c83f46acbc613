import type { Toolset } from '../../engine/postgres/tools.ts';

const SEEDS = 200;

/**
 * Where random seeds begin: `HOLDFAST_SEED=n` repeats seed n on every major, and with
 * `HOLDFAST_SEEDS=m` it takes that many from n on. Else each run has seeds of its own, as many as
 * there are seconds between two of them.
 */
export function seedsByMajor(
  majors: readonly Toolset[],
  env: NodeJS.ProcessEnv = process.env,
): Map<number, number[]> {
  const wanted = wholeNumber(env.HOLDFAST_SEED);
  const count = wholeNumber(env.HOLDFAST_SEEDS);
  if (wanted !== undefined && count === undefined)
    return new Map(majors.map(({ major }) => [major, [wanted]]));
  const from = wanted ?? Math.floor(Date.now() / 1000);
  const each = Math.ceil((count ?? SEEDS) / majors.length);
  return new Map(
    majors.map(({ major }, index) => [
      major,
      Array.from({ length: each }, (_, number) => from + index * each + number),
    ]),
  );
}

function wholeNumber(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
