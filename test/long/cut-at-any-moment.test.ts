import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { awsEnvironment, makeBucket } from '../fixtures/aws.ts';
import { type Cable, type FarEnded, layCable } from '../fixtures/cuttable-cable.ts';
import { ROOT } from '../fixtures/document.ts';
import { type PausableRelay, startPausableRelay } from '../fixtures/pausable-relay.ts';
import { startTcpServer, type TcpServer } from '../fixtures/tcp-servers.ts';

const MOMENTS = 10;
/** As many as run side by side, each on a cable and a database of its own. */
const CABLES = 5;
/** `stallTimeout` is 10 s: a look takes as long again, and the clean-up meets the same dead cable. */
const CLIENT_SECONDS = 120;
const SERVER_SECONDS = 120;
const ROWS = `CREATE TABLE notes AS SELECT n AS id, md5(n::text) || repeat('x', 400) AS note
  FROM generate_series(1, 60000) n;
  ALTER TABLE notes ADD PRIMARY KEY (id); CREATE INDEX ON notes (note)`;

const cables = (
  await Promise.all(Array.from({ length: CABLES }, (_, number) => layCable(number + 1)))
).filter((cable) => cable !== undefined);
if (cables.length < CABLES)
  process.stderr.write('skipped: the test of cables that are cut, which needs Linux and root\n');

/** One end of a cable with all that commands at the other end need. */
interface Ward {
  cable: Cable;
  database: string;
  folder: string;
  url: string;
  relay: PausableRelay;
  run(args: readonly string[]): Promise<FarEnded>;
}

interface Operation {
  /** What the command needs, and what is taken away again before the next run. */
  prepare?: (ward: Ward) => Promise<void>;
  args: (ward: Ward) => string[];
}

