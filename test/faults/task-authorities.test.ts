import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import { PASSWORD } from '../fixtures/scene.ts';
import { makeSecret } from '../fixtures/secrets.ts';
import { makeStackEnvironment, type StackEnvironment } from '../fixtures/stack-environment.ts';
import { linesOf, startTask } from '../fixtures/task.ts';

/** Its certificate is of an authority that no machine trusts by itself. */
describe('a database with a certificate authority of its own', () => {
  let server: GuardedServer;
  let stack: StackEnvironment;
  let secret: string;

  beforeAll(async () => {
    server = await startGuardedServer({ overTcp: 'scram-sha-256' });
    await server.query(`CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '${PASSWORD}'`);
    await server.query('CREATE DATABASE ward');
    await server.query('CREATE TABLE notes (id int); INSERT INTO notes VALUES (1), (2)', 'ward');
    const login = {
      engine: 'postgres',
      username: 'keeper',
      password: PASSWORD,
      host: 'localhost',
      port: server.port,
      dbname: 'ward',
    };
    secret = (await makeSecret(login)).arn;
    stack = await makeStackEnvironment(config({}));
  });

  afterAll(() => server.stop());

  const config = (more: object) => ({
    databases: { ward: { secret, sslmode: 'verify-full', ...more } },
    plans: { nightly: {} },
  });
  const backUp = async () => {
    const { stdout } = await startTask(
      { operation: 'backup', plan: 'nightly', database: 'ward' },
      stack.env,
    ).finished;
    return linesOf({ stdout } as Parameters<typeof linesOf>[0]).at(-1);
  };

  it('is refused by a task that has not the text of its file', async () => {
    expect(await backUp()).toMatchObject({ type: 'error', code: 'CONNECTION_FAILED' });
  });

  it('is backed up by a task that has it: by the driver and by pg_dump', async () => {
    await stack.deploy(config({ sslrootcert: server.authority }));
    expect(await backUp()).toMatchObject({ type: 'result', result: { rows: 2 } });
  });
});
