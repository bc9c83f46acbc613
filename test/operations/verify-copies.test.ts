import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../engine/adapters/memory-repository.ts';
import { objectKey } from '../../engine/domain/key.ts';
import { type ErrorCode, HoldfastError } from '../../engine/errors.ts';
import type { NamedRepository } from '../../engine/operations/context.ts';
import { reread } from '../../engine/operations/verify/reread.ts';
import { verify } from '../../engine/operations/verify.ts';
import { MeasuredSets } from '../fixtures/measured-sets.ts';

const NAMES = ['here', 'there'] as const;
type Name = (typeof NAMES)[number];

let repositories: Record<Name, MemoryRepository>;
let sets: MeasuredSets;
let id: string;

beforeEach(async () => {
  repositories = { here: new MemoryRepository(), there: new MemoryRepository() };
  sets = new MeasuredSets(repositories);
  id = await sets.take({ patients: 30_000 });
});

const keyOf = () => objectKey({ plan: 'nightly', database: 'clinic', id }, 'globals.sql.zst.esdk');

async function damage(name: Name): Promise<void> {
  const repository = repositories[name];
  const { length } = await repository.get(keyOf());
  await repository.release([keyOf()]);
  await repository.put(keyOf(), Buffer.alloc(length));
}

/** The copy there can not be read, for that reason. */
function failing(name: Name, code: ErrorCode, retryable = false): NamedRepository {
  const inner = repositories[name];
  // biome-ignore lint/correctness/useYield: it fails before it has anything to give
  const read = async function* () {
    throw new HoldfastError({ code, message: `that copy fails with ${code}`, retryable });
  };
  const repository = new Proxy(inner, {
    get(target, property) {
      const member: unknown = property === 'read' ? read : Reflect.get(target, property, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return { name, repository };
}

const whole = (name: Name): NamedRepository => ({ name, repository: repositories[name] });

async function failureOf(places: NamedRepository[]): Promise<HoldfastError> {
  return verify(sets.context(places), { set: id }).then(
    () => expect.unreachable('the verification went well'),
    (error: HoldfastError) => error,
  );
}

describe('copies of a set that fail', () => {
  it('are named with what is wrong with each, the damage first', async () => {
    await damage('there');
    const cold = await failureOf([failing('here', 'OBJECT_COLD'), whole('there')]);
    expect(cold.code).toBe('OBJECT_DAMAGED');
    expect(cold.message).toMatch(/^there: .*globals.*; here: that copy fails with OBJECT_COLD$/);
    const denied = await failureOf([failing('here', 'ACCESS_DENIED'), whole('there')]);
    expect(denied.code).toBe('OBJECT_DAMAGED');
  });

  it('are all named where the same is wrong with each', async () => {
    await damage('here');
    await damage('there');
    expect((await failureOf([whole('here'), whole('there')])).message).toMatch(/^here, there: /);
  });

  it('are worth another try only where that may end all failures', async () => {
    const passing = failing('here', 'REPOSITORY_UNREACHABLE', true);
    const other = failing('there', 'REPOSITORY_UNREACHABLE', true);
    expect((await failureOf([passing, other])).retryable).toBe(true);
    await damage('there');
    expect(await failureOf([passing, whole('there')])).toMatchObject({
      ...{ code: 'OBJECT_DAMAGED', retryable: false },
    });
  });

  it('have a record each, and the whole one is CHECKED', async () => {
    await damage('here');
    await failureOf([whole('here'), whole('there')]);
    expect((await sets.entriesOf(id)).map(({ state }) => state)).toEqual(['SUSPECT', 'CHECKED']);
    for (const [name, status] of [
      ['here', 'failed'],
      ['there', 'success'],
    ] as const) {
      const records: string[] = [];
      for await (const { key } of repositories[name].list('audit/'))
        records.push((await repositories[name].get(key)).toString());
      expect(records.join()).toContain(`"${status}"`);
    }
  });

  it('are not taken for cold alone when a set is read again', async () => {
    await damage('there');
    const context = sets.context([failing('here', 'OBJECT_COLD'), whole('there')]);
    await expect(reread(context, { set: id })).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' });
  });
});
