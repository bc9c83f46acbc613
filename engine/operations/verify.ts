import type { ManifestObject } from '../domain/manifest.ts';
import { volumesOf } from '../domain/manifest.ts';
import { parseArchive } from '../postgres/restore-program.ts';
import { audited } from './audit.ts';
import type { Context } from './context.ts';
import { putMark, suspect } from './marks.ts';
import { type CatalogedSet, findSet, type OpenedSet, openEntry } from './opened-set.ts';
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
    const entry = await findSet(context, name);
    const { id, plan, database } = entry;
    Object.assign(notes, { backup: id, plan, database });
    const set = await openAndReadBack(context, entry).catch((error: unknown) => suspect(context, entry, error));
    notes.bytes = set.storedBytes;
    const seconds = (context.clock.now().getTime() - beganAt.getTime()) / 1000;
    const counted = { objects: set.manifest.objects.length, bytes: set.storedBytes, seconds };
    await putMark(context, entry, { mark: 'checked', content: counted });
    return { set: id, plan, database, state: 'CHECKED', ...counted };
  });
}

async function openAndReadBack(context: Context, entry: CatalogedSet): Promise<OpenedSet> {
  const set = await openEntry(context, entry);
  await readBack(context, set);
  return set;
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
