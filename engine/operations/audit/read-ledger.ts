import { createHash } from 'node:crypto';
import type { ReadEntry } from '../../domain/audit/judge-ledger.ts';
import {
  LEDGER_PAYLOAD_TYPE,
  LEDGER_PREFIX,
  ledgerTime,
  parseLedgerEntry,
  type SealedRecord,
} from '../../domain/audit/ledger-entry.ts';
import { parseEnvelope } from '../../domain/signing/envelope.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import { openEnvelope, type PublicKey } from '../../stream/signing/sign-envelope.ts';

const AT_A_TIME = 16;

export type SignedEntry = ReadEntry & {
  /** Of the key that signed it, where that is known. */
  keyId: string | undefined;
};

/**
 * Keys of the ledger's entries in the order of the chain, and nothing else that lies beside them.
 */
export async function listEntryKeys(repository: Pick<Repository, 'list'>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of repository.list(LEDGER_PREFIX))
    if (ledgerTime(key) !== undefined) keys.push(key);
  return keys.sort();
}

/** Entries in the order of the given keys; those that retention removed meanwhile are left out. */
export async function* readEntries(
  repository: Repository,
  { keys, publicKeys }: { keys: readonly string[]; publicKeys: readonly PublicKey[] },
): AsyncGenerator<SignedEntry> {
  for (let next = 0; next < keys.length; next += AT_A_TIME) {
    const some = keys.slice(next, next + AT_A_TIME);
    const read = await Promise.all(some.map((key) => readOne(repository, { key, publicKeys })));
    yield* read.filter((one) => one !== undefined);
  }
}

async function readOne(
  repository: Repository,
  { key, publicKeys }: { key: string; publicKeys: readonly PublicKey[] },
): Promise<SignedEntry | undefined> {
  try {
    const content = await repository.get(key);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { key, sha256, ...openEntry(content, publicKeys) };
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return undefined;
    if (!isHoldfastError(error, 'OBJECT_DAMAGED')) throw error;
    return { key, sha256: '', entry: undefined, fault: 'malformed', keyId: undefined };
  }
}

function openEntry(
  content: Buffer,
  publicKeys: readonly PublicKey[],
): Pick<SignedEntry, 'entry' | 'fault' | 'keyId'> {
  const opened = openEnvelope(content, publicKeys);
  if (!('fault' in opened)) {
    const isLedger = opened.payloadType === LEDGER_PAYLOAD_TYPE;
    const entry = isLedger ? parseLedgerEntry(opened.payload) : undefined;
    return { entry, fault: entry === undefined ? 'malformed' : undefined, keyId: opened.keyId };
  }
  const envelope = parseEnvelope(content);
  const entry =
    envelope?.payloadType === LEDGER_PAYLOAD_TYPE
      ? parseLedgerEntry(Buffer.from(envelope.payload, 'base64'))
      : undefined;
  const fault = entry === undefined ? 'malformed' : opened.fault;
  return { entry, fault, keyId: envelope?.signatures[0]?.keyid };
}

/** SHA-256 of each record; those that retention removed meanwhile are left out. */
export async function* hashRecords(
  repository: Pick<Repository, 'read'>,
  keys: readonly string[],
): AsyncGenerator<SealedRecord> {
  for (let next = 0; next < keys.length; next += AT_A_TIME) {
    const some = keys.slice(next, next + AT_A_TIME);
    const read = await Promise.all(some.map((key) => hashOne(repository, key)));
    yield* read.filter((one) => one !== undefined);
  }
}

async function hashOne(
  repository: Pick<Repository, 'read'>,
  key: string,
): Promise<SealedRecord | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of repository.read(key)) hash.update(chunk);
    return { key, sha256: hash.digest('hex') };
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}
