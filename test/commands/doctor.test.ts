import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Finding } from '../../engine/operations/doctor-finding.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { awsEnvironment, makeBucket } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { readDocument, sectionOf, tableRows } from '../fixtures/document.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { makeKmsKey } from '../fixtures/kms.ts';
import { startS3FaultProxy } from '../fixtures/s3-fault-proxy.ts';
import { backUp } from '../fixtures/set.ts';
import { canMount, mountSmallDisk } from '../fixtures/small-disk.ts';

let database: TestDatabase;
let workspace: Workspace;

beforeAll(async () => {
  database = await makeDatabase({
    sql: 'CREATE TABLE notes AS SELECT gen_random_uuid() AS a FROM generate_series(1, 100000)',
  });
});

afterAll(() => database?.drop());

beforeEach(async () => {
  workspace = await makeWorkspace({ databaseUrl: database.url, env: awsEnvironment() });
});

afterEach(() => workspace.remove());

async function examine(
  env: Record<string, string> = {},
): Promise<{ status: number | null; of: (name: string) => Finding | undefined }> {
  const finished = await workspace.run(['doctor', '--json'], env);
  const { findings } = finished.json<{ findings: Finding[] }>();
  return {
    status: finished.status,
    of: (name) => findings.find((finding) => finding.name === name),
  };
}

describe('doctor, of the locks that a dump takes', () => {
  async function locksOf(settings: readonly string[]): Promise<Finding | undefined> {
    const server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
      settings,
    });
    try {
      const many = await makeDatabase({ host: server.connection().host });
      for (let hundred = 0; hundred < 3; hundred += 1)
        await many.query(
          `DO $$ BEGIN FOR i IN 1..100 LOOP EXECUTE format('CREATE TABLE t_${hundred}_%s ()', i); END LOOP; END $$`,
        );
      return (await examine({ DATABASE_URL: many.url })).of('locks');
    } finally {
      await server.stop();
    }
  }

  it('says that the server has no room for them, and with its statement there is room', async () => {
    const cramped = ['max_connections=15', 'max_locks_per_transaction=10'];
    const found = await locksOf(cramped);
    expect(found).toMatchObject({
      status: 'failed',
      detail: 'a dump takes 364 locks, the server has room for 150',
    });
    const [, setting] =
      /^ALTER SYSTEM SET (max_locks_per_transaction = \d+);$/.exec(found?.fix[0] ?? '') ?? [];
    expect(await locksOf([...cramped, (setting ?? '').replaceAll(' ', '')])).toMatchObject({
      status: 'ok',
      fix: [],
    });
  });
});

describe('doctor, of a role of its own for backups', () => {
  const role = `Fresh Role ${randomBytes(4).toString('hex')}`;

  afterAll(async () => {
    const other = await makeDatabase({ sql: `DROP OWNED BY "${role}"; DROP ROLE "${role}"` });
    await other.drop();
  });

  it('prints all that it needs, also for what will be made tomorrow', async () => {
    const ward = await makeDatabase({
      sql: `CREATE ROLE "${role}" LOGIN; CREATE SCHEMA closed; CREATE TABLE closed.notes (i int); ALTER TABLE closed.notes ENABLE ROW LEVEL SECURITY`,
    });
    const env = { DATABASE_URL: urlOf(ward.host, ward.name, role) };
    const found = (await examine(env)).of('backup role');
    expect(found).toMatchObject({ status: 'warning' });
    expect(found?.fix).toEqual([
      `GRANT CONNECT ON DATABASE ${ward.name} TO "${role}";`,
      `GRANT pg_read_all_data TO "${role}";`,
      `ALTER ROLE "${role}" BYPASSRLS;`,
    ]);
    await ward.query(found?.fix.join(' ') ?? '');
    await ward.query(
      'CREATE SCHEMA later; CREATE TABLE later.notes (i int); CREATE SEQUENCE later.counter',
    );
    const after = await examine(env);
    expect(after.status).toBe(0);
    expect(after.of('backup role')).toMatchObject({ status: 'ok', fix: [] });
    expect(await workspace.run(['backup'], env)).toMatchObject({ status: 0 });
    await ward.query(`REVOKE ALL ON DATABASE ${ward.name} FROM "${role}"`);
    await ward.drop();
  });

  it('names the GRANT where it may not even connect', async () => {
    const ward = await makeDatabase();
    await ward.query(`REVOKE CONNECT ON DATABASE ${ward.name} FROM PUBLIC`);
    const found = (await examine({ DATABASE_URL: urlOf(ward.host, ward.name, role) })).of(
      'connection',
    );
    expect(found).toMatchObject({ status: 'failed' });
    expect(found?.fix.join()).toContain(`GRANT CONNECT ON DATABASE "${ward.name}" TO "${role}";`);
    await ward.drop();
  });
});

