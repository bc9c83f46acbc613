import type { KeyName } from '../domain/key-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { Repository } from '../ports/repository.ts';
import { decryptBytes, encryptBytes, type Keyring } from '../stream/envelope.ts';
import { Examination, type Finding } from './doctor-finding.ts';
import { readKeyMarkers } from './key-marker.ts';

export interface KeyOptions {
  project: string;
  repository: Repository;
  /** @throws HoldfastError KEY_MISSING where the first backup will make one. */
  hold: () => Promise<{ keyring: Keyring; keys: KeyName[] }>;
  /** Where the first backup would make a key. */
  keyFile: string | undefined;
}

/** Whether a key is there, is the one of the repository, and wraps and opens a data key. */
export async function examineKey(subject: string, options: KeyOptions): Promise<Finding[]> {
  const examination = new Examination(subject);
  const held = await examination.tryOut('key', async () => {
    const markers = await readKeyMarkers(options.repository);
    const value = await options.hold().catch((error: unknown) => {
      if (isHoldfastError(error, 'KEY_MISSING') && markers.length === 0) return undefined;
      throw error;
    });
    if (value === undefined)
      return { detail: `none yet; the first backup makes ${options.keyFile}` };
    assertOwn(value.keys, markers);
    const hasBreakGlass = value.keys.some(({ type }) => type === 'break-glass');
    const names = value.keys.map(({ type, id }) => `${type} ${id}`).join(' and ');
    return {
      value,
      detail: hasBreakGlass
        ? names
        : `${names}; no break-glass key (\`holdfast keygen --break-glass\`)`,
    };
  });
  if (held !== undefined) await examineDataKey(examination, options.project, held.keyring);
  return examination.findings;
}

function assertOwn(keys: readonly KeyName[], markers: readonly string[]): void {
  const own = keys.find(({ type }) => type === 'key-file')?.id;
  if (own === undefined || markers.length === 0 || markers.includes(own)) return;
  throw new HoldfastError({
    code: 'KEY_MISMATCH',
    message: `key ${own} is not the one of this repository (${markers.join(' or ')})`,
    hint: 'Put your copy of that key in place.',
  });
}

const PROBE = Buffer.from('made by holdfast doctor');

/** A role that may wrap and not open can back up: it is told so, and does not fail. */
async function examineDataKey(
  examination: Examination,
  project: string,
  keyring: Keyring,
): Promise<void> {
  const context = { project, database: 'doctor', backup: 'doctor', object: 'doctor' };
  const message = await examination.tryOut('data key is made', async () => ({
    value: await encryptBytes(keyring, PROBE, { context }),
    detail: 'a data key was made and wrapped for every key',
  }));
  if (message === undefined) return;
  await examination.tryOut(
    'data key is opened',
    async () => {
      await decryptBytes(keyring, message, { context });
      return { detail: 'the same data key was opened again' };
    },
    'warning',
  );
}
