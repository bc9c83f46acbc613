import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node';
import { FolderRepository } from '../../engine/adapters/folder-repository.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { KEY_NAMESPACE } from '../../engine/contract.ts';
import { check } from '../../engine/operations/check.ts';
import { prune } from '../../engine/operations/prune.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { countRequests } from '../../test/fixtures/counting-repository.ts';
import { contextOn } from '../../test/fixtures/retention-world.ts';
import { plantSets } from './plant.ts';

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: '18000' },
    databases: { type: 'string', default: '200' },
    tables: { type: 'string', default: '60' },
    /** Of the process that measures one command. */
    run: { type: 'string' },
    folder: { type: 'string' },
    key: { type: 'string' },
  },
});

/** The store's clock decides, so the sets are planted before this hour. */
const NOW = new Date();
const NEWEST = new Date(NOW.getTime() - 4 * 3_600_000);
const KEEP_SECONDS = 89 * 86_400;

/**
 * `npm run bench:sets [-- --sets N --databases N --tables N]`: what check and a dry run of prune ask of a repository of many sets, in
 * a folder: requests as a bucket would count them, seals that are opened, seconds, and the peak of memory.
 */
async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hf-bench-sets-'));
  const key = randomBytes(32).toString('hex');
  try {
    const [sets, databases, tables] = [values.sets, values.databases, values.tables].map(Number);
    process.stderr.write(`planting ${sets} sets of ${databases} databases\n`);
    await plantSets(folder, {
      ...{ sets: sets ?? 0, databases: databases ?? 1, tables: tables ?? 0, newest: NEWEST },
      keyring: keyringOf(key),
    });
    for (const run of ['check', 'prune']) {
      const args = [import.meta.filename, '--run', run, '--folder', folder, '--key', key];
      const more = ['--databases', values.databases];
      process.stdout.write(
        execFileSync(process.execPath, [...args, ...more], { encoding: 'utf8' }),
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One command in a process of its own, so that its memory is its own. */
async function measureOne(run: string): Promise<void> {
  const { repository, requests, read, bytes } = countRequests(
    new FolderRepository(values.folder ?? ''),
  );
  const opened = { seals: 0 };
  const begun = performance.now();
  const found = run === 'check' ? await runCheck(repository) : await runPrune(repository, opened);
  const manifests = read.filter((key) => key.endsWith('/manifest.json')).length;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const { get: _get, ...others } = requests;
  process.stdout.write(
    `${JSON.stringify({
      run,
      found,
      gets: { manifests, marks: read.length - manifests },
      ...others,
      megabytesRead: Math.round(bytes.read / 1e5) / 10,
      sealsOpened: opened.seals,
      seconds: Math.round((performance.now() - begun) / 100) / 10,
      cpuSeconds: Math.round((userCPUTime + systemCPUTime) / 1e5) / 10,
      peakMegabytes: Math.round(maxRSS / 1024),
    })}\n`,
  );
}

async function runCheck(repository: Repository): Promise<object> {
  const place = { name: 'only', repository };
  const { findings } = await check(
    { repositories: [place], clock: { now: () => NOW } },
    parseConfig(
      {
        project: 'clinic',
        databases: Object.fromEntries(
          Array.from({ length: Number(values.databases) }, (_, index) => [
            `ward_${index}`,
            { host: 'db.example', user: 'a', database: `ward_${index}` },
          ]),
        ),
        repositories: { only: { folder: 'a' } },
        plans: { nightly: { schedule: '0 2 * * *', databases: 'all', keep: { for: '89d' } } },
      },
      { origin: 'the bench' },
    ),
  );
  const byVerdict = Map.groupBy(findings, ({ verdict }) => verdict);
  return Object.fromEntries([...byVerdict].map(([verdict, some]) => [verdict, some.length]));
}

async function runPrune(repository: Repository, opened: { seals: number }): Promise<object> {
  const keyring = keyringOf(values.key ?? '');
  const decrypt = keyring.onDecrypt.bind(keyring);
  const counting = Object.create(keyring, {
    onDecrypt: {
      value: (...args: Parameters<typeof decrypt>) => {
        opened.seals += 1;
        return decrypt(...args);
      },
    },
  });
  const context = { ...contextOn(repository), keyring: counting, clock: { now: () => NOW } };
  const [report] = await prune(context, {
    isApplied: false,
    rulesOf: () => ({
      keeps: new Map([['nightly', { for: KEEP_SECONDS, atLeast: 1 }]]),
      undrilled: new Set(),
    }),
  });
  const actions = Map.groupBy(report?.sets ?? [], ({ action }) => action);
  return { keep: actions.get('keep')?.length ?? 0, release: actions.get('release')?.length ?? 0 };
}

function keyringOf(hex: string): RawAesKeyringNode {
  return new RawAesKeyringNode({
    keyName: 'feedfacefeedface',
    keyNamespace: KEY_NAMESPACE,
    unencryptedMasterKey: new Uint8Array(Buffer.from(hex, 'hex')),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
}

await (values.run === undefined ? main() : measureOne(values.run));
