import { generateKeyPairSync, sign } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRepository } from '../../../engine/adapters/memory-repository.ts';
import { MOST_RECORDS_OF_AN_ENTRY } from '../../../engine/domain/audit/ledger-entry.ts';
import { auditKey, auditRecord } from '../../../engine/domain/audit-record.ts';
import { basicTime } from '../../../engine/domain/backup-id.ts';
import { isOutlivedRecord } from '../../../engine/domain/record-age.ts';
import { type SealContext, sealLedger } from '../../../engine/operations/audit/seal-ledger.ts';
import { verifyLedger } from '../../../engine/operations/audit/verify-ledger.ts';
import { publicKeyKey } from '../../../engine/operations/signing/public-keys.ts';
import type { Signer } from '../../../engine/ports/signer.ts';
import { readPublicKey } from '../../../engine/stream/signing/sign-envelope.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-11-20T10:05:00Z');

function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const { keyId } = readPublicKey(pem, { origin: 'test' });
  return {
    keyId,
    algorithm: 'ed25519',
    publicKey: pem,
    sign: async (bytes) => sign(null, bytes, privateKey),
  };
}

/** A repository, and an installation that works in it by a clock that the test sets. */
class World {
  readonly repository = new MemoryRepository();
  readonly signer = makeSigner();
  now = START;
  #tail = 0;

  constructor() {
    this.repository.now = async () => new Date(this.now);
  }

  get context(): SealContext {
    const clock = { now: () => new Date(this.now) };
    return { repository: this.repository, clock, signer: this.signer };
  }

