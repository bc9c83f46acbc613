import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { AlertState, Decision } from '../domain/alerts.ts';
import { SEVERITIES } from '../domain/severity.ts';
import { HoldfastError } from '../errors.ts';
import { readSmallFile } from '../files/read-small-file.ts';
import { type AlertMemory, CHANNELS, type Channel } from '../ports/notifier.ts';
import { makeFolders } from './folder/make-folders.ts';
import { isErrno } from './folder-failure.ts';

const time = z.iso.datetime();
const toldSchema = z.strictObject({
  severity: z.enum(SEVERITIES),
  title: z.string(),
  since: time,
  toldAt: time,
  thread: z.string().optional(),
});
const fileSchema = z.strictObject({
  schemaVersion: z.literal(1),
  channels: z.partialRecord(z.enum(CHANNELS), z.record(z.string(), toldSchema)),
});

type StateFile = z.output<typeof fileSchema>;

const LOCK_WAIT_MS = 2_000;
const LOCK_IS_STALE_AFTER_MS = 10_000;
const FILE_IS_STALE_AFTER_MS = 3_600_000;

/**
 * A file of mode 600 that is replaced as a whole. A lock beside it is held while it is read, changed and replaced, for milliseconds; a lock
 * of a dead run is taken away after ten seconds, and who can't get it within two goes on without: the last writer wins then.
 */
export class AlertStateFile implements AlertMemory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async recall(channel: Channel): Promise<AlertState> {
    return (await this.#read()).channels[channel] ?? {};
  }

  /** Runs of one machine seldom end in the same moment; then both tell it. */
  async claimEnds(_channel: Channel, over: AlertState): Promise<AlertState> {
    return over;
  }

  async remember(channel: Channel, changes: Decision['changes']): Promise<void> {
    try {
      await makeFolders(dirname(this.#path), { mode: 0o700 });
      await this.#locked(async () => {
        const { channels } = await this.#read();
        const kept = Object.entries({ ...channels[channel], ...changes }).filter(
          ([, told]) => told !== null,
        );
        await this.#replace({
          schemaVersion: 1,
          channels: { ...channels, [channel]: Object.fromEntries(kept) },
        } as StateFile);
      });
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** A file that is none of ours is as good as none: everything is told again. */
  async #read(): Promise<StateFile> {
    const nothing: StateFile = { schemaVersion: 1, channels: {} };
    try {
      return (
        fileSchema.safeParse(JSON.parse((await readSmallFile(this.#path)).toString('utf8'))).data ??
        nothing
      );
    } catch {
      return nothing;
    }
  }

  async #replace(state: StateFile): Promise<void> {
    await this.#removeOfDead();
    const fresh = `${this.#path}.${randomBytes(6).toString('hex')}`;
    try {
      const file = await open(fresh, 'wx', 0o600);
      await file.writeFile(`${JSON.stringify(state, null, 2)}\n`).finally(() => file.close());
      await rename(fresh, this.#path);
    } finally {
      await rm(fresh, { force: true });
    }
  }

  /** A process that is killed leaves the file that it was writing, which takes milliseconds. */
  async #removeOfDead(): Promise<void> {
    const folder = dirname(this.#path);
    const start = `${basename(this.#path)}.`;
    for (const name of await readdir(folder)) {
      if (!name.startsWith(start) || !/^[0-9a-f]{12}$/.test(name.slice(start.length))) continue;
      const path = join(folder, name);
      const age = await stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        () => 0,
      );
      if (age > FILE_IS_STALE_AFTER_MS) await rm(path, { force: true });
    }
  }

  async #locked(work: () => Promise<void>): Promise<void> {
    const lock = `${this.#path}.lock`;
    const isOurs = await takeLock(lock);
    try {
      await work();
    } finally {
      if (isOurs) await rm(lock, { force: true });
    }
  }
}

async function takeLock(lock: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < LOCK_WAIT_MS; waitedMs += 20) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      return true;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > LOCK_IS_STALE_AFTER_MS) await rm(lock, { force: true });
    await sleep(20);
  }
  return false;
}

function unwritable(path: string, cause: unknown): HoldfastError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new HoldfastError({
    code: 'ALERT_FAILED',
    message: `what was told could not be remembered in ${path}${code}`,
    hint: 'The next run tells it again. Set alerts.stateFolder to a folder that this user may write.',
    cause,
  });
}
