import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStack } from '../../engine/composition/from-stack.ts';
import { readingContext } from '../../engine/composition/stack-reader.ts';
import { STACK_ENV } from '../../engine/contract.ts';
import type { BackupId } from '../../engine/domain/backup-id.ts';
import { objectKey, type SetAddress, setPrefix } from '../../engine/domain/key.ts';
import { readManifest } from '../../engine/operations/catalog.ts';
import type { SetReader } from '../../engine/operations/context.ts';
import { assertSealed } from '../../engine/stream/seal.ts';
import { type AnsweringServer, startAnsweringServer } from '../fixtures/answering-server.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import type { Finished } from '../fixtures/holdfast.ts';
import { keysBelow } from '../fixtures/retention-world.ts';
import { PASSWORD } from '../fixtures/scene.ts';
import { makeSecret } from '../fixtures/secrets.ts';
import { makeStackEnvironment, type StackEnvironment } from '../fixtures/stack-environment.ts';
import { linesOf, startTask } from '../fixtures/task.ts';

const WARD = { plan: 'nightly', database: 'ward' };
const DENIED = { status: 403, body: { __type: 'AccessDeniedException' } };

/** In a local AWS that holds sessions to their policies, behind a door that lets the task itself neither read a volume nor open anything. */
describe('a task that reads one set', () => {
  let server: GuardedServer;
  let door: AnsweringServer;
  let stack: StackEnvironment;
  let sets: [SetAddress, SetAddress];
  const refused: string[] = [];

  beforeAll(async () => {
    server = await startGuardedServer();
    await server.query(`CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '${PASSWORD}'`);
    await server.query('CREATE DATABASE ward');
    await server.query('CREATE DATABASE copy');
    await server.query(
      'CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes SELECT generate_series(1, 100)',
      'ward',
    );
    const secret = await makeSecret(loginTo('ward'));
    stack = await makeStackEnvironment({
      databases: { ward: { secret: secret.arn } },
      plans: { nightly: {} },
    });
    const own = stack.env.AWS_ACCESS_KEY_ID;
    door = await startAnsweringServer(
      stack.env.AWS_ENDPOINT_URL ?? '',
      ({ target, path, signedBy }) => {
        if (signedBy !== own || !(path.includes('.esdk') || target === 'TrentService.Decrypt'))
          return undefined;
        refused.push(target || path);
        return DENIED;
      },
    );
    const made: SetAddress[] = [];
    for (let count = 0; count < 2; count += 1)
      made.push({ ...WARD, id: resultOf(await run({ operation: 'backup', ...WARD })).id });
    sets = made as [SetAddress, SetAddress];
  });

  afterAll(async () => {
    await door.stop();
    await server.stop();
  });

  const loginTo = (dbname: string) => ({
    engine: 'postgres',
    username: 'keeper',
    password: PASSWORD,
    host: server.host,
    port: 5432,
    dbname,
  });
  const run = (job: object, env: Record<string, string> = stack.env): Promise<Finished> =>
    startTask(job, env).finished;
  const behindTheDoor = () => ({ ...stack.env, AWS_ENDPOINT_URL: door.endpoint });
  const resultOf = (finished: Finished) => linesOf(finished).at(-1)?.result as { id: BackupId };

  it('drills by a session for that set alone', async () => {
    const drilled = await run(
      { operation: 'drill', set: sets[0].id, database: 'ward' },
      behindTheDoor(),
    );
    expect(linesOf(drilled).at(-1), drilled.stdout).toMatchObject({
      type: 'result',
      result: { result: 'PASS', backup: sets[0] },
    });
    expect(refused).toEqual([]);
  });

  it('restores by one', async () => {
    const copy = await makeSecret(loginTo('copy'));
    const restored = await run(
      { operation: 'restore', set: sets[1].id, options: { to: copy.arn } },
      behindTheDoor(),
    );
    expect(linesOf(restored).at(-1), restored.stdout).toMatchObject({
      type: 'result',
      result: { set: sets[1].id, rows: 100 },
    });
    expect(refused).toEqual([]);
  });

  it('can not read the next set with it, nor open its seal', async () => {
    const { repository, readerOf } = await readingContext(await openStack(stack.env), {
      signal: AbortSignal.any([]),
      progress: () => undefined,
    });
    const [mine, other] = sets;
    const reader = (await readerOf?.(mine)) as SetReader;
    const volume = (set: SetAddress) => reader.repository.get(objectKey(set, 'data.dump.zst.esdk'));
    const opens = async (set: SetAddress) =>
      assertSealed(await readManifest(set, repository), reader.keyring);
    expect((await volume(mine)).length).toBeGreaterThan(0);
    await opens(mine);
    await expect(volume(other)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
    await expect(opens(other)).rejects.toMatchObject({
      code: 'KEY_UNUSABLE',
      message: expect.stringContaining('kms:Decrypt was denied'),
    });
  });

  it('would not get through that door by its own role, as a verification does not', async () => {
    const verified = await run({ operation: 'verify', set: sets[0].id }, behindTheDoor());
    expect(linesOf(verified).at(-1)).toMatchObject({ type: 'error', code: 'KEY_UNUSABLE' });
    expect(refused).toContain('TrentService.Decrypt');
  });

  it('says that an object is gone, and does not blame its permissions', async () => {
    const key = objectKey(sets[0], 'data.dump.zst.esdk');
    await stack.vault.client.send(new DeleteObjectCommand({ Bucket: stack.vault.name, Key: key }));
    const drilled = await run({ operation: 'drill', set: sets[0].id, database: 'ward' });
    expect(linesOf(drilled).at(-1)).toMatchObject({ type: 'error', code: 'OBJECT_MISSING' });
    expect(await keysBelow(stack.repository, setPrefix(sets[0]))).toContainEqual(
      expect.stringContaining('/suspect-'),
    );
  });

  it('reads nothing where the stack names no role for it', async () => {
    const { [STACK_ENV.readerRole]: _role, ...env } = stack.env;
    const drilled = await run({ operation: 'drill', set: sets[0].id, database: 'ward' }, env);
    expect(linesOf(drilled).at(-1)).toMatchObject({
      type: 'error',
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('HOLDFAST_READER_ROLE'),
    });
  });
});
