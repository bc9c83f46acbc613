import { describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { auditKey, auditRecord, parseAuditRecord } from '../../engine/domain/audit-record.ts';
import { readRecords } from '../../engine/operations/audit/read-records.ts';

const outcome = { status: 'success', bytes: null, error: null, notes: null } as const;
const subject = { plan: 'nightly', database: 'clinic', backup: null, target: null } as const;

function record(completedAt: string, tail: string) {
  const at = new Date(completedAt);
  const id = `${completedAt.slice(0, 19).replace(/[-:]/g, '')}Z-${tail}`;
  return auditRecord({ operation: 'backup', ...subject }, outcome, {
    ...{ id, repository: 'memory', startedAt: at, completedAt: at },
    initiatedBy: { type: 'user', name: 'ops', host: 'box' },
  });
}

describe('readRecords', () => {
  const period = { from: new Date('2026-11-01T12:00:00Z'), to: new Date('2026-11-03T00:00:00Z') };
  const read = async (repository: MemoryRepository) => {
    const found: [string, string | null][] = [];
    for await (const { key, record: one } of readRecords(repository, period))
      found.push([key, one?.id ?? null]);
    return found;
  };

  it('gives the records that were completed in the period, oldest first, and no ledger entry', async () => {
    const repository = new MemoryRepository();
    const times = ['2026-11-01T11:59:59', '2026-11-01T12:00:00', '2026-11-02T23:59:59'];
    const records = [...times, '2026-11-03T00:00:00'].map((time) => record(`${time}.000Z`, '00ff'));
    for (const one of records)
      await repository.put(auditKey(one), Buffer.from(JSON.stringify(one)));
    await repository.put('audit/ledger/20261102T000000Z.json', Buffer.from('{}'));
    expect((await read(repository)).map(([, id]) => id)).toEqual(
      [records[1], records[2]].map((one) => one?.id),
    );
  });

  it('gives what is no record without one, so that nothing can hide behind it', async () => {
    const repository = new MemoryRepository();
    await repository.put('audit/2026/11/02/odd.json', Buffer.from('{"schemaVersion":1}'));
    expect(await read(repository)).toEqual([['audit/2026/11/02/odd.json', null]]);
  });

  it('reads the record of an operation that a newer version added', () => {
    const newer = { ...record('2026-11-02T00:00:00.000Z', '00ff'), operation: 'recover-table' };
    expect(parseAuditRecord(Buffer.from(JSON.stringify(newer)))).toMatchObject({
      operation: 'recover-table',
    });
  });
});
