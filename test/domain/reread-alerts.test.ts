import { describe, expect, it } from 'vitest';
import { runKey } from '../../engine/domain/alert-key.ts';
import {
  type EndedExecution,
  type EndedRun,
  failureNoticeSchema,
} from '../../engine/domain/failure-notice.ts';
import { isEndedBy } from '../../engine/domain/run-ends.ts';
import { problemOfExecution, problemsOfRun, wasTold } from '../../engine/domain/run-problems.ts';

const SETS = ['20261101T020000Z-7f3a', '20261102T020000Z-7f3a', '20261103T020000Z-7f3a'];
const of = (set: string, more: object = {}) => ({
  ...{ database: 'clinic', plan: 'nightly', set, status: 'done' },
  ...more,
});
const failed = (set: string, code = 'OBJECT_DAMAGED', more: object = {}) =>
  of(set, {
    ...{ status: 'failed', stage: 'reread' },
    error: { code, message: `bytes of ${set} are bad` },
    ...more,
  });

function reread(...results: object[]): EndedRun {
  const notice = { plan: null, operation: 'reread', execution: 'arn:e', results };
  return failureNoticeSchema.parse(notice) as EndedRun;
}

const execution: EndedExecution = {
  executionArn: 'arn:e',
  stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:holdfast-clinic-reread',
  name: 'reread-20261122T095200Z',
  status: 'TIMED_OUT',
  input: '{"plan":null}',
};

const KEY = runKey({ operation: 'reread', plan: 'nightly', database: 'clinic' });

describe('old sets that could not be read again', () => {
  it('are one problem for each plan and database, which names the sets', () => {
    const run = reread(
      ...SETS.map((set) => failed(set)),
      failed('20261104T020000Z-7f3a'),
      failed('20261105T020000Z-7f3a', 'TASK_KILLED', { plan: 'weekly' }),
      of('20261106T020000Z-7f3a'),
    );
    const problems = problemsOfRun(run, () => 'still safe: all');
    expect(problems).toMatchObject([
      {
        key: KEY,
        severity: 'critical',
        title: 'clinic/nightly: reading again failed (OBJECT_DAMAGED)',
        runbook: 'docs/RUNBOOK.md#reading-again-failed',
      },
      { title: 'clinic/weekly: reading again failed (TASK_KILLED)' },
    ]);
    for (const set of SETS) expect(problems[0]?.detail).toContain(set);
    expect(problems[0]?.detail).toContain('and 1 more sets; still safe: all');
    expect(problems[0]?.hint).toContain(`holdfast remote verify clinic/nightly/${SETS[0]}`);
  });

  it('lead to the page of a shrunk set where one of them is unlike the earlier ones', () => {
    const [problem] = problemsOfRun(reread(failed(SETS[0] ?? '', 'ANOMALY_FOUND')), () => '');
    expect(problem?.runbook).toBe('docs/RUNBOOK.md#backup-unlike-earlier-ones');
  });

  it('are over when a later run read sets of the same plan and database, and by no run of the plan', () => {
    expect(isEndedBy(KEY, reread(of(SETS[0] ?? '')))).toBe(true);
    expect(isEndedBy(KEY, reread(of(SETS[0] ?? '', { plan: 'weekly' })))).toBe(false);
    expect(isEndedBy(KEY, reread(of(SETS[0] ?? '', { database: 'lab' })))).toBe(false);
    const nightly = { ...reread(of(SETS[0] ?? '')), plan: 'nightly', operation: null };
    expect(isEndedBy(KEY, nightly)).toBe(false);
    const verified = runKey({ operation: 'verify', plan: 'nightly', database: 'clinic' });
    expect(isEndedBy(verified, reread(of(SETS[0] ?? '')))).toBe(false);
  });
});

describe('an execution that ended before it could say what became of its sets', () => {
  it('is known by its machine, whatever its input says', () => {
    const problem = problemOfExecution(execution);
    expect(problem).toMatchObject({
      key: 'run/reread-execution/*/*',
      title: 'reading again: run reread-20261122T095200Z took too long',
    });
    expect(problemOfExecution({ ...execution, input: null })?.key).toBe(problem?.key);
    expect(isEndedBy(problem?.key ?? '', reread(of(SETS[0] ?? '')))).toBe(true);
    expect(isEndedBy(problem?.key ?? '', reread(of(SETS[0] ?? ''), failed(SETS[1] ?? '')))).toBe(
      false,
    );
    const drills = { ...reread(of(SETS[0] ?? '')), operation: null };
    expect(isEndedBy(problem?.key ?? '', drills)).toBe(false);
  });

  it('was told where one of its sets was', () => {
    const state = { [KEY]: { toldAt: '2026-11-22T10:00:00Z' } } as never;
    const since = new Date('2026-11-22T09:52:00Z');
    expect(wasTold(state, { plan: null, operation: 'reread', since })).toBe(true);
    expect(wasTold(state, { plan: null, operation: null, since })).toBe(false);
  });
});
