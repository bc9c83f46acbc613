import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureSigningKey, readSigningKey } from '../../../engine/adapters/signing/file-signer.ts';
import { preAuthenticationEncoding } from '../../../engine/domain/signing/envelope.ts';
import type { Signer } from '../../../engine/ports/signer.ts';
import {
  openEnvelope,
  readPublicKey,
  signEnvelope,
} from '../../../engine/stream/signing/sign-envelope.ts';

const run = promisify(execFile);
const bytesOf = (document: unknown) => Buffer.from(JSON.stringify(document));

describe('a signed envelope', () => {
  let folder: string;
  let signer: Signer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-signing-'));
    ({ signer } = await ensureSigningKey(join(folder, 'signing.pem')));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const keys = () => [readPublicKey(signer.publicKey, { origin: 'test' })];

  it('opens with the public key, whatever the payload is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), fc.uint8Array(), async (payloadType, bytes) => {
        const envelope = await signEnvelope(signer, { payloadType, payload: bytes });
        const opened = openEnvelope(bytesOf(envelope), keys());
        expect(opened).toEqual({ payloadType, payload: Buffer.from(bytes), keyId: signer.keyId });
      }),
      { numRuns: 50 },
    );
  });

  it('is refused when its payload, its type or its signature was changed', async () => {
    const envelope = await signEnvelope(signer, {
      payloadType: 'text/plain',
      payload: Buffer.from('a ledger entry'),
    });
    const [{ sig = '' } = {}] = envelope.signatures;
    const flipped = Buffer.from(sig, 'base64');
    flipped[7] = (flipped[7] ?? 0) ^ 1;
    const changed = [
      { ...envelope, payload: Buffer.from('a ledger entrY').toString('base64') },
      { ...envelope, payloadType: 'text/plain2' },
      { ...envelope, signatures: [{ keyid: signer.keyId, sig: flipped.toString('base64') }] },
    ];
    for (const one of changed)
      expect(openEnvelope(bytesOf(one), keys())).toEqual({ fault: 'bad-signature' });
    expect(openEnvelope(bytesOf(envelope), [])).toEqual({ fault: 'unknown-key' });
    expect(openEnvelope(bytesOf({ ...envelope, signatures: [] }), keys())).toEqual({
      fault: 'malformed',
    });
  });

  it('covers the bytes that the specification of DSSE gives as its example', () => {
    expect(
      Buffer.from(
        preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world')),
      ).toString(),
    ).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  it('verifies with openssl and the public key alone', async () => {
    const payload = Buffer.from('{"n":1}');
    const envelope = await signEnvelope(signer, { payloadType: 'application/json', payload });
    const [{ sig = '' } = {}] = envelope.signatures;
    await writeFile(join(folder, 'pub'), signer.publicKey);
    await writeFile(join(folder, 'pae'), preAuthenticationEncoding('application/json', payload));
    await writeFile(join(folder, 'sig'), Buffer.from(sig, 'base64'));
    const verify = () =>
      run('openssl', 'pkeyutl -verify -pubin -inkey pub -rawin -in pae -sigfile sig'.split(' '), {
        cwd: folder,
      });
    expect((await verify()).stdout).toContain('Verified Successfully');
    await writeFile(join(folder, 'pae'), 'DSSEv1 16 application/json 7 {"n":2}');
    await expect(verify()).rejects.toThrow();
  });

  it('is made with one key again and again, and never with one that others may read', async () => {
    const path = join(folder, 'signing.pem');
    expect((await ensureSigningKey(path)).signer.keyId).toBe(signer.keyId);
    await chmod(path, 0o644);
    await expect(readSigningKey(path)).rejects.toMatchObject({ code: 'KEY_INVALID' });
    await chmod(path, 0o600);
  });

  it('takes no public key from an empty file, a private key, or a key of another kind', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const wrong = [
      '',
      await readFile(join(folder, 'signing.pem'), 'utf8'),
      rsa.export({ type: 'spki', format: 'pem' }).toString(),
    ];
    for (const pem of wrong)
      expect(() => readPublicKey(pem, { origin: 'signing.pem' })).toThrow(/signing\.pem is not/);
  });
});
