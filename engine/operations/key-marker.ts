import { PREFIX } from '../contract.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import type { Context } from './context.ts';

const MARKER = /^keys\/key-file-([0-9a-f]{16})\.json$/;

/** Fingerprints of the key files that this repository belongs to. */
export async function readKeyMarkers(repository: Repository): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of repository.list(`${PREFIX.keys}/`)) {
    const fingerprint = MARKER.exec(key)?.[1];
    if (fingerprint !== undefined) found.push(fingerprint);
  }
  return found;
}

/**
 * The repository keeps the fingerprint of its key, so that a wrong or new key is refused before anything is encrypted with it.
 * @throws HoldfastError KEY_MISMATCH.
 */
export async function assertKeyBelongs(
  context: Pick<Context, 'repositories' | 'keys' | 'clock'>,
): Promise<void> {
  for (const { repository } of context.repositories)
    await assertBelongs({ ...context, repository });
}

async function assertBelongs({
  repository,
  keys,
  clock,
}: Pick<Context, 'repository' | 'keys' | 'clock'>): Promise<void> {
  const own = keys.find(({ type }) => type === 'key-file')?.id;
  if (own === undefined) return;
  const known = await readKeyMarkers(repository);
  if (known.includes(own)) return;
  if (known.length > 0) throw wrongKey(own, known, repository.location);
  const body = { fingerprint: own, firstUsedAt: clock.now().toISOString() };
  await repository
    .put(`${PREFIX.keys}/key-file-${own}.json`, Buffer.from(`${JSON.stringify(body, null, 2)}\n`))
    .catch((error: unknown) => {
      if (!isHoldfastError(error, 'OBJECT_EXISTS')) throw error;
    });
}

function wrongKey(own: string, known: readonly string[], location: string): HoldfastError {
  return new HoldfastError({
    code: 'KEY_MISMATCH',
    message: `key ${own} is not the one of ${location}, which belongs to key ${known.join(' or ')}`,
    hint: 'Put your copy of that key in place (HOLDFAST_KEY_FILE, or keys.file), or begin a new repository with the new key.',
  });
}