describe.skipIf(!canMount)(
  'doctor, of the room in a folder (a disk is mounted by root on Linux only)',
  () => {
    it.each([
      ['5m', 'warning', 'the newest set of'],
      ['3500k', 'failed', 'another one does not fit'],
    ])('compares it with the newest set: %s is a %s', async (size, status, said) => {
      const disk = await mountSmallDisk(workspace.backups, `size=${size}`);
      try {
        await backUp(workspace);
        expect((await examine()).of('free space')).toMatchObject({
          status,
          detail: expect.stringContaining(said),
        });
      } finally {
        await disk.eject();
      }
    });
  },
);

describe.skipIf(!canMount)('doctor, of a disk', () => {
  it.each([
    [0.5, 'warning'],
    [0.95, 'ok'],
  ])('holds it against diskFull: three fifths against %d is a %s', async (diskFull, status) => {
    const disk = await mountSmallDisk(workspace.backups, 'size=5m');
    try {
      await writeFile(join(workspace.backups, 'of-others'), Buffer.alloc(3 * 1024 * 1024));
      await writeConfig(workspace, { databases: { ward: { fromEnvironment: true } }, diskFull });
      expect((await examine()).of('free space')).toMatchObject({
        status,
        detail: expect.stringContaining('60 % used'),
      });
    } finally {
      await disk.eject();
    }
  });
});

/** An operation, the finding about it, the action of IAM, and what it is needed for. */
const MISSING = [
  [
    'ListMultipartUploads',
    'unfinished uploads',
    's3:ListBucketMultipartUploads',
    'backup and copy',
  ],
  ['ListObjectVersions', 'listing of versions', 's3:ListBucketVersions', 'prune --apply'],
  ['Tagging', 'release', 's3:GetObjectTagging', 'prune --apply'],
  ['GetRetention', 'longer locks', 's3:GetObjectRetention', 'verify, copy and prune --apply'],
  ['RestoreObject', 'thawing', 's3:RestoreObject', 'restore --thaw'],
] as const;

