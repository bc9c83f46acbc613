import { createWriteStream } from 'node:fs';
import { chown, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Lsn } from '../../engine/domain/wal/lsn.ts';
import { segmentName, segmentNumberOf } from '../../engine/domain/wal/segment.ts';
import { BaseBackup } from '../../engine/postgres/replication/base-backup.ts';
import {
  identifySystem,
  readSlot,
  reserveLog,
} from '../../engine/postgres/replication/replication-commands.ts';
import { ReplicationSession } from '../../engine/postgres/replication/replication-session.ts';
import { WalStream } from '../../engine/postgres/replication/wal-stream.ts';
import { ServerHome } from '../../engine/postgres/server-home.ts';
import { Session } from '../../engine/postgres/session.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { THOROUGH } from '../fixtures/majors.ts';

const MIB = 1024 ** 2;
const SEGMENT_BYTES = 16 * MIB;
const applicationName = 'holdfast test';
const { signal } = new AbortController();

describe.each(THOROUGH)('the replication protocol of PostgreSQL %i', (major) => {
  const tools = inject('postgres').majors.find((one) => one.major === major);
  if (tools === undefined) return;
  let server: ThrowAwayServer;
  let session: Session;
  let replication: ReplicationSession;
  beforeAll(async () => {
    server = await ThrowAwayServer.start({
      tools,
      signal,
      settings: ['wal_level=replica', 'max_wal_senders=4', 'allow_in_place_tablespaces=on'],
    });
    session = await Session.open(server.connection(), { applicationName });
    await session.query('CREATE TABLE public.kept (id int PRIMARY KEY, filling text)');
    await session.query(
      'INSERT INTO public.kept SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 20000) AS n',
    );
    replication = await ReplicationSession.open(session.settings, { applicationName });
  });
  afterAll(async () => {
    await replication?.end();
    await session?.end();
    await server?.stop();
  });

  it('says which system it is, as pg_control does', async () => {
    const [known] = await session.query<{ id: string }>(
      'SELECT system_identifier::text AS id FROM pg_control_system()',
    );
    const { systemIdentifier, timeline } = await identifySystem(replication);
    expect({ systemIdentifier, timeline }).toEqual({ systemIdentifier: known?.id, timeline: 1 });
  });

  it('gives a base backup, and the log meanwhile, from which a server starts', async () => {
    const home = await ServerHome.make({});
    const log = await ReplicationSession.open(session.settings, { applicationName });
    await reserveLog(log, 'holdfast_test');
    const slot = await readSlot(log, 'holdfast_test');
    const from = ((slot?.restartLsn ?? 0n) / BigInt(SEGMENT_BYTES)) * BigInt(SEGMENT_BYTES);
    const stream = await WalStream.start(log, { slot: 'holdfast_test', from, timeline: 1 });
    const backup = BaseBackup.start(replication, { label: "it's mine", checkpoint: 'fast' });
    await backup.watching(unpackInto(home, backup));
    await session.query(
      "INSERT INTO public.kept SELECT n, 'late' FROM generate_series(20001, 20100) AS n",
    );
    const end = await backup.end();
    await takeLog(stream, { until: end.lsn, into: join(home.data, 'pg_wal') });
    await log.end();

    await home.run('pg_verifybackup', { tools, signal, args: [home.data] });
    const copy = home.startServer({ tools, signal, settings: ['fsync=off'], namespace: undefined });
    const settings = { ...server.connection(), host: home.folder };
    const there = await eventually(() => Session.open(settings, { applicationName }));
    const [row] = await there.query<{ rows: string }>('SELECT count(*) AS rows FROM public.kept');
    await there.end();
    copy.kill('SIGQUIT');
    await copy.exited.catch(() => undefined);
    await home.remove();
    expect(Number(row?.rows)).toBeGreaterThanOrEqual(20_000);
  });

  it('ends with the session a slot that was only for it', async () => {
    await expect(readSlot(replication, 'holdfast_test')).resolves.toBeUndefined();
  });

  it('keeps its messages whole behind a slow reader', async () => {
    const backup = BaseBackup.start(replication, { label: 'slow', checkpoint: 'fast' });
    let [bytes, slept] = [0, 0];
    for await (const piece of backup.pieces()) {
      if (piece.type !== 'data') continue;
      bytes += piece.chunk.length;
      if (bytes / MIB > slept + 1) {
        slept += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await backup.end();
    expect(bytes).toBeGreaterThan(20 * MIB);
  });

  it('refuses a log that it does not have, and says why', async () => {
    const log = await ReplicationSession.open(session.settings, { applicationName });
    const stream = await WalStream.start(log, { from: 0xffff_0000_0000n, timeline: 1 });
    await expect(stream.chunks().next()).rejects.toMatchObject({
      code: 'REPLICATION_REFUSED',
      message: expect.stringContaining('is ahead of the WAL flush position'),
    });
    await log.end();
  });
});

/** Data directory and manifest, as `tar` unpacks them. */
async function unpackInto(home: ServerHome, backup: BaseBackup): Promise<void> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  await mkdir(home.data, { mode: 0o700 });
  let file: ReturnType<typeof createWriteStream> | undefined;
  const closed = (one: typeof file) =>
    one === undefined ? undefined : new Promise((resolve) => one.end(resolve));
  for await (const piece of backup.pieces()) {
    if (piece.type === 'data') {
      if (file?.write(piece.chunk) === false)
        await new Promise((resolve) => file?.once('drain', () => resolve(undefined)));
      continue;
    }
    await closed(file);
    const name = piece.type === 'archive' ? piece.archive.name : 'data/backup_manifest';
    file = createWriteStream(join(home.folder, name));
  }
  await closed(file);
  const run = promisify(execFile);
  await run('tar', ['-xf', join(home.folder, 'base.tar'), '-C', home.data]);
  if (process.getuid?.() === 0) await run('chown', ['-R', 'nobody', home.data]);
}

/** Files of segments from the first position on. */
async function takeLog(
  stream: WalStream,
  { until, into }: { until: Lsn; into: string },
): Promise<void> {
  for await (const { from, bytes } of stream.chunks()) {
    const size = BigInt(SEGMENT_BYTES);
    const number = segmentNumberOf(from, SEGMENT_BYTES);
    const name = join(into, segmentName({ timeline: 1, number }, SEGMENT_BYTES));
    const file = await open(name, 'a+').then(async (one) => {
      await one.close();
      return open(name, 'r+');
    });
    await file.truncate(SEGMENT_BYTES);
    await file.write(bytes, 0, bytes.length, Number(from - number * size));
    await file.close();
    if (process.getuid?.() === 0) await chown(name, 65_534, 65_534);
    stream.sendStatus({ written: stream.received, flushed: stream.received });
    if (stream.received >= until) return;
  }
}

async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
