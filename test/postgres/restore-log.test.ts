import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TocEntry } from '../../engine/domain/archive-toc.ts';
import { RestoreLog } from '../../engine/postgres/programs/restore-log.ts';

const entry = (dumpId: number, type: string, tag: string): TocEntry => ({
  ...{ dumpId, type, tag, catalogOid: 1259, oid: dumpId + 16_000, schema: 'public' },
  ...{ owner: 'o', definition: '', dependsOn: [] },
});
const TOC = [entry(1, 'TABLE', 'a'), entry(2, 'TABLE DATA', 'b'), entry(3, 'INDEX', 'c d')];
const header = (dumpId: number) => {
  const one = TOC.find((candidate) => candidate.dumpId === dumpId) as TocEntry;
  return `pg_restore: from TOC entry ${dumpId}; 1259 ${one.oid} ${one.type} ${one.tag} o\n`;
};
const LOG = [
  'pg_restore: creating TABLE "public.a"\n',
  'pg_restore: while PROCESSING TOC:\n',
  header(1),
  'pg_restore: error: could not execute query: ERROR:  type "x" does not exist\n',
  'LINE 2:     id x\n',
  'Command was: CREATE TABLE public.a (\n    id x\n);\n\n\n',
  'pg_restore: creating INDEX "public.my function"\n',
  header(2),
  'pg_restore: error: COPY failed for table "b": ERROR:  duplicate key value violates unique constraint "k"\n',
  'DETAIL:  Key (name)=(Canary Jones) already exists.\n',
  'CONTEXT:  COPY b, line 2\n',
  'pg_restore: warning: errors ignored on restore: 2\n',
].join('');

function logOf(text: string, sizes: readonly number[] = [text.length]): RestoreLog {
  const log = new RestoreLog();
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    log.push(text.slice(at, at + size));
    at += size;
  }
  return log;
}

describe('what pg_restore --verbose says about entries that failed', () => {
  it('leads to the entries by their dump ids, wherever the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sizes) => {
        const log = logOf(LOG, sizes);
        expect(log.isComplete).toBe(true);
        expect(log.failures(TOC).map(({ name, reason }) => [name, reason])).toEqual([
          ['a', 'type "x" does not exist'],
          ['b', 'duplicate key value violates unique constraint "k"'],
        ]);
      }),
    );
  });

  it('holds no row', () => {
    expect(JSON.stringify(logOf(LOG).failures(TOC))).not.toContain('Canary');
  });

  it('is not complete where pg_restore broke off', () => {
    expect(logOf(LOG.replace(/pg_restore: warning.*\n$/, '')).isComplete).toBe(false);
    expect(logOf(`${LOG}pg_restore: error: could not read from input file\n`).isComplete).toBe(
      false,
    );
  });

  it('is not taken from a statement that has such a line in it', () => {
    const statement = `${header(1)}pg_restore: error: could not execute query: ERROR:  syntax error
Command was: SELECT '
pg_restore: from TOC entry 3; 1259 99 INDEX c d o
pg_restore: from TOC entry 3; 1259 16003 TRIGGER c d o
pg_restore: from TOC entry 77; 1259 16003 INDEX c d o
pg_restore: error: could not execute query: ERROR:  syntax error
';
`;
    expect(
      logOf(statement)
        .failures(TOC)
        .map(({ name }) => name),
    ).toEqual(['a']);
  });

  it('stays small whatever a statement holds', () => {
    const long = `${header(1)}pg_restore: error: could not execute query: ERROR:  syntax error\n`;
    const log = logOf(`${long}${'x'.repeat(1_000_000)}\n${'y\n'.repeat(500_000)}`, [65_536]);
    expect(JSON.stringify(log.failures(TOC)).length).toBeLessThan(1000);
  });
});