describe('doctor, of a bucket', () => {
  const withBucket = (bucket: object, more: object = {}) =>
    writeConfig(workspace, {
      databases: { ward: { fromEnvironment: true } },
      repositories: { offsite: bucket },
      ...more,
    });

  it('says what it lacks, with the commands that mend it', async () => {
    const bucket = await makeBucket();
    await withBucket({ bucket: bucket.name });
    const { status, of } = await examine();
    expect(status).toBe(0);
    expect(of('conditional writes')).toMatchObject({ status: 'ok' });
    expect(of('versioning')).toMatchObject({
      status: 'warning',
      fix: [expect.stringContaining(`put-bucket-versioning --bucket ${bucket.name}`)],
    });
    expect(of('Object Lock')?.fix.join()).toContain('put-object-lock-configuration');
    expect(of('encryption')).toMatchObject({
      status: 'warning',
      fix: [expect.stringContaining('put-bucket-encryption')],
    });
  });

  it('finds nothing to mend where versions are kept and locked', async () => {
    const bucket = await makeBucket({ isVersioned: true, lockDays: 7 });
    await withBucket({ bucket: bucket.name, prefix: 'ward/seven' });
    const { of } = await examine();
    expect(of('versioning')).toMatchObject({ status: 'ok', detail: 'on' });
    expect(of('Object Lock')).toMatchObject({
      status: 'ok',
      detail: 'GOVERNANCE, 7 days unless an object says more',
    });
  });

  it('that only lets itself be listed says that it can not be written', async () => {
    const [{ name: bucket }, proxy] = [await makeBucket(), await startS3FaultProxy()];
    proxy.inject({
      when: 'PutObject',
      fault: { kind: 'refused', status: 403, code: 'AccessDenied' },
    });
    await withBucket({ bucket, endpoint: proxy.endpoint });
    const { status, of } = await examine();
    await proxy.stop();
    expect(status).toBe(1);
    expect(of('can be written')).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('s3:PutObject'),
    });
  });

  it('names each action that is missing, and the commands that will be refused', async () => {
    const [{ name: bucket }, proxy] = [
      await makeBucket({ isVersioned: true, lockDays: 7 }),
      await startS3FaultProxy(),
    ];
    for (const [when] of MISSING)
      proxy.inject({ when, fault: { kind: 'refused', status: 403, code: 'AccessDenied' } });
    await withBucket({ bucket, endpoint: proxy.endpoint, profile: undefined });
    const { status, of } = await examine();
    await proxy.stop();
    for (const [, name, action, command] of MISSING) {
      expect(of(name)).toMatchObject({ status: 'warning' });
      expect(of(name)?.detail).toMatch(new RegExp(`${action} .*was refused.*: .*${command}`));
    }
    expect(of('uploads in parts')).toMatchObject({ status: 'ok' });
    expect(status).toBe(0);
  });

  it('without object tagging fails, with the setting that helps', async () => {
    const [{ name: bucket }, proxy] = [await makeBucket(), await startS3FaultProxy()];
    const fault = { kind: 'refused', status: 501, code: 'NotImplemented' } as const;
    proxy.inject({ when: 'Tagging', fault });
    await withBucket({ bucket, endpoint: proxy.endpoint });
    const { status, of } = await examine();
    expect(status).toBe(1);
    expect(of('release')?.fix.join()).toContain('retention: delete');
    await withBucket({ bucket, endpoint: proxy.endpoint, retention: 'delete' });
    expect(await examine()).toMatchObject({ status: 0 });
    await proxy.stop();
  });

  it('that ignores If-None-Match at the end of an upload in parts fails', async () => {
    const [{ name: bucket }, proxy] = [await makeBucket(), await startS3FaultProxy()];
    const fault = { kind: 'without', header: 'if-none-match' } as const;
    proxy.inject({ when: 'CompleteMultipartUpload', fault });
    await withBucket({ bucket, endpoint: proxy.endpoint });
    const { status, of } = await examine();
    await proxy.stop();
    expect(status).toBe(1);
    expect(of('conditional writes')).toMatchObject({ status: 'ok' });
    expect(of('uploads in parts')).toMatchObject({ status: 'failed' });
  });

  it('has fixes that reach it as Holdfast does', async () => {
    const { name: bucket } = await makeBucket();
    const { endpoint } = inject('aws');
    await withBucket({ bucket, endpoint, region: 'eu-central-1' });
    const { of } = await examine();
    expect(of('versioning')?.fix).toEqual([
      `aws --endpoint-url ${endpoint} --region eu-central-1 s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
    ]);
  });

  it('that is not there says so and nothing more', async () => {
    await withBucket({ bucket: 'not-there-at-all' });
    const { status, of } = await examine();
    expect(status).toBe(1);
    expect(of('can be written')).toMatchObject({ status: 'failed' });
    expect(of('versioning')).toBeUndefined();
  });

  it('that lets objects be replaced fails, or warns where the config takes that', async () => {
    const store = await startForgetfulStore();
    const { name: bucket } = await makeBucket();
    await withBucket({ bucket, endpoint: store.endpoint });
    expect(await examine()).toMatchObject({ status: 1 });
    expect((await examine()).of('conditional writes')).toMatchObject({
      status: 'failed',
      fix: [expect.stringContaining('acceptOverwrites')],
    });
    await withBucket({ bucket, endpoint: store.endpoint, acceptOverwrites: true });
    expect(await examine()).toMatchObject({ status: 0 });
    expect((await examine()).of('conditional writes')).toMatchObject({ status: 'warning' });
    store.stop();
  });

  it('makes a data key with KMS and opens it again, or says why not', async () => {
    const bucket = await makeBucket();
    const own = { HOLDFAST_KEY_FILE: '' };
    await withBucket({ bucket: bucket.name }, { keys: { kms: await makeKmsKey() } });
    const { of } = await examine(own);
    expect(of('key')).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('kms arn:aws:kms'),
    });
    expect(of('data key is made')).toMatchObject({ status: 'ok' });
    expect(of('data key is opened')).toMatchObject({ status: 'ok' });
    await withBucket(
      { bucket: bucket.name },
      {
        keys: {
          kms: 'arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000',
        },
      },
    );
    expect((await examine(own)).of('data key is made')).toMatchObject({ status: 'failed' });
  });
});

describe('doctor', () => {
  it('has every finding in docs/SCRIPTING.md, but for those of a standby', async () => {
    const documented = tableRows(
      sectionOf(await readDocument('docs/SCRIPTING.md'), '## Findings of doctor'),
    ).flatMap(([names = '']) => names.split(', ').map((name) => name.replaceAll('`', '')));
    const bucket = await makeBucket();
    const repositories = { local: { folder: workspace.backups }, offsite: { bucket: bucket.name } };
    await writeConfig(workspace, {
      databases: {
        ward: {
          fromEnvironment: true,
          drill: { assertions: [{ name: 'one', sql: 'SELECT true' }] },
        },
      },
      repositories,
      plans: { default: { repositories: ['local'] } },
    });
    await backUp(workspace);
    const { findings } = (await workspace.run(['doctor', '--json'])).json<{
      findings: Finding[];
    }>();
    const found = new Set([...findings.map(({ name }) => name), 'standby', 'recovery conflicts']);
    expect(documented.sort()).toEqual([...found].sort());
  });
});

