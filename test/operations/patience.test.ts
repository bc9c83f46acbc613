import { describe, expect, it } from 'vitest';
import { HoldfastError } from '../../engine/errors.ts';
import { patiently } from '../../engine/operations/patience.ts';

const failure = (retryable: boolean) =>
  new HoldfastError({
    code: 'REPOSITORY_UNREACHABLE',
    message: 'the vault does not answer',
    hint: 'Try again.',
    retryable,
  });

function failing(times: number, error: unknown) {
  const calls = { count: 0 };
  const work = async () => {
    calls.count += 1;
    if (calls.count <= times) throw error;
    return 'done';
  };
  return { calls, work };
}

describe('patience', () => {
  const never = new AbortController().signal;

  it('tries again what failed for a passing reason', async () => {
    const { calls, work } = failing(3, failure(true));
    expect(await patiently(work, { signal: never, pausesMs: [1, 2] })).toBe('done');
    expect(calls.count).toBe(4);
  });

  it.each([
    failure(false),
    new TypeError('a fault of ours'),
  ])('has none with what stays: %s', async (error) => {
    const { calls, work } = failing(1, error);
    await expect(patiently(work, { signal: never, pausesMs: [1] })).rejects.toBe(error);
    expect(calls.count).toBe(1);
  });

  it('ends with the time, while it waits, and says what failed', async () => {
    const time = new AbortController();
    const error = failure(true);
    const { calls, work } = failing(Number.POSITIVE_INFINITY, error);
    const waiting = patiently(work, { signal: time.signal, pausesMs: [1, 3_600_000] });
    setTimeout(() => time.abort(), 50);
    await expect(waiting).rejects.toBe(error);
    expect(calls.count).toBe(2);
  });
});
