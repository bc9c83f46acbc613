import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { anomaliesIn } from '../../engine/domain/anomaly/anomaly-record.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { manifestKey, objectKey } from '../../engine/domain/key.ts';
import { problemsOfRun } from '../../engine/domain/run-problems.ts';
import { anomalyMarkNames } from '../../engine/domain/set/anomaly-marks.ts';
import { markName } from '../../engine/domain/set/mark-name.ts';
import { summaryIn } from '../../engine/domain/set/set-summary.ts';
import { HoldfastError, isHoldfastError } from '../../engine/errors.ts';
import { readMark } from '../../engine/operations/catalog/name-suspicion-kinds.ts';
import { verify } from '../../engine/operations/verify.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { dyingRepository } from '../fixtures/dying-repository.ts';
import { MeasuredSets } from '../fixtures/measured-sets.ts';

const USUAL = { visits: 30_000, patients: 5_000 };
const PURGED = { visits: 12_000, patients: 5_000 };
const LOST = { visits: 30_000, patients: 0 };

const address = (id: string) => ({ plan: 'nightly', database: 'clinic', id });

/** One whose marks of suspicion are refused. */
function unmarkable(inner: Repository): Repository {
  return new Proxy(inner, {
    get(target, name) {
      if (name === 'put')
        return async (key: string, bytes: Uint8Array) => {
          if (key.includes('/suspect-'))
            throw new HoldfastError({ code: 'ACCESS_DENIED', message: 'no right to write' });
          await target.put(key, bytes);
        };
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

describe('a set that is unlike the earlier ones', () => {
  let repository: MemoryRepository;
  let sets: MeasuredSets;

  beforeEach(() => {
    repository = new MemoryRepository();
    sets = new MeasuredSets({ only: repository });
  });

  it('is SUSPECT when it is verified, and its mark says by which numbers, and no row', async () => {
    await sets.quiet(7, USUAL);
    const id = await sets.take(PURGED);
    expect(await sets.verify(id)).toBe('ANOMALY_FOUND');
    const [entry] = await sets.entriesOf(id);
    if (entry === undefined) throw new Error('the set is gone');
    expect(entry).toMatchObject({ state: 'SUSPECT', isFreezing: true });
    expect(entry.checkedAt).not.toBeNull();
    const [name = ''] = anomalyMarkNames(entry);
    const content = (await readMark({ repository }, objectKey(address(id), name))) ?? {};
    expect(Object.keys(content).sort()).toEqual(
      ['anomalies', 'at', 'by', 'code', 'operation', 'reason'].sort(),
    );
    expect(anomaliesIn(content)).toEqual([
      {
        ...{ code: 'shrunk', severity: 'critical', measure: 'all-rows', table: null },
        ...{ value: 17_000, median: 35_000, sets: 7 },
      },
      {
        ...{ code: 'shrunk', severity: 'critical', measure: 'rows' },
        table: { schema: 'public', name: 'visits' },
        ...{ value: 12_000, median: 30_000, sets: 7 },
      },
    ]);
  });

  it('fails its verification in the record by which the stack rings, with what to do', async () => {
    await sets.quiet(7, USUAL);
    const id = await sets.take(PURGED);
    await sets.verify(id);
    const records: AuditRecord[] = [];
    for await (const { key } of repository.list('audit/'))
      records.push(JSON.parse((await repository.get(key)).toString()) as AuditRecord);
    const record = records.find(({ backup }) => backup === id);
    expect(record).toMatchObject({
      ...{ operation: 'verify', status: 'failed', plan: 'nightly', database: 'clinic' },
      error: { code: 'ANOMALY_FOUND' },
    });
    const failed = { database: 'clinic', status: 'failed', stage: 'verify', error: record?.error };
    const run = { plan: 'nightly', execution: 'arn', results: [failed] };
    const [problem] = problemsOfRun(run as never, () => 'still safe: the sets before it');
    expect(problem).toMatchObject({
      ...{ severity: 'critical', title: 'clinic/nightly: verify failed (ANOMALY_FOUND)' },
      detail: expect.stringContaining('table visits has 12,000 rows'),
      hint: expect.stringContaining('holdfast accept'),
      runbook: 'docs/RUNBOOK.md#backup-unlike-earlier-ones',
    });
  });

  it('is judged below seven earlier sets only by what is gone altogether', async () => {
    expect(await sets.verify(await sets.take({ visits: 0, patients: 0 }))).toBeNull();
    sets = new MeasuredSets({ only: new MemoryRepository() });
    await sets.quiet(6, USUAL);
    expect(await sets.verify(await sets.take(PURGED)), 'six').toBeNull();
    expect(await sets.verify(await sets.take(LOST)), 'gone').toBe('ANOMALY_FOUND');
    sets = new MeasuredSets({ only: new MemoryRepository() });
    await sets.quiet(1, USUAL);
    expect(await sets.verify(await sets.take({ visits: 0, patients: 0 })), 'all gone').toBe(
      'ANOMALY_FOUND',
    );
  });

  it('is judged once: not when it is verified again a year later', async () => {
    await sets.quiet(3, USUAL);
    const purged = await sets.quiet(1, PURGED);
    await sets.quiet(30, USUAL);
    expect(await sets.verify(purged)).toBeNull();
    expect(await sets.statesOf(purged)).toEqual(['CHECKED 0']);
  });

  it('is judged although somebody without the key wrote that it was checked', async () => {
    await sets.quiet(7, USUAL);
    const id = await sets.take(PURGED);
    const forged = markName('checked', new Date('2026-01-09T00:00:00Z'));
    await repository.put(objectKey(address(id), forged), Buffer.from('{}'));
    await sets.verify(id);
    expect(await sets.statesOf(id)).toEqual(['SUSPECT 1']);
  });

  it('is compared with nothing where every earlier set is SUSPECT', async () => {
    await sets.quiet(1, USUAL);
    const gone = { visits: 0, patients: 0 };
    expect(await sets.verify(await sets.take(gone))).toBe('ANOMALY_FOUND');
    expect(await sets.verify(await sets.take(gone)), 'again').toBe('ANOMALY_FOUND');
    sets = new MeasuredSets({ only: new MemoryRepository() });
    const first = await sets.take(USUAL);
    const [place] = sets.places;
    const mark = markName('suspect', new Date(), 'drill');
    await place?.repository.put(objectKey(address(first), mark), Buffer.from('{}'));
    expect(await sets.verify(await sets.take(gone))).toBeNull();
  });

  it('makes no alarm of a one-off backup of one table, which counts for no later set either', async () => {
    await sets.quiet(7, USUAL);
    const selection = {
      contents: 'all' as const,
      tables: [{ schema: 'public', name: 'visits' }],
      excludedTables: [],
    };
    for (let oneOff = 0; oneOff < 8; oneOff++) {
      const id = await sets.take({ visits: 10 }, { manifest: { selection } });
      expect(await sets.verify(id)).toBeNull();
    }
    expect(await sets.verify(await sets.take(USUAL))).toBeNull();
    expect(await sets.verify(await sets.take(PURGED))).toBe('ANOMALY_FOUND');
  });

  it('is the new normal once somebody has accepted it, in what it deviated in and in nothing else', async () => {
    await sets.quiet(8, USUAL);
    const purged = await sets.take(PURGED);
    await sets.verify(purged);
    expect(await sets.accept(purged)).toMatchObject({
      accepts: [
        { measure: 'all-rows', table: null },
        { measure: 'rows', table: { schema: 'public', name: 'visits' } },
      ],
    });
    expect(await sets.statesOf(purged)).toEqual(['CHECKED 1']);
    await sets.quiet(5, PURGED);
    const halved = await sets.take({ visits: 12_000, patients: 2_400 });
    expect(await sets.verify(halved), 'another table').toBe('ANOMALY_FOUND');
    await sets.quiet(1, PURGED);
    const lost = await sets.take({ visits: 5_000, patients: 5_000 });
    expect(await sets.verify(lost), 'a real loss a week later').toBe('ANOMALY_FOUND');
  });

  it('is accepted with the names of the younger sets that deviate as well', async () => {
    await sets.quiet(8, USUAL);
    const nights: string[] = [];
    for (let night = 0; night < 3; night += 1) {
      nights.push(await sets.take(PURGED));
      await sets.verify(nights.at(-1) ?? '');
    }
    const [first = '', second = '', third = ''] = nights;
    expect(await sets.accept(first)).toMatchObject({ alsoSuspect: [second, third] });
    expect(await sets.accept(third)).toMatchObject({ alsoSuspect: [] });
    expect(await sets.accept(second)).toMatchObject({ alsoSuspect: [] });
  });

  it('is SUSPECT again, and no baseline, when a hold takes back that it was accepted', async () => {
    await sets.quiet(7, USUAL);
    const lost = await sets.take(LOST);
    await sets.verify(lost);
    await sets.accept(lost);
    expect(await sets.hold(lost)).toMatchObject({ suspectAgain: ['only'] });
    expect(await sets.statesOf(lost)).toEqual(['SUSPECT 1']);
    expect(await sets.verify(await sets.take(LOST))).toBe('ANOMALY_FOUND');
    expect(await sets.verify(await sets.take(USUAL))).toBeNull();
    await sets.accept(lost);
    const [entry] = await sets.entriesOf(lost);
    expect(entry).toMatchObject({ state: 'CHECKED', isHeld: true });
  });

  it('is not the new normal by an acceptance that nobody with the key wrote', async () => {
    await sets.quiet(7, USUAL);
    const purged = await sets.take(PURGED);
    await sets.verify(purged);
    const forged = JSON.stringify({ accepts: [{ measure: 'all-rows', table: null }] });
    const name = markName('accepted', new Date('2026-12-01T00:00:00Z'));
    await repository.put(objectKey(address(purged), name), Buffer.from(forged));
    expect(await sets.verify(await sets.take(PURGED))).toBe('ANOMALY_FOUND');
  });

  it('is marked once by two verifications at once, and one acceptance ends it', async () => {
    await sets.quiet(7, USUAL);
    const id = await sets.take(PURGED);
    expect(await Promise.all([sets.verify(id), sets.verify(id)])).toEqual([
      'ANOMALY_FOUND',
      'ANOMALY_FOUND',
    ]);
    expect(await sets.statesOf(id)).toEqual(['SUSPECT 1']);
    await sets.accept(id);
    expect(await sets.verify(id)).toBeNull();
    expect(await sets.statesOf(id)).toEqual(['CHECKED 1']);
  });

  it('is found beside manifests that can not be read, and of 5,000 tables', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`t_${index}`, 1_000]),
    );
    const ids = [];
    for (let night = 0; night < 9; night++) {
      ids.push(await sets.take(many));
      await sets.verify(ids.at(-1) ?? '');
    }
    const [unreadable = ''] = ids;
    await repository.release([manifestKey(address(unreadable))]);
    await repository.put(manifestKey(address(unreadable)), Buffer.from('{"schemaVersion": 1'));
    const id = await sets.take({ ...many, t_4711: 0 });
    const failure = await verify(sets.context(), { set: id }).catch((error: unknown) => error);
    expect(isHoldfastError(failure, 'ANOMALY_FOUND') && failure.message).toContain(
      'table t_4711 has 0 rows; the median of the 8 earlier sets is 1,000 rows (-100 %)',
    );
  });

  it('has in its mark checked what check and prune need of the manifest', async () => {
    const id = await sets.quiet(1, USUAL);
    const [entry] = await sets.entriesOf(id);
    if (entry?.checkedAt == null) throw new Error('the set is not CHECKED');
    const key = objectKey(address(id), markName('checked', entry.checkedAt));
    const content = (await readMark({ repository }, key)) ?? {};
    expect(content.manifest).toMatch(/^[0-9a-f]{64}$/);
    expect(summaryIn(content)).toMatchObject({
      ...{ kind: 'logical', keepAtLeast: 1, isWhole: true, tables: 2, rows: 35_000 },
      sizes: { 'globals.sql.zst.esdk': expect.any(Number) },
    });
    expect(content.anomalies).toEqual([]);
  });
});

