import { accessProblem } from '../../domain/access/access-problem.ts';
import type { Places } from '../../domain/access/touched-set.ts';
import type { TrailRecord } from '../../domain/access/trail-record.ts';
import type { Clock } from '../../ports/clock.ts';
import { assertTold } from '../notify-failure.ts';
import { type Alerting, tell } from '../tell.ts';

export interface TellAccessContext {
  alerting: Alerting;
  places: Places;
  clock: Clock;
}

/**
 * Tells that somebody read a set, unless the same principal's reads of the same database were told not long ago. A read never ends, so no
 * end of it is told.
 * @throws HoldfastError ALERT_FAILED where a channel did not take it.
 */
export async function tellAccess(
  { alerting, places, clock }: TellAccessContext,
  record: TrailRecord,
): Promise<{ problems: number }> {
  const problem = accessProblem(record, places);
  if (problem === undefined) return { problems: 0 };
  const observation = { at: clock.now(), problems: [problem], wouldSee: () => false };
  assertTold(await tell(alerting, observation));
  return { problems: 1 };
}
