import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../engine/domain/evidence/make-report.ts';
import { assertHasBegun, parseMonth } from '../../../engine/domain/evidence/month.ts';
import { reportSchema } from '../../../engine/domain/evidence/report-schema.ts';
import { emptyEvidence, evidenceSet, nightly, record, withSigns } from '../../fixtures/evidence.ts';

/** Numbers of the runs of the first series, by what became of them. */
function runsOf(report: ReturnType<typeof makeReport>): Record<string, number[]> {
  const [series] = report.series;
  const all: Record<string, number[]> = {};
  for (const { number, outcome } of series?.runs ?? [])
    all[outcome] = [...(all[outcome] ?? []), number];
  return all;
}

describe('makeReport', () => {
  it('is what its schema says', () => {
    const report = makeReport(withSigns(emptyEvidence(), { sets: nightly(1, 30) }));
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('numbers every run that was due, and calls a night without a set missed', () => {
    const sets = [...nightly(1, 11), ...nightly(13, 30)];
    const report = makeReport(withSigns(emptyEvidence(), { sets }));
    expect(runsOf(report).missed).toEqual([12]);
    expect(runsOf(report).taken).toHaveLength(29);
    expect(report.series[0]?.runs.map(({ number }) => number)).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
  });

  it('misses all of a month without any backup, whether the plan has older sets or none', () => {
    const without = makeReport(emptyEvidence());
    const older = withSigns(emptyEvidence(), { sets: [evidenceSet('2026-10-31T02:00:00Z')] });
    expect(runsOf(without)).toEqual({ missed: expect.objectContaining({ length: 30 }) });
    expect(runsOf(makeReport(older))).toEqual(runsOf(without));
    expect(without.series[0]?.hasSign).toBe(false);
    expect(without.databases[0]).toMatchObject({ newest: null, proven: null, rpo: null });
    expect(makeReport(older).databases[0]?.rpo?.seconds).toBe(30.5 * 86_400 + 22 * 3600 - 43_200);
    for (const { lines } of without.checklists)
      for (const { line, answer } of lines)
        if (!line.startsWith('Restore procedures')) expect(answer, line).toBe('not shown');
  });

  it('counts no run before the first sign of a plan that was made on the 20th', () => {
    const report = makeReport(withSigns(emptyEvidence(), { sets: nightly(21, 30) }));
    expect(runsOf(report)['before-plan']).toHaveLength(20);
    expect(runsOf(report).missed).toBeUndefined();
    expect(report.series[0]?.firstSign).toBe('2026-11-21T02:00:04.000Z');
  });

  it('takes a first run that failed as the sign of its plan', () => {
    const error = { code: 'CONNECTION_FAILED', message: 'the server refused the login' };
    const records = [record('2026-11-20T02:00:09Z', { status: 'failed', error })];
    const report = makeReport(withSigns(emptyEvidence(), { sets: nightly(21, 30), records }));
    expect(runsOf(report).failed).toEqual([20]);
    expect(runsOf(report)['before-plan']).toHaveLength(19);
    expect(report.series[0]?.runs[19]?.errorCode).toBe('CONNECTION_FAILED');
  });

  it('counts a set that retention has removed since, by its record', () => {
    const backup = '20261103T020004Z-7f3a';
    const records = [record('2026-11-03T02:05:00Z', { backup, bytes: 9 })];
    const sets = [...nightly(1, 2), ...nightly(4, 30)];
    const report = makeReport(withSigns(emptyEvidence(), { sets, records }));
    expect(runsOf(report).missed).toBeUndefined();
    expect(report.databases[0]?.sets[2]).toMatchObject({ id: backup, state: 'RELEASED' });
    expect(report.databases[0]?.rpo?.seconds).toBeLessThan(25 * 3600);
  });

  it('tells late, partial and suspect sets, and names those that no run accounts for', () => {
    const sets = [
      ...nightly(1, 1),
      evidenceSet('2026-11-02T09:30:00Z'),
      ...nightly(3, 3, { fulfilsPlan: false, isWhole: false }),
      ...nightly(4, 4, { state: 'SUSPECT' }),
      ...nightly(5, 30),
      evidenceSet('2026-11-30T12:00:00Z', { id: '20261130T120000Z-0001' }),
    ];
    const report = makeReport(withSigns(emptyEvidence(), { sets }));
    expect(runsOf(report)).toMatchObject({ late: [2], missed: [3], suspect: [4] });
    expect(report.series[0]?.others).toEqual([
      expect.objectContaining({
        set: '20261103T020004Z-7f3a',
        why: expect.stringContaining('less'),
      }),
      expect.objectContaining({ set: '20261130T120000Z-0001' }),
    ]);
  });

  it('leaves open what may still run, in a month that is not over', () => {
    const evidence = emptyEvidence({ generatedAt: '2026-11-22T03:00:00Z' });
    const report = makeReport(withSigns(evidence, { sets: nightly(1, 21) }));
    expect(runsOf(report)).toMatchObject({ pending: [22] });
    expect(report.series[0]?.runs).toHaveLength(22);
    expect(report.isComplete).toBe(false);
  });

  it('gives a set to the run that was due before it, however often runs are due', () => {
    const plans = { nightly: { schedule: '* * * * *' } };
    const evidence = emptyEvidence({ plans, generatedAt: '2026-11-01T00:02:59Z' });
    const sets = [0, 1, 2].map((minute) => evidenceSet(`2026-11-01T00:0${minute}:40Z`));
    expect(runsOf(makeReport(withSigns(evidence, { sets })))).toEqual({ taken: [1, 2, 3] });
    const late = { ...evidenceSet('2026-11-30T23:59:57Z') };
    const hourly = { nightly: { schedule: '0 * * * *' } };
    const begins = withSigns(emptyEvidence({ plans: hourly }), { sets: [late] });
    expect(makeReport(begins).series[0]?.runs.at(-1)).toMatchObject({ outcome: 'before-plan' });
  });

  it('goes by the time zone of the plan, also where the clock is changed', () => {
    const plans = { nightly: { schedule: '30 2 * * *', timezone: 'Europe/Vienna' } };
    const evidence = emptyEvidence({ month: '2026-10', plans });
    const due = makeReport(evidence).series[0]?.runs.map(({ dueAt }) => dueAt) ?? [];
    expect(due).toHaveLength(31);
    expect(due[0]).toBe('2026-10-01T00:30:00.000Z');
    expect(due.at(-1)).toBe('2026-10-31T01:30:00.000Z');
  });

  it('names a failure with what mended it, and one of the last day with what came after', () => {
    const error = { code: 'DISK_FULL', message: 'no space is left' };
    const records = [
      record('2026-11-05T02:00:09Z', { status: 'failed', error }),
      record('2026-11-05T08:00:00Z', { plan: 'weekly', backup: '20261105T075900Z-0001' }),
      record('2026-11-05T09:00:00Z', { backup: '20261105T085900Z-0001' }),
      record('2026-11-30T02:00:09Z', { status: 'failed', error }),
      record('2026-12-01T02:00:09Z', { backup: '20261201T020004Z-0001' }),
      record('2026-11-28T02:00:09Z', { operation: 'verify', status: 'failed', error }),
    ];
    const { failures } = makeReport(withSigns(emptyEvidence(), { records }));
    expect(failures.map(({ mendedBy }) => mendedBy?.set ?? null)).toEqual([
      '20261105T085900Z-0001',
      '20261201T020004Z-0001',
      null,
    ]);
  });

  it('has a person behind every accepted exception', () => {
    const records = [
      record('2026-11-09T10:00:00Z', {
        operation: 'accept',
        backup: '20261109T020004Z-7f3a',
        notes: 'old rows were archived',
      }),
    ];
    expect(makeReport(withSigns(emptyEvidence(), { records })).acts).toEqual([
      expect.objectContaining({ operation: 'accept', by: 'ada on backup1' }),
    ]);
  });

  it('answers the line on off-site copies by the scorecard, and names a config that was new', () => {
    const score = {
      ...{ database: 'clinic', copies: [], rpoSeconds: 60, rtoSeconds: null, copyCount: 3 },
      ...{ offSite: ['cloud'], is321: true, missing: [], unknown: [] },
    };
    const standing = { checkedAt: '2026-12-02T06:37:00.000Z', findings: [], scorecard: [score] };
    const records = [record('2026-11-12T05:31:09Z', { operation: 'config', notes: 'abc' })];
    const report = makeReport(withSigns(emptyEvidence(), { records, standing }));
    expect(report.checklists[0]?.lines[4]).toMatchObject({ answer: 'shown' });
    expect(report.changes).toEqual(['a new config was noticed on 2026-11-12 05:31 UTC: abc']);
  });

  it('lists the certificates of what is gone, and what is wrong with the ledger', () => {
    const disposal = {
      keys: [{ type: 'key-file', id: '0123456789abcdef' }],
      ...{ objects: 3, bytes: 900, manifest: null, releasedAt: null, releasedBy: 'ada' },
      ...{ why: 'keepUntil has passed', goneAt: '2026-11-15T05:47:09.000Z' },
    };
    const ledgers = [
      { repository: 'local', entries: 720, sealedUntil: null, unsealed: 0, problems: ['a gap'] },
    ];
    const records = [
      record('2026-11-15T05:47:09Z', {
        operation: 'prune',
        backup: '20261013T020004Z-7f3a',
        disposal,
      }),
    ];
    const report = makeReport(withSigns(emptyEvidence(), { records, ledgers }));
    expect(report.disposals).toEqual([
      expect.objectContaining({
        set: '20261013T020004Z-7f3a',
        keys: ['key-file 0123456789abcdef'],
        repository: '/backups',
      }),
    ]);
    expect(report.ledgers).toEqual(ledgers);
    const answers = report.checklists.flatMap(({ lines }) => lines);
    const answerTo = (word: string) => answers.find(({ line }) => line.startsWith(word))?.answer;
    expect([answerTo('Disposal'), answerTo('Audit Logging')]).toEqual(['shown', 'partly shown']);
  });

  it('says what shows that the config was changed', () => {
    const before = makeReport(emptyEvidence({ month: '2026-10' })).plans;
    const plans = { nightly: { schedule: '0 3 * * *' }, hourly: { schedule: '0 * * * *' } };
    const evidence = withSigns(emptyEvidence({ plans }), {
      plansBefore: before,
      sets: [
        ...nightly(1, 9).map((set) => ({
          ...set,
          scheduledFor: new Date(`${set.startedAt.toISOString().slice(0, 10)}T02:00:00Z`),
        })),
        evidenceSet('2026-11-09T02:00:00Z', { plan: 'gone' }),
      ],
    });
    expect(makeReport(evidence).changes).toEqual([
      'plan nightly: schedule was "0 2 * * *" in the report of the month before, and is "0 3 * * *"',
      'plan hourly is new since the report of the month before',
      'plan gone ran for database clinic, which the config no longer asks for',
      'plan nightly: 9 sets were taken by another schedule than the one of today, the last one at 2026-11-09T02:00:00.000Z',
    ]);
  });

  it('names times that can not be right, and records that can not be read', () => {
    const evidence = withSigns(emptyEvidence(), {
      sets: [evidenceSet('2027-03-01T02:00:00Z')],
      records: [
        record('2026-11-05T02:00:00Z', { startedAt: '2026-11-05T09:00:00.000Z' }),
        record('2026-12-05T02:00:00Z'),
        record('2026-11-06T02:00:00Z', { id: '20261106T230000Z-0001' }),
      ],
      unreadable: [{ repository: 'local', key: 'audit/2026/11/05/x.json' }],
    });
    const { records, databases } = makeReport(evidence);
    expect(records.clocks).toEqual([
      expect.stringContaining('behind its end'),
      expect.stringContaining('ahead of this report'),
      expect.stringContaining('another time than its id'),
      expect.stringContaining('set 20270301T020000Z-7f3a of clinic is dated ahead'),
    ]);
    expect(records.unreadable).toHaveLength(1);
    expect(databases[0]?.newest).toBeNull();
  });

  it('measures the loss from the moment that a set leads back to until the next is complete', () => {
    const sets = [...nightly(1, 11), ...nightly(13, 30)];
    const rpo = makeReport(withSigns(emptyEvidence(), { sets })).databases[0]?.rpo;
    expect(rpo).toEqual({
      seconds: 2 * 86_400 + 300,
      from: '2026-11-11T02:00:04.000Z',
      to: '2026-11-13T02:05:04.000Z',
    });
  });

  it('answers the checklists by what it found', () => {
    const whole = withSigns(emptyEvidence(), {
      sets: nightly(1, 30),
      records: [record('2026-11-01T02:05:04Z', { backup: '20261101T020004Z-7f3a' })],
    });
    const [first, second] = makeReport(whole).checklists;
    expect(first?.lines.map(({ answer }) => answer)).toEqual([
      'shown',
      'not shown',
      'not shown',
      'partly shown',
      'not shown',
      'not shown',
      'not shown',
      'not shown',
      'not shown',
      'not shown',
    ]);
    expect(second?.lines.map(({ answer }) => answer)).toEqual([
      'shown',
      'shown',
      'not shown',
      'partly shown',
      'not shown',
      'partly shown',
      'not shown',
    ]);
  });
});

describe('parseMonth', () => {
  it('takes a month and refuses everything else', () => {
    expect(parseMonth('2026-12')).toEqual({
      name: '2026-12',
      from: new Date('2026-12-01T00:00:00Z'),
      to: new Date('2027-01-01T00:00:00Z'),
    });
    for (const text of ['2026-13', '2026-1', 'november', '2026-11-01', ''])
      expect(() => parseMonth(text)).toThrow(/is not a month/);
  });
});

describe('assertHasBegun', () => {
  it('takes the month of this moment and refuses the next one', () => {
    const now = new Date('2026-12-01T00:00:00Z');
    expect(() => assertHasBegun(parseMonth('2026-12'), now)).not.toThrow();
    expect(() => assertHasBegun(parseMonth('2027-01'), now)).toThrow(
      /^2027-01 has not begun yet: it is 2026-12-01/,
    );
  });
});
