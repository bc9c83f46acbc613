import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STACK_ENV } from '../../engine/contract.ts';
import { openUploads } from '../fixtures/aws.ts';
import {
  type ContainerEngine,
  startContainerEngine,
  whyNoEngine,
} from '../fixtures/container-engine.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import { type HoldingRelay, startHoldingRelay } from '../fixtures/holding-relay.ts';
import { makeSecret } from '../fixtures/secrets.ts';
import { makeStackEnvironment, type StackEnvironment } from '../fixtures/stack-environment.ts';
import { TaskImage } from '../fixtures/task-image.ts';

const PASSWORD = 'a-password-that-no-line-may-show';

/** A function of the database that was backed up: what a superuser of a drill's server can read of the processes beside it. */
const SPY = `CREATE FUNCTION spied_on() RETURNS text LANGUAGE plpgsql AS $$
  DECLARE pid text; seen text := '';
  BEGIN
    FOR pid IN SELECT name FROM pg_ls_dir('/proc') name WHERE name ~ '^[0-9]+$' LOOP
      BEGIN
        seen := seen || encode(pg_read_binary_file('/proc/' || pid || '/environ', 0, 1000000), 'escape');
      EXCEPTION WHEN insufficient_privilege OR undefined_file OR io_error THEN NULL;
      END;
    END LOOP;
    RETURN seen;
  END $$`;
const SPYING = [
  { name: 'sees itself', sql: "SELECT spied_on() LIKE '%LC_ALL=C%'" },
  { name: 'sees no credentials', sql: "SELECT spied_on() NOT LIKE '%AWS_%'" },
];

