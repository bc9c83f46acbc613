import { MAX_CLOCK_SKEW_SECONDS } from '../contract.ts';
import { HoldfastError } from '../errors.ts';
import { readClockAhead } from '../postgres/server-facts.ts';
import type { Session } from '../postgres/session.ts';
import type { Context } from './context.ts';

/**
 * Retention and freshness rest on time: the clocks must agree within ten minutes.
 * @throws HoldfastError CLOCK_OFF.
 */
export async function assertClocksAgree(
  context: Pick<Context, 'clock' | 'repositories'>,
  session: Session,
): Promise<void> {
  assertNear(await readClockAhead(session, context.clock), 'the database server');
  for (const { repository } of context.repositories)
    await assertStoreClockAgrees({ clock: context.clock, repository });
}

/** @throws HoldfastError CLOCK_OFF. */
export async function assertStoreClockAgrees({
  clock,
  repository,
}: Pick<Context, 'clock' | 'repository'>): Promise<void> {
  const before = clock.now().getTime();
  const store = (await repository.now()).getTime();
  assertNear(store - (before + clock.now().getTime()) / 2, repository.location);
}

function assertNear(aheadMs: number, whose: string): void {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (seconds <= MAX_CLOCK_SKEW_SECONDS) return;
  throw new HoldfastError({
    code: 'CLOCK_OFF',
    message: `the clock of ${whose} is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
    hint: 'Set the clocks (timedatectl set-ntp true); a set with a wrong time would be kept too long or too short.',
  });
}