  async record(at = this.now): Promise<string> {
    const completedAt = new Date(at);
    const tail = (this.#tail++).toString(16).padStart(4, '0');
    const record = auditRecord(
      { operation: 'backup', plan: 'nightly', database: 'clinic', backup: null, target: null },
      { status: 'success', bytes: 1, error: null, notes: null },
      {
        ...{ id: `${basicTime(completedAt)}-${tail}`, repository: 'memory' },
        ...{ startedAt: completedAt, completedAt },
        initiatedBy: { type: 'user', name: 'ops', host: 'box' },
      },
    );
    await this.repository.put(auditKey(record), Buffer.from(JSON.stringify(record)));
    return auditKey(record);
  }

  async seal(): Promise<string> {
    const { entries } = await sealLedger(this.context);
    return entries[0] ?? '';
  }

  /** Entries as far apart as they may be, up to and including the last hour. */
  async sealFor(hours: number): Promise<string[]> {
    const keys: string[] = [];
    for (let left = hours; left > 0; left -= 3) {
      this.now += Math.min(left, 3) * HOUR;
      keys.push(await this.seal());
    }
    return keys;
  }

  async replace(key: string, change: (text: string) => string): Promise<void> {
    const text = (await this.repository.get(key)).toString('utf8');
    await this.repository.release([key]);
    await this.repository.put(key, Buffer.from(change(text)));
  }

  async entry(key: string): Promise<Record<string, unknown> & { records: { key: string }[] }> {
    const { payload } = JSON.parse((await this.repository.get(key)).toString('utf8'));
    return JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
  }

  verify({ isByKeptKey = true, since }: { isByKeptKey?: boolean; since?: Date } = {}) {
    const kept = readPublicKey(this.signer.publicKey, { origin: 'test' });
    return verifyLedger(this.repository, {
      publicKeys: isByKeptKey ? [kept] : [],
      now: new Date(this.now),
      since,
    });
  }

  async faults(options?: Parameters<World['verify']>[0]): Promise<[string, string | null][]> {
    return (await this.verify(options)).faults.map(({ code, key }) => [code, key]);
  }
}

describe('the ledger', () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  it('has every record once, though the first run, of more than one entry, broke off', async () => {
    const old = new Date(START - 900 * DAY).toISOString().slice(0, 10).replaceAll('-', '/');
    for (let made = 0; made <= MOST_RECORDS_OF_AN_ENTRY; made += 1)
      await world.repository.put(`audit/${old}/${made}-backup.json`, Buffer.from('{}'));
    let signed = 0;
    const sign: Signer['sign'] = async (bytes) => {
      signed += 1;
      if (signed > 1) throw new Error('KMS does not answer');
      return world.signer.sign(bytes);
    };
    const signer = { ...world.signer, sign };
    await expect(sealLedger({ ...world.context, signer })).rejects.toThrow('KMS');
    world.now += HOUR;
    const second = await sealLedger(world.context);
    expect([second.records, second.entries.length]).toEqual([1, 1]);
    world.now += HOUR;
    expect((await sealLedger(world.context)).records).toBe(0);
  });

  it('is whole while entries are made in time, and each record is in exactly one', async () => {
    const old = await world.record(START - 900 * DAY);
    const first = await world.record();
    const begun = await world.seal();
    expect((await world.entry(begun)).records.map(({ key }) => key)).toEqual([old, first]);
    const second = await world.record();
    const [next = ''] = await world.sealFor(60);
    expect((await world.entry(next)).records.map(({ key }) => key)).toEqual([second]);
    world.now += HOUR;
    const young = await world.record();
    const verified = await world.verify();
    expect(verified).toMatchObject({
      faults: [],
      notSealedYet: [young],
      late: [],
      entries: 21,
      records: 4,
      signedBy: [{ keyId: world.signer.keyId, entries: 21, first: begun }],
    });
  });

  it('names a record that was removed, changed or added below an old day, by the kept key alone', async () => {
    const [removed, changed] = [await world.record(), await world.record()];
    await world.seal();
    await world.sealFor(72);
    await world.repository.release([removed, publicKeyKey(world.signer.keyId)]);
    await world.replace(changed, (text) => text.replace('ops', 'eve'));
    const added = await world.record(START - 5 * DAY);
    expect(await world.faults()).toEqual([
      ['record-missing', removed],
      ['record-changed', changed],
      ['record-unsealed', added],
    ]);
  });

  it('seals a record that comes within 48 hours after its day, and calls it late', async () => {
    await world.record();
    await world.seal();
    await world.sealFor(42);
    const late = await world.record(world.now - 30 * HOUR);
    expect(await world.verify()).toMatchObject({ faults: [], notSealedYet: [late], late: [late] });
    await world.sealFor(1);
    expect(await world.verify()).toMatchObject({ faults: [], notSealedYet: [], late: [late] });
  });

  it('covers three days without an entry by the next one, and keeps naming the gap', async () => {
    await world.seal();
    const missed: string[] = [];
    for (let hour = 0; hour < 72; hour += 6) {
      world.now += 6 * HOUR;
      missed.push(await world.record());
    }
    expect(await world.verify()).toMatchObject({
      faults: [{ code: 'gap', key: null }],
      notSealedYet: missed,
    });
    const resumed = await world.seal();
    expect((await world.entry(resumed)).records.map(({ key }) => key)).toEqual(missed);
    expect(await world.faults()).toEqual([['gap', resumed]]);
    expect(await world.faults({ since: new Date(world.now + 1) })).toEqual([]);
  });

  it('takes one of two writers that saw the same head, and the next entry has what it left out', async () => {
    await world.seal();
    const seen = await world.record();
    world.now += HOUR;
    const put = world.repository.put.bind(world.repository);
    let raced: string | undefined;
    world.repository.put = async (key, bytes) => {
      if (raced === undefined && key.startsWith('audit/ledger/')) {
        raced = key;
        world.now += 2000;
        await world.seal();
      }
      return put(key, bytes);
    };
    expect(await sealLedger(world.context)).toMatchObject({ entries: [], isOutrun: true });
    world.repository.put = put;
    expect((await world.entry(raced ?? '')).records.map(({ key }) => key)).toEqual([seen]);
    const unseen = await world.record();
    const [next = ''] = await world.sealFor(1);
    expect((await world.entry(next)).records.map(({ key }) => key)).toEqual([unseen]);
    expect(await world.faults()).toEqual([]);
  });

  it('takes one of two writers of the very first entry', async () => {
    await world.record();
    const results = await Promise.all([sealLedger(world.context), sealLedger(world.context)]);
    expect(results.map(({ isOutrun }) => isOutrun).sort()).toEqual([false, true]);
    expect(await world.faults()).toEqual([]);
  });

  it('shows that an entry was removed, changed, or put into another place', async () => {
    await world.record();
    await world.seal();
    const [, second = '', third = '', fourth = ''] = await world.sealFor(18);
    const content = await world.repository.get(second);
    await world.repository.release([second]);
    expect(await world.faults()).toEqual([
      ['chain-broken', third],
      ['gap', third],
    ]);
    await world.repository.put(second, content);
    expect(await world.faults()).toEqual([]);
    await world.replace(third, (text) => text.replace(/"sig":"../, '"sig":"AA'));
    expect(await world.faults()).toEqual([
      ['entry-bad-signature', third],
      ['chain-broken', fourth],
    ]);
  });

  it('shows that the newest entries or all of them are gone', async () => {
    const record = await world.record();
    const keys = [await world.seal(), ...(await world.sealFor(18))];
    await world.repository.release(keys.slice(-2));
    expect(await world.faults()).toEqual([['gap', null]]);
    await world.repository.release(keys);
    expect(await world.verify()).toMatchObject({
      faults: [{ code: 'ledger-missing' }],
      notSealedYet: [record],
    });
  });

  it('may begin six years back, and not later, without the entry before its first', async () => {
    const [record, begun] = [await world.record(), await world.seal()];
    const keys = await world.sealFor(78);
    await world.repository.release([begun]);
    expect(await world.faults()).toEqual([
      ['chain-cut', keys[0]],
      ['record-unsealed', record],
    ]);
    world.now += 2300 * DAY;
    await world.repository.release([record, ...keys.slice(0, 5)]);
    expect(await world.faults()).toEqual([['gap', null]]);
  });

  it('outlives the records that it covers', () => {
    const sealedAt = new Date(START);
    const [entry, record] = [
      { key: `audit/ledger/${basicTime(sealedAt)}.json`, bytes: 1, modifiedAt: sealedAt },
      { key: 'audit/2026/11/20/20261120T100500Z-0000-x.json', bytes: 1, modifiedAt: sealedAt },
    ];
    const afterDays = (days: number) => ({ now: new Date(START + days * DAY) });
    expect([entry, record].map((one) => isOutlivedRecord(one, afterDays(2197)))).toEqual([
      false,
      true,
    ]);
    expect([entry, record].map((one) => isOutlivedRecord(one, afterDays(2228)))).toEqual([
      true,
      true,
    ]);
    const begun = { ...entry, key: 'audit/ledger/19700101T000000Z.json' };
    expect(isOutlivedRecord(begun, afterDays(2197))).toBe(false);
    const beside = { ...entry, key: 'audit/ledger/notes.txt' };
    expect(isOutlivedRecord(beside, afterDays(5000))).toBe(false);
  });

  it('goes on with a new key, and shows by the kept one that another signed', async () => {
    await world.record();
    await world.seal();
    const [old = ''] = await world.sealFor(6);
    const kept = world.signer;
    const replaced = Object.assign(world, { signer: makeSigner() });
    const [record, [entry = '']] = [await replaced.record(), await replaced.sealFor(1)];
    expect(await world.faults({ isByKeptKey: false })).toEqual([]);
    expect((await world.verify({ isByKeptKey: false })).signedBy.map(({ keyId }) => keyId)).toEqual(
      [kept.keyId, replaced.signer.keyId],
    );
    Object.assign(world, { signer: kept });
    expect(await world.faults()).toEqual([['entry-unknown-key', entry]]);
    expect((await world.entry(entry)).records.map(({ key }) => key)).toEqual([record]);
    expect(old).not.toBe(entry);
  });

  it('passes by junk under the key of the next entry, and names it', async () => {
    const begun = await world.seal();
    const { to } = await world.entry(begun);
    const junk = `audit/ledger/${basicTime(new Date(String(to)))}.json`;
    await world.repository.put(junk, Buffer.from('{}'));
    const record = await world.record();
    const [next = ''] = await world.sealFor(1);
    expect((await world.entry(next)).records.map(({ key }) => key)).toEqual([record]);
    await world.sealFor(1);
    expect(await world.faults()).toEqual([['entry-unreadable', junk]]);
  });

  it('goes on after a clock that was a day ahead, and names the jump back', async () => {
    await world.seal();
    world.now += DAY;
    const ahead = await world.seal();
    world.now -= DAY - HOUR;
    const record = await world.record();
    const back = await world.seal();
    expect((await world.entry(back)).records.map(({ key }) => key)).toEqual([record]);
    expect(await world.faults()).toEqual([
      ['gap', ahead],
      ['clock', back],
    ]);
  });

  it('makes no entry while the clocks of machine and store differ', async () => {
    world.repository.now = async () => new Date(world.now + HOUR);
    await expect(world.seal()).rejects.toMatchObject({ code: 'CLOCK_OFF' });
  });
});
