import { objectKey } from '../domain/key.ts';
import type { ManifestObject } from '../domain/manifest.ts';
import { volumesOf } from '../domain/manifest.ts';
import { markName } from '../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { isDamage, parseArchive } from '../postgres/restore-program.ts';
import { audited } from './audit.ts';
import type { Context } from './context.ts';
import { type OpenedSet, openSet } from './opened-set.ts';
import { chooseParser } from './restore-tools.ts';

export interface VerifyResult {
  set: string;
  plan: string;
  database: string;
  state: 'CHECKED';
  objects: number;
  bytes: number;
  seconds: number;
}

/**
 * Reads every object of a set back, decrypts it and parses it to its end; the set becomes CHECKED, or SUSPECT when its bytes are bad.
 * An environment that fails (a key, the network, a missing program) leaves the state as it was.
 */
export async function verify(context: Context, { set: name }: { set: string }): Promise<VerifyResult> {
  const subject = { operation: 'verify', plan: null, database: null, backup: null, target: null } as const;
  return audited(context, subject, async (notes) => {
    const beganAt = context.clock.now();
    const set = await openSet(context, name);
    Object.assign(notes, { backup: set.address.id, plan: set.address.plan, database: set.address.database, bytes: set.storedBytes });
    await readBack(context, set).catch((error: unknown) => suspect(context, set, error));
    const seconds = (context.clock.now().getTime() - beganAt.getTime()) / 1000;
    await putMark(context, set, { mark: 'checked', content: { objects: set.manifest.objects.length, bytes: set.storedBytes, seconds } });
    return {
      set: set.address.id,
      plan: set.address.plan,
      database: set.address.database,
      state: 'CHECKED',
      objects: set.manifest.objects.length,
      bytes: set.storedBytes,
      seconds,
    };
  });
}

async function readBack(context: Context, set: OpenedSet): Promise<void> {
  const roles = [...new Set(set.manifest.objects.map(({ role }) => role))];
  let earlierBytes = 0;
  for (const role of roles) {
    const onBytes = (bytes: number) => context.progress({ phase: 'verify', bytes: earlierBytes + bytes, totalBytes: set.storedBytes });
    await readRole(context, set, { role, onBytes });
    earlierBytes += volumesOf(set.manifest, role).reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  }
}

interface ReadRoleOptions {
  role: ManifestObject['role'];
  onBytes: (bytes: number) => void;
}

async function readRole(context: Context, set: OpenedSet, { role, onBytes }: ReadRoleOptions): Promise<void> {
  const source = set.read(role, onBytes);
  if (role === 'schema' || role === 'data') {
    await parseArchive(source, { tools: chooseParser(context.toolsets, set.manifest), signal: context.signal });
    return;
  }
  for await (const _chunk of source) context.signal.throwIfAborted();
}

/** Bytes that are bad make a set SUSPECT; nothing else does. A mark that can't be written never hides why. */
export async function suspect(context: Context, set: OpenedSet, error: unknown): Promise<never> {
  if (isDamage(error) && error instanceof HoldfastError)
    await putMark(context, set, { mark: 'suspect', content: { code: error.code, reason: error.message } }).catch(() => undefined);
  throw error;
}

export interface PutMarkOptions {
  mark: Parameters<typeof markName>[0];
  content: object;
}

/** Two equal marks of one second are one. */
export async function putMark(
  context: Pick<Context, 'repository' | 'clock'>,
  set: Pick<OpenedSet, 'address'>,
  { mark, content }: PutMarkOptions,
): Promise<void> {
  const at = context.clock.now();
  const key = objectKey(set.address, markName(mark, at));
  const body = Buffer.from(`${JSON.stringify({ at: at.toISOString(), ...content }, null, 2)}\n`);
  await context.repository.put(key, body).catch((error: unknown) => {
    if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
  });
}
