import { PREFIX } from '../../contract.ts';
import { isBackupId } from '../../domain/backup-id.ts';
import { accessEvidence, type ReadTrails } from '../../domain/evidence/access-evidence.ts';
import {
  type Evidence,
  type ReportedConfig,
  type StoredDrill,
  seriesKey,
} from '../../domain/evidence/evidence.ts';
import { type Month, monthBefore } from '../../domain/evidence/month.ts';
import {
  type LedgerEvidence,
  type ReportedPlan,
  reportSchema,
} from '../../domain/evidence/report-schema.ts';
import { standingOf } from '../../domain/evidence/standing.ts';
import type { Standing } from '../../domain/evidence/standing-schema.ts';
import { parseDocument } from '../../domain/set/parse-document.ts';
import { isHoldfastError } from '../../errors.ts';
import type { Repository } from '../../ports/repository.ts';
import { readRecords } from '../audit/read-records.ts';
import { verifyLedger } from '../audit/verify-ledger.ts';
import { scoreDatabases } from '../check/score-databases.ts';
import { type CheckOptions, check } from '../check.ts';
import type { Context, NamedRepository } from '../context.ts';
import { lastRehearsal } from '../drill/rehearsals.ts';
import { readPublicKeys } from '../signing/public-keys.ts';
import { readDrills } from './read-drills.ts';
import { mergeCopies, readSets } from './read-sets.ts';

const DAY_MS = 86_400_000;
/** What failed on the last day of the month may be mended in the next days. */
const AFTER_MS = 7 * DAY_MS;
/** How far back records are looked through for a plan whose first set is in the month. */
const LOOKED_BACK_MS = 62 * DAY_MS;

export interface CollectOptions {
  id: string;
  month: Month;
  config: ReportedConfig;
  /** Of the check whose findings the report shows. */
  check?: CheckOptions | undefined;
  /** What the trails of the stack say of the month; null where nobody read them. */
  trails?: ReadTrails | null | undefined;
}

/** All that a report is made of. Reads listings, records, reports and manifests, and no object that a key opens. */
export async function collectEvidence(
  { repositories, clock, actor }: Pick<Context, 'repositories' | 'clock' | 'actor'>,
  { id, month, config, check: options, trails = null }: CollectOptions,
): Promise<Evidence> {
  const now = clock.now();
  const signs = new Signs();
  const found = new Found();
  for (const place of repositories) {
    const sets = await readSets(place, {
      from: month.from,
      plans: config.plans,
      onSign: (series, at) => signs.note(series, at),
    });
    found.sets.push(...sets);
    await found.readRecords(place, {
      from: month.from,
      to: new Date(month.to.getTime() + AFTER_MS),
    });
    await found.readDrills(place, month);
    await found.readRehearsals(place, month);
  }
  for (const { plan, database, startedAt } of found.records.values())
    if (plan !== null && database !== null) signs.note({ plan, database }, new Date(startedAt));
  for (const { repository } of repositories)
    await lookBack(repository, { signs, config, from: month.from });
  const [first] = repositories;
  return {
    ...{ id, month, config },
    generatedAt: now,
    generatedBy: actor,
    locations: repositories.map(({ name, repository: { location } }) => ({
      ...{ name, location, isRemote: config.repositories[name]?.folder === undefined },
    })),
    sets: mergeCopies(found.sets),
    firstSigns: signs.first,
    records: [...found.records.values()].sort((one, other) =>
      one.completedAt < other.completedAt ? -1 : 1,
    ),
    unreadable: found.unreadable,
    drills: found.drills,
    rehearsedAt: found.rehearsedAt,
    accesses: trails === null ? null : accessEvidence(trails),
    plansBefore: first === undefined ? null : await plansOfReport(first.repository, month),
    standing: await standingNow({ repositories, clock }, { config, options }),
    ledgers: (await Promise.all(repositories.map((one) => ledgerOf(one, month, now)))).flat(),
  };
}

