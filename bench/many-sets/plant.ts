import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backupId } from '../../engine/domain/backup-id.ts';
import { objectKey } from '../../engine/domain/key.ts';
import type { UnsealedManifest } from '../../engine/domain/manifest.ts';
import { markName } from '../../engine/domain/set/mark-name.ts';
import { summarize } from '../../engine/domain/set/set-summary.ts';
import type { Keyring } from '../../engine/stream/envelope.ts';
import { sealMark } from '../../engine/stream/mark-seal.ts';
import { manifestDigest, sealManifest } from '../../engine/stream/seal.ts';
import { logicalManifest, storedObject } from '../../test/fixtures/manifests.ts';

const DAY_MS = 86_400_000;
const KEEP_DAYS = 89;

export interface Planted {
  sets: number;
  databases: number;
  tables: number;
  /** When the newest set was taken. */
  newest: Date;
  keyring: Keyring;
}

/** Nightly sets of many databases in a folder, each CHECKED, every 30th PROVEN; one of each database has outlived its keep. */
export async function plantSets(folder: string, planted: Planted): Promise<void> {
  const nights = Math.ceil(planted.sets / planted.databases);
  for (let night = 0; night < nights; night += 1) {
    const ofNight = Array.from({ length: planted.databases }, (_, index) => index);
    await Promise.all(
      ofNight.map((database) => plantOne(folder, { ...planted, night, nights, database })),
    );
  }
}

interface OneSet extends Planted {
  night: number;
  nights: number;
  database: number;
}

async function plantOne(folder: string, one: OneSet): Promise<void> {
  const { database, night, nights, keyring, newest } = one;
  const startedAt = new Date(newest.getTime() - (nights - 1 - night) * DAY_MS);
  const id = backupId(startedAt, database.toString(16).padStart(4, '0'));
  const address = { plan: 'nightly', database: `ward_${database}`, id };
  const manifest = await sealManifest(manifestOf(one, { ...address, startedAt }), keyring);
  const content = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const write = async (name: string, bytes: Uint8Array) => {
    const path = join(folder, objectKey(address, name));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
  };
  await write('manifest.json', content);
  for (const { key, storedBytes } of manifest.objects) await write(key, Buffer.alloc(storedBytes));
  const isProven = (night + database) % 30 === 0 || night === nights - 1;
  for (const mark of isProven ? (['checked', 'proven'] as const) : (['checked'] as const)) {
    const at = new Date(startedAt.getTime() + 1_800_000);
    const name = markName(mark, at);
    const sealed = await sealMark(
      {
        at: at.toISOString(),
        manifest: manifestDigest(manifest).toString('hex'),
        ...{ objects: 2, bytes: 80, seconds: 1, empty: null, comparedWith: 30, anomalies: [] },
        ...(mark === 'checked' ? { summary: summarize(manifest, content.length) } : {}),
      },
      { keyring, context: { project: 'clinic', ...contextOf(address), object: name } },
    );
    await write(name, Buffer.from(`${JSON.stringify(sealed, null, 2)}\n`));
  }
}

function contextOf({ database, id }: { database: string; id: string }) {
  return { database, backup: id };
}

function manifestOf(
  { tables }: OneSet,
  { startedAt, ...address }: { plan: string; database: string; id: string; startedAt: Date },
): UnsealedManifest {
  const time = startedAt.toISOString();
  return logicalManifest({
    ...{ ...address, startedAt: time, completedAt: time, marksAreSealed: true },
    keys: [{ type: 'key-file', id: 'feedfacefeedface' }],
    keepUntil: new Date(startedAt.getTime() + KEEP_DAYS * DAY_MS).toISOString(),
    objects: [
      storedObject({ key: 'schema.dump.zst.esdk', role: 'schema', storedBytes: 40 }),
      storedObject({ storedBytes: 40 }),
    ],
    tables: Array.from({ length: tables }, (_, index) => ({
      ...{ schema: 'public', name: `observations_of_ward_${index}`, oid: 16_390 + index },
      ...{ kind: 'table' as const, rows: 1000 + index },
    })),
  });
}