/** The local AWS, seen through a store that has never heard of If-None-Match. */
async function startForgetfulStore(): Promise<{ endpoint: string; stop: () => void }> {
  const { hostname, port } = new URL(inject('aws').endpoint);
  const store = createServer((request, response) => {
    const { 'if-none-match': _forgotten, ...headers } = request.headers;
    const onward = forward(
      { hostname, port, method: request.method, path: request.url, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    store.closeAllConnections();
    store.close();
  };
  return { endpoint: `http://127.0.0.1:${(store.address() as AddressInfo).port}`, stop };
}

describe('init --bucket', () => {
  const init = (bucket: string, env: Record<string, string> = {}) =>
    workspace.run(['init', '--bucket', bucket, '--json'], env);

  it('writes a config of that bucket that works as it stands, and says what the bucket lacks', async () => {
    const { name } = await makeBucket();
    const finished = await init(`${name}/ward-7`);
    expect(finished).toMatchObject({ status: 0 });
    const { findings } = finished.json<{ findings: Finding[] }>();
    expect(findings.find((finding) => finding.name === 'versioning')).toMatchObject({
      status: 'warning',
    });
    const text = await readFile(join(workspace.folder, 'holdfast.yaml'), 'utf8');
    expect(text).toContain(`bucket: ${name}\n    prefix: ward-7\n`);
    expect(text).not.toContain('folder:');
    expect(await workspace.run(['backup'])).toMatchObject({ status: 0 });
    expect(await workspace.objects()).toEqual([]);
  });

  it('reads an env file and writes the endpoint that it tried', async () => {
    const [{ name }, proxy] = [await makeBucket(), await startS3FaultProxy()];
    const envFile = join(workspace.folder, 'store.env');
    await writeFile(envFile, `AWS_ENDPOINT_URL_S3=${proxy.endpoint}\n`);
    const args = ['init', '--bucket', name, '--env-file', envFile, '--json'];
    const finished = await workspace.run(args);
    await proxy.stop();
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(proxy.seen.length).toBeGreaterThan(0);
    expect(await readFile(join(workspace.folder, 'holdfast.yaml'), 'utf8')).toContain(
      `\n    endpoint: ${proxy.endpoint}\n`,
    );
  });

  it('writes the config also where the bucket can not be reached', async () => {
    const finished = await init('not-there-at-all');
    expect(finished).toMatchObject({ status: 0 });
    expect(finished.json<{ findings: Finding[] }>().findings[0]).toMatchObject({
      name: 'can be written',
      status: 'failed',
    });
    expect(await readFile(join(workspace.folder, 'holdfast.yaml'), 'utf8')).toContain(
      'bucket: not-there-at-all',
    );
  });

  it.each(['Not A Bucket', 'bucket/a//b', ''])('refuses "%s"', async (text) => {
    expectFailure(await init(text), { code: 'USAGE', status: 2 });
  });
});