/** Null where the config names nothing to check. */
async function standingNow(
  { repositories, clock }: Pick<Context, 'repositories' | 'clock'>,
  { config, options }: { config: ReportedConfig; options: CheckOptions | undefined },
): Promise<Standing | null> {
  if (Object.keys(config.plans).length === 0 || Object.keys(config.databases).length === 0)
    return null;
  const result = await check({ repositories, clock }, config, options);
  return standingOf(result, await scoreDatabases(result, { repositories, config }));
}

/** What the ledger of a repository shows of the records since the month began; empty where there is none. */
async function ledgerOf(
  { name, repository }: NamedRepository,
  { from }: Month,
  now: Date,
): Promise<LedgerEvidence[]> {
  const found = await verifyLedger(repository, { publicKeys: [], now, since: from });
  if (found.entries === 0) return [];
  return [
    {
      repository: name,
      entries: found.entries,
      sealedUntil: found.ends,
      unsealed: found.notSealedYet.length,
      problems: found.faults.map(({ key, detail }) =>
        key === null ? detail : `${key}: ${detail}`,
      ),
    },
  ];
}

class Signs {
  readonly first = new Map<string, Date>();

  note(series: { plan: string; database: string }, at: Date): void {
    const key = seriesKey(series);
    const known = this.first.get(key);
    if (known === undefined || at < known) this.first.set(key, at);
  }
}

class Found {
  readonly sets: Evidence['sets'][number][] = [];
  readonly records = new Map<string, Evidence['records'][number]>();
  readonly unreadable: { repository: string; key: string }[] = [];
  readonly drills: StoredDrill[] = [];
  rehearsedAt: Date | null = null;

  /** A record lies in every repository that the work had to do with. */
  async readRecords(place: NamedRepository, period: { from: Date; to: Date }): Promise<void> {
    for await (const { key, record } of readRecords(place.repository, period)) {
      if (record === undefined) this.unreadable.push({ repository: place.name, key });
      else this.records.set(`${record.id}-${record.operation}`, record);
    }
  }

  async readRehearsals({ repository }: NamedRepository, { to }: Month): Promise<void> {
    const last = await lastRehearsal(repository, to);
    if (last !== null && (this.rehearsedAt === null || last > this.rehearsedAt))
      this.rehearsedAt = last;
  }

  async readDrills(place: NamedRepository, period: Month): Promise<void> {
    const drills = await readDrills(place, {
      period,
      keys: await readPublicKeys(place.repository),
      onUnreadable: (key) => this.unreadable.push({ repository: place.name, key }),
    });
    this.drills.push(...drills);
  }
}

/** Retention may have removed what shows that a plan is older than the month; its records are kept six years. */
async function lookBack(
  repository: Repository,
  { signs, config, from }: { signs: Signs; config: ReportedConfig; from: Date },
): Promise<void> {
  const isYoung = () =>
    Object.keys(config.plans).some((plan) =>
      Object.keys(config.databases).some((database) => {
        const sign = signs.first.get(seriesKey({ plan, database }));
        return sign !== undefined && sign >= from;
      }),
    );
  if (!isYoung()) return;
  const earlier = { from: new Date(from.getTime() - LOOKED_BACK_MS), to: from };
  for await (const { record } of readRecords(repository, earlier)) {
    if (record === undefined || record.plan === null || record.database === null) continue;
    signs.note({ plan: record.plan, database: record.database }, new Date(record.completedAt));
    if (!isYoung()) return;
  }
}

/** The plans that the report of the month before names; null where there is none that can be read. */
async function plansOfReport(repository: Repository, month: Month): Promise<ReportedPlan[] | null> {
  let newest: string | undefined;
  for await (const { key } of repository.list(`${PREFIX.evidence}/${monthBefore(month).name}/`))
    if (
      isBackupId(
        key
          .split('/')
          .at(-1)
          ?.replace(/\.json$/, '') ?? '',
      )
    )
      newest = key;
  if (newest === undefined) return null;
  try {
    const document = parseDocument(await repository.get(newest));
    const parsed = reportSchema.safeParse('fault' in document ? undefined : document.value);
    return parsed.success ? parsed.data.plans : null;
  } catch (error) {
    if (isHoldfastError(error, 'OBJECT_MISSING') || isHoldfastError(error, 'OBJECT_DAMAGED'))
      return null;
    throw error;
  }
}