describe.skipIf(cables.length < CABLES)('a cable that is cut at any moment', () => {
  let server: TcpServer;
  let folder: string;
  const wards: Ward[] = [];
  const relays: PausableRelay[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-cables-'));
    await chmod(folder, 0o755);
    const rules = join(folder, 'pg_hba.conf');
    const lines = cables.map(({ subnet }) => `host all all ${subnet} trust`);
    await writeFile(rules, ['local all all trust', ...lines, ''].join('\n'));
    const listen = `listen_addresses=${cables.map(({ address }) => address).join(',')}`;
    server = await startTcpServer({ settings: [listen, `hba_file=${rules}`] });
    for (const [number, cable] of cables.entries())
      wards.push(await makeWard({ cable, number, server, folder, relays }));
  }, 300_000);

  afterAll(async () => {
    for (const relay of relays) relay.stop();
    await server?.stop();
    for (const cable of cables) await cable.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const sessions = (database: string) =>
    server.query(
      `SELECT application_name, state FROM pg_stat_activity
       WHERE application_name LIKE 'holdfast%' AND datname LIKE '${database}%'`,
    );

  /** When a command uses the cable for the first time: the start of the program would be most of the time. */
  const reached = async ({ database, relay }: Ward, running: Promise<FarEnded>) => {
    const over = { is: false };
    void running.then(() => {
      over.is = true;
    });
    const before = relay.connections();
    while (!over.is && relay.connections() === before && (await sessions(database)).length === 0)
      await sleep(20);
    return Date.now();
  };

  /** Cuts the cable in the midst of one run, and looks whether both ends are free and the next run works. */
  const cutOnce = async (
    ward: Ward,
    { operation, moment }: { operation: Operation; moment: number },
  ) => {
    const { cable, database } = ward;
    await operation.prepare?.(ward);
    const uncut = ward.run(operation.args(ward));
    const begunAt = await reached(ward, uncut);
    const whole = await uncut;
    expect(whole, whole.stderr).toMatchObject({ status: 0 });
    const milliseconds = Date.now() - begunAt;
    await operation.prepare?.(ward);
    const running = ward.run(operation.args(ward));
    await reached(ward, running);
    // The second run is faster than the first one, whose files and pages were not in memory.
    await sleep((0.7 * milliseconds * (moment + 0.5)) / MOMENTS);
    await cable.cut();
    const cutAt = Date.now();
    const { status, stderr } = await running;
    const clientSeconds = (Date.now() - cutAt) / 1000;
    await vi.waitFor(async () => expect(await sessions(database)).toEqual([]), {
      timeout: SERVER_SECONDS * 1000,
      interval: 1_000,
    });
    const serverSeconds = (Date.now() - cutAt) / 1000;
    await server.query(
      "SET lock_timeout = '1s'; ALTER TABLE notes SET (fillfactor = 90)",
      database,
    );
    await cable.mend();
    await operation.prepare?.(ward);
    const next = await ward.run(operation.args(ward));
    return { moment, status, stderr, clientSeconds, serverSeconds, next };
  };

  const dropTargets = async ({ database }: Ward) => {
    const made = await server.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE datname LIKE '${database}_again%'`,
    );
    for (const { name } of made) await server.query(`DROP DATABASE "${name}" WITH (FORCE)`);
  };
  const OPERATIONS: [string, Operation][] = [
    ['backup', { args: () => ['backup'] }],
    [
      'restore',
      {
        prepare: dropTargets,
        args: ({ url, database }) => [
          ...['restore', 'latest', '--repository', 'local', '--create', '--to'],
          url.replace(`/${database}`, `/${database}_again`),
        ],
      },
    ],
    ['drill from a bucket', { args: () => ['drill', '--repository', 's3'] }],
    [
      'copy to a bucket',
      {
        prepare: async (ward) => {
          const taken = await ward.run(['backup']);
          expect(taken, taken.stderr).toMatchObject({ status: 0 });
        },
        args: () => ['copy', 'latest', '--repository', 'local', '--to', 's3'],
      },
    ],
  ];

  it.each(OPERATIONS)('frees both ends, and the next run works: %s', async (_name, operation) => {
    const found: Awaited<ReturnType<typeof cutOnce>>[] = [];
    for (let first = 0; first < MOMENTS; first += CABLES) {
      const batch = wards.map((ward, index) => cutOnce(ward, { operation, moment: first + index }));
      found.push(...(await Promise.all(batch)));
    }
    for (const { moment, status, stderr, clientSeconds, serverSeconds, next } of found) {
      const code = /^code: (\w+)/m.exec(stderr)?.[1] ?? '';
      process.stderr.write(
        `moment ${moment}: ${status} ${code} client ${clientSeconds} s, server ${serverSeconds} s\n`,
      );
      expect([0, 1, 75], stderr).toContain(status);
      if (status !== 0) expect(code).toMatch(/^(CONNECTION_|RESTORE_|DUMP_|REPOSITORY_)/);
      expect(clientSeconds).toBeLessThan(CLIENT_SECONDS);
      expect(serverSeconds).toBeLessThan(SERVER_SECONDS);
      expect(next, next.stderr).toMatchObject({ status: 0 });
    }
  });
});

interface WardOptions {
  cable: Cable;
  number: number;
  server: TcpServer;
  folder: string;
  relays: PausableRelay[];
}

async function makeWard({ cable, number, server, folder, relays }: WardOptions): Promise<Ward> {
  const database = `ward${number}`;
  await server.query(`CREATE DATABASE ${database}`);
  await server.query(ROWS, database);
  const own = join(folder, database);
  const relay = await startPausableRelay(inject('aws').endpoint, { address: cable.address });
  relays.push(relay);
  const bucket = await makeBucket();
  const url = `postgresql://${server.user}@${cable.address}:${server.port}/${database}?sslmode=disable`;
  const env = {
    ...awsEnvironment({ endpoint: `http://${cable.address}:${relay.port}` }),
    ...{ PATH: process.env.PATH ?? '', HOME: own, HOLDFAST_KEY_FILE: join(own, 'key') },
    DATABASE_URL: url,
  };
  const config = {
    project: database,
    databases: { [database]: { fromEnvironment: true } },
    repositories: { local: { folder: join(own, 'backups') }, s3: { bucket: bucket.name } },
    plans: { nightly: { repositories: ['local'], stallTimeout: '10s' } },
  };
  await mkdir(own);
  await writeFile(join(own, 'holdfast.yaml'), JSON.stringify(config));
  const program = [process.execPath, '--', join(ROOT, 'bin/holdfast.ts')];
  const run = (args: readonly string[]) =>
    cable.runAtFarEnd([...program, ...args], { cwd: own, env });
  const ward: Ward = { cable, database, folder: own, url, relay, run };
  for (const args of [['backup'], ['copy', 'latest', '--to', 's3']]) {
    const done = await run(args);
    expect(done, done.stderr).toMatchObject({ status: 0 });
  }
  return ward;
}
