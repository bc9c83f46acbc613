import { link, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FolderRepository } from '../engine/adapters/folder-repository.ts';
import { readKeyFile } from '../engine/adapters/key-file.ts';
import { MANIFEST_NAME } from '../engine/contract.ts';
import { backupId } from '../engine/domain/backup-id.ts';
import { type Manifest, parseManifest } from '../engine/domain/manifest.ts';
import { putMark } from '../engine/operations/marks.ts';
import type { Session } from '../engine/postgres/session.ts';
import { sealManifest } from '../engine/stream/seal.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Statements of one transaction hold a lock on each thing that they make. */
const BATCH = 5_000;

/** What a database has much of, and the SQL that makes it. */
export const DATABASES: Record<string, (session: Session, count: number) => Promise<void>> = {
  tables: (session, count) =>
    inBatches(count, (first, last) =>
      session.query(
        `DO $$ BEGIN FOR i IN ${first}..${last} LOOP
           EXECUTE pg_catalog.format('CREATE TABLE public.t_%s (id int PRIMARY KEY, text text)', i);
           EXECUTE pg_catalog.format('INSERT INTO public.t_%s VALUES (1, %L)', i, 'x');
         END LOOP; END $$`,
      ),
    ),
  objects: (session, count) =>
    inBatches(count, (first, last) =>
      session.query(
        `SELECT pg_catalog.count(pg_catalog.lo_from_bytea(0, pg_catalog.decode(
           pg_catalog.md5(i::text), 'hex'))) FROM pg_catalog.generate_series(${first}, ${last}) i`,
      ),
    ),
  value: async (session, count) => {
    await session.query('CREATE TABLE public.scans (id int PRIMARY KEY, image bytea)');
    await session.query('ALTER TABLE public.scans ALTER image SET STORAGE EXTERNAL');
    await session.query(
      `INSERT INTO public.scans SELECT 1, pg_catalog.convert_to(
         pg_catalog.repeat('x', ${count} * 1000000), 'UTF8')`,
    );
  },
  sets: (session) => session.query('CREATE TABLE public.t AS SELECT 1 AS i').then(() => undefined),
};

async function inBatches(
  count: number,
  work: (first: number, last: number) => Promise<unknown>,
): Promise<void> {
  for (let first = 1; first <= count; first += BATCH)
    await work(first, Math.min(count, first + BATCH - 1));
}

export interface SetsWish {
  /** Of the repository, which holds one set. */
  folder: string;
  keyFile: string;
  count: number;
}

/**
 * Fills a repository with older sets like the one that it has, one an hour, kept for 30 days, each
 * CHECKED and every 24th PROVEN. Their objects are links to those of that set: enough for every
 * command that does not decrypt them.
 */
export async function addOlderSets({ folder, keyFile, count }: SetsWish): Promise<void> {
  const { keyring } = await readKeyFile(keyFile);
  const repository = new FolderRepository(folder);
  const manifestOf = (await readdir(folder, { recursive: true })).find((path) =>
    path.endsWith(`/${MANIFEST_NAME}`),
  );
  if (manifestOf === undefined) throw new Error('the repository has no set');
  const file = join(folder, manifestOf);
  const { seal: _seal, ...like } = parseManifest(await readFile(file, 'utf8'), { key: file });
  const now = Date.parse(like.startedAt);
  for (let index = 1; index < count; index += 1) {
    const at = new Date(now - index * HOUR_MS);
    const { plan, database, project } = like;
    const address = { plan, database, id: backupId(at, index.toString(16).padStart(4, '0')) };
    const times = {
      startedAt: at.toISOString(),
      completedAt: new Date(at.getTime() + 60_000).toISOString(),
      keepUntil: new Date(at.getTime() + 30 * DAY_MS).toISOString(),
    };
    const manifest: Manifest = await sealManifest({ ...like, ...times, id: address.id }, keyring);
    const place = join(folder, plan, database, address.id);
    await mkdir(place, { mode: 0o700 });
    for (const { key } of like.objects) await link(join(file, '..', key), join(place, key));
    await writeFile(join(place, MANIFEST_NAME), JSON.stringify(manifest));
    const context = { project, repository, keyring, clock: { now: () => at } };
    await putMark(context, address, { mark: 'checked', content: {} });
    if (index % 24 === 0) await putMark(context, address, { mark: 'proven', content: {} });
  }
}
