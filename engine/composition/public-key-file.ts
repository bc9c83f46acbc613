import { HoldfastError } from '../errors.ts';
import { readSmallFile, UnreadableFile } from '../files/read-small-file.ts';
import { type PublicKey, readPublicKey } from '../stream/signing/sign-envelope.ts';

/** A public key that its owner kept. @throws HoldfastError KEY_MISSING, KEY_INVALID. */
export async function readPublicKeyFile(path: string): Promise<PublicKey> {
  const bytes = await readSmallFile(path).catch((cause: unknown) => {
    if (!(cause instanceof UnreadableFile)) throw cause;
    throw new HoldfastError({
      code: cause.isAbsent ? 'KEY_MISSING' : 'KEY_INVALID',
      message: cause.isAbsent
        ? `there is no public key at ${path}`
        : `the public key ${path} can not be read: ${cause.message}`,
      hint: 'Give your copy of keys/signing-<id>.pem, which lies in the repository.',
      cause,
    });
  });
  return readPublicKey(bytes.toString('utf8'), { origin: path });
}
