import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { systemClock } from '../../engine/adapters/system-clock.ts';
import { runKey } from '../../engine/domain/alert-key.ts';
import type { OutcomeReport } from '../../engine/domain/outcome-report.ts';
import { isEndedBy } from '../../engine/domain/run-ends.ts';
import { problemsOfRun } from '../../engine/domain/run-problems.ts';
import { recordOutcome } from '../../engine/operations/record-outcome.ts';
import { contextOn } from '../fixtures/retention-world.ts';
import { storeRecord, storeSet } from '../fixtures/stored-sets.ts';

const TASK = 'arn:aws:ecs:eu-central-1:123456789012:task/holdfast/0123';
const PLACE = { plan: 'nightly', database: 'clinic' };
const EXECUTION = 'nightly-20261122T020000Z';

async function outcomeOf(
  stage: 'verify' | 'drill',
  { isDrilledAfter, plan = 'nightly' }: { isDrilledAfter?: () => boolean; plan?: string | null },
) {
  const repository = new MemoryRepository();
  const now = new Date();
  const set = await storeSet(repository, { startedAt: now, plaintextBytes: 20 * 1024 ** 3 });
  await storeRecord(repository, {
    subject: { operation: stage, ...PLACE, backup: set.id, target: null },
    outcome: { status: 'success' },
    host: TASK,
    completedAt: now,
  });
  const report: OutcomeReport = {
    ...{ stage, plan, database: 'clinic', size: 'small', attempt: 1, job: '{}' },
    ...{ scheduledFor: '2026-11-22T02:00:00Z', execution: EXECUTION },
    end: { task: { TaskArn: TASK, CreatedAt: now.getTime(), Containers: [{ ExitCode: 0 }] } },
  };
  const outcome = await recordOutcome(
    {
      ...{ repository, clock: systemClock, audit: contextOn(repository) },
      ...(isDrilledAfter === undefined ? {} : { isDrilledAfter }),
    },
    report,
  );
  return { outcome, set };
}

describe('a set that is drilled behind its verification', () => {
  it('is named in the job that record-outcome answers, with the size that its drill needs', async () => {
    const { outcome, set } = await outcomeOf('verify', { isDrilledAfter: () => true });
    expect(outcome).toMatchObject({ verdict: 'done', set: set.id, drillSize: 'medium' });
    expect(JSON.parse(outcome.drillJob ?? '')).toEqual({
      operation: 'drill',
      set: set.id,
      ...PLACE,
      scheduledFor: '2026-11-22T02:00:00Z',
      execution: EXECUTION,
    });
  });

  it('is none where the config does not say so, nor behind a drill', async () => {
    const none = { verdict: 'done', drillJob: null, drillSize: null };
    expect((await outcomeOf('verify', {})).outcome).toMatchObject(none);
    expect((await outcomeOf('verify', { isDrilledAfter: () => false })).outcome).toMatchObject(
      none,
    );
    const drilled = await outcomeOf('drill', { isDrilledAfter: () => true });
    expect(drilled.outcome).toMatchObject(none);
  });

  it('is told of as of a drill when that fails, until one of its plan succeeds', () => {
    const run = { plan: 'nightly', execution: EXECUTION };
    const [problem] = problemsOfRun(
      {
        ...run,
        results: [
          {
            ...{ database: 'clinic', status: 'failed', stage: 'drill' },
            error: { code: 'DRILL_FAILED', message: 'rows are missing' },
          },
        ],
      },
      () => 'sets of yesterday are PROVEN',
    );
    const key = runKey({ operation: 'drill', ...PLACE });
    expect(problem).toMatchObject({ key, runbook: expect.stringContaining('drill-failed') });
    const done = { database: 'clinic', status: 'done' } as const;
    expect(isEndedBy(key, { ...run, results: [done] })).toBe(false);
    expect(isEndedBy(key, { ...run, results: [{ ...done, drilled: true }] })).toBe(true);
  });
});