describe('the image of the tasks', () => {
  let server: GuardedServer;
  let relay: HoldingRelay;
  let stack: StackEnvironment;
  let engine: ContainerEngine;
  let image: TaskImage;

  beforeAll(async () => {
    if (whyNoEngine !== undefined)
      throw new Error(`the image can't be built here: it ${whyNoEngine}`);
    server = await startGuardedServer({ overTcp: 'scram-sha-256' });
    await server.query(`CREATE ROLE backup LOGIN PASSWORD '${PASSWORD}' IN ROLE pg_read_all_data`);
    await server.query('CREATE DATABASE clinic');
    await server.query(
      'CREATE TABLE visits AS SELECT n AS id, md5(n::text) AS note FROM generate_series(1, 50000) n',
      'clinic',
    );
    await server.query(SPY, 'clinic');
    relay = await startHoldingRelay({ to: server.port, holdAfterBytes: 1_000_000 });
    stack = await makeStackEnvironment(await clinicConfig(server, relay));
    engine = await startContainerEngine();
    image = await TaskImage.build(engine, { authority: server.authority });
  });

  afterAll(async () => {
    await image?.remove();
    await engine?.remove();
    relay?.stop();
    await server?.stop();
  });

  const start = (job: object) =>
    image.start({ ...stack.env, [STACK_ENV.job]: JSON.stringify(job) });
  const perform = (job: object) => start(job).finished;

  it('backs up over verified TLS, verifies and drills, each in a container of its own that can write to /tmp alone', async () => {
    const backup = await perform({ operation: 'backup', plan: 'daily', database: 'clinic' });
    expect(backup, backup.stderr).toMatchObject({ status: 0 });
    const set = (backup.lines.at(-1) as { result: { id: string } }).result.id;
    const verify = await perform({ operation: 'verify', set, plan: 'daily', database: 'clinic' });
    expect(verify, verify.stderr).toMatchObject({ status: 0 });
    const drill = await perform({ operation: 'drill', set, plan: 'daily', database: 'clinic' });
    expect(drill, drill.stderr).toMatchObject({ status: 0 });
    expect(drill.lines.at(-1)).toMatchObject({
      type: 'result',
      operation: 'drill',
      result: { result: 'PASS' },
    });
    expect(JSON.stringify([backup, verify, drill])).not.toContain(PASSWORD);
    for (const { stderr } of [backup, verify, drill]) expect(stderr).toBe('');
  });

  it('shows the code of a dump that a drill runs its own environment, and no way to the credentials', async () => {
    const drill = await perform({
      operation: 'drill',
      set: 'clinic/latest',
      plan: 'daily',
      database: 'clinic',
    });
    const { result } = drill.lines.at(-1) as { result: { checks: object[] } };
    for (const { name } of SPYING)
      expect(result.checks).toContainEqual(expect.objectContaining({ name, passed: true }));
  });

  it('ends with 75 when it is stopped in the midst of a dump, as the first process of its container', async () => {
    const task = start({ operation: 'backup', plan: 'daily', database: 'held' });
    await relay.held;
    await task.stop();
    const { status, lines } = await task.finished;
    expect({ status, last: lines.at(-1) }).toMatchObject({
      status: 75,
      last: { code: 'INTERRUPTED' },
    });
    expect(await openUploads(stack.vault)).toEqual([]);
  });

  it('runs as user 1000, holds no program that makes it another, and no npm', async () => {
    const { stdout } = await image.shell(
      'id -u; id -g; find / -xdev -perm /6000 -type f 2>/dev/null | wc -l; command -v npm npx corepack | wc -l',
    );
    expect(stdout.split('\n')).toEqual(['1000', '1000', '0', '0', '']);
    expect(await image.inspect('{{.Config.User}} {{.Config.StopSignal}}')).toMatch(
      /^1000:1000 (SIGTERM|15)$/,
    );
  });

  it('lets nothing be written but /tmp', async () => {
    const places = '/ /app /etc /home/node /usr/local /var/lib/postgresql /var/tmp /run /tmp';
    const { stdout } = await image.shell(
      `for place in ${places}; do (: > $place/x) 2>/dev/null && echo $place; done; true`,
    );
    expect(stdout).toBe('/tmp\n');
  });

  it('holds server, client, locales and authorities, and says which packages of which versions', async () => {
    const wanted =
      '/usr/lib/postgresql/17/bin/postgres /usr/lib/postgresql/17/bin/pg_dump /usr/bin/zstd /usr/bin/stdbuf';
    expect((await image.shell(`ls ${wanted}`)).status).toBe(0);
    const locales = (await image.shell('locale -a')).stdout.split('\n');
    expect(locales).toEqual(
      expect.arrayContaining(['de_DE.utf8', 'en_US.utf8', 'ja_JP.utf8', 'tr_TR.utf8']),
    );
    const subjects =
      'openssl storeutl -noout -text -certs /etc/ssl/certs/ca-certificates.crt | grep "Subject:"';
    expect((await image.shell(subjects)).stdout).toContain(
      'CN = Amazon RDS eu-central-1 Root CA RSA2048 G1'.replaceAll(' = ', '='),
    );
    const list = (
      await image.shell(
        `cat ${await image.inspect('{{index .Config.Labels "dev.holdfast.packages"}}')}`,
      )
    ).stdout;
    expect(list).toMatch(/^postgresql-17\t17\.\d+-/m);
    expect(list).toMatch(/^postgresql-17-pgvector\t/m);
  });
});

/** The clinic, by its own port and by one on which a dump stands still. */
async function clinicConfig({ port }: GuardedServer, relay: HoldingRelay): Promise<object> {
  const { arn } = await makeSecret({ username: 'backup', password: PASSWORD });
  const clinic = {
    host: 'localhost',
    port,
    database: 'clinic',
    secret: arn,
    sslmode: 'verify-full',
  };
  return {
    databases: {
      clinic: { ...clinic, drill: { assertions: SPYING } },
      held: { ...clinic, port: relay.port },
    },
    plans: {
      daily: {
        databases: 'all',
        repositories: ['cloud'],
        schedule: '0 2 * * *',
        keep: { for: '7d' },
      },
    },
  };
}