describe('a set that is unlike the earlier ones, in two repositories', () => {
  let here: MemoryRepository;
  let there: MemoryRepository;
  let sets: MeasuredSets;

  beforeEach(async () => {
    [here, there] = [new MemoryRepository(), new MemoryRepository()];
    sets = new MeasuredSets({ here, there });
    await sets.quiet(7, USUAL);
  });

  it('is named together with the damage of its other copy', async () => {
    const id = await sets.take(PURGED);
    const key = objectKey(address(id), 'globals.sql.zst.esdk');
    const { length } = await there.get(key);
    await there.release([key]);
    await there.put(key, Buffer.alloc(length));
    const failure = await verify(sets.context(), {
      set: id,
      wishOf: () => ({ contents: 'all' }),
    }).catch((error: unknown) => error);
    const said = isHoldfastError(failure) ? failure.message : '';
    expect(said).toContain('is unlike the sets before it');
    expect(said).toMatch(/there: .*globals\.sql\.zst\.esdk/);
  });

  it('is SUSPECT in both', async () => {
    const id = await sets.take(PURGED);
    expect(await sets.verify(id)).toBe('ANOMALY_FOUND');
    expect(await sets.statesOf(id)).toEqual(['SUSPECT 1', 'SUSPECT 1']);
    await sets.accept(id);
    expect(await sets.statesOf(id)).toEqual(['CHECKED 1', 'CHECKED 1']);
  });

  it('names the repository that could not be marked, and marks it when it can', async () => {
    const id = await sets.take(PURGED);
    const places = [
      { name: 'here', repository: here },
      { name: 'there', repository: unmarkable(there) },
    ];
    const failure = await verify(sets.context(places), { set: id }).catch(
      (error: unknown) => error,
    );
    expect(isHoldfastError(failure, 'ANOMALY_FOUND') && failure.message).toContain(
      'it could not be marked as SUSPECT in there (no right to write)',
    );
    expect(await sets.statesOf(id)).toEqual(['SUSPECT 1', 'STORED 0']);
    expect(await sets.verify(id, { places }), 'still refused').toBe('ANOMALY_FOUND');
    expect(await sets.verify(id), 'until somebody accepts it').toBe('ANOMALY_FOUND');
    expect(await sets.statesOf(id)).toEqual(['SUSPECT 1', 'SUSPECT 1']);
    await sets.accept(id);
    expect(await sets.verify(id)).toBeNull();
    expect(await sets.statesOf(id)).toEqual(['CHECKED 1', 'CHECKED 1']);
  });

  it('is SUSPECT in both after the next verification, wherever the one before was killed', async () => {
    let deaths = 0;
    for (let changes = 0; changes < 8; changes++) {
      const id = await sets.take(PURGED);
      const mortal = dyingRepository(here, { changes });
      const places = [
        { name: 'here', repository: mortal },
        { name: 'there', repository: sharing(there, mortal) },
      ];
      const code = await sets.verify(id, { places }).catch(() => 'INTERNAL');
      if (code === 'INTERNAL') deaths++;
      const states = await sets.statesOf(id);
      expect(states, `after ${changes} changes`).not.toContain('CHECKED 0');
      await sets.verify(id);
      expect(await sets.statesOf(id), `after ${changes} changes`).toEqual([
        'SUSPECT 1',
        'SUSPECT 1',
      ]);
    }
    expect(deaths).toBeGreaterThan(2);
  });
});

/** The same process writes to both: what it may still change is counted together. */
function sharing(inner: Repository, mortal: Repository): Repository {
  return new Proxy(inner, {
    get(target, name) {
      if (name === 'put')
        return async (key: string, bytes: Uint8Array) => {
          await mortal.put(`counted/${key}`, bytes);
          await target.put(key, bytes);
        };
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
