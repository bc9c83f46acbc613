import { describe, expect, it } from 'vitest';
import { BackOff } from '../../engine/adapters/s3-retry.ts';

/** How often something is tried until it is given up, without a pause between two tries. */
async function tries(
  failure: { name: string } | { code: string },
  options: { isChosen?: boolean; giveUpAfterMs?: number; pauseMs?: number } = {},
): Promise<number> {
  const { pauseMs = 0, ...more } = options;
  const strategy = new BackOff({ maxAttempts: 3, baseDelayMs: 0, ...more });
  const error = Object.assign(new Error('made up by a test'), failure);
  let token = await strategy.acquireInitialRetryToken();
  for (let tried = 1; tried < 50; tried += 1) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const next = strategy.refreshRetryTokenForRetry(token, {
      errorType: 'TRANSIENT',
      error: error as never,
    });
    const again = await next.catch(() => undefined);
    if (again === undefined) return tried;
    token = again;
  }
  return 50;
}

describe('the retries of a bucket', () => {
  it.each([
    ['the SDK waited in vain', { name: 'TimeoutError' }],
    ['the network is gone', { code: 'EHOSTUNREACH' }],
    ['the resolver does not answer', { code: 'EAI_AGAIN' }],
  ])('go on until the time is over where %s', async (_what, failure) => {
    expect(await tries(failure)).toBe(50);
    const limited = await tries(failure, { giveUpAfterMs: 300, pauseMs: 20 });
    expect(limited).toBeGreaterThan(3);
    expect(limited).toBeLessThan(20);
  });

  it('end with the attempts where somebody answers', async () => {
    expect(await tries({ code: 'ECONNREFUSED' })).toBe(3);
    expect(await tries({ name: 'InternalError' })).toBe(3);
  });

  it('end with the attempts that the user chose, whatever fails', async () => {
    expect(await tries({ name: 'TimeoutError' }, { isChosen: true })).toBe(3);
  });
});
