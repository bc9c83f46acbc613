import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runsAfter } from '../engine/config/cron.ts';
import { parseDuration } from '../engine/config/duration.ts';
import { backupId } from '../engine/domain/backup-id.ts';
import { objectKey } from '../engine/domain/key.ts';
import {
  decideRetention,
  type Keep,
  type ReasonCode,
  type RetentionRules,
} from '../engine/domain/retention.ts';
import type { RetentionSet } from '../engine/domain/retention-set.ts';
import {
  type Mark,
  markName,
  type SetMark,
  type SuspicionKind,
} from '../engine/domain/set/mark-name.ts';
import { WHOLE } from '../engine/domain/set-scope.ts';
import { catalogOf } from '../engine/domain/set-state.ts';

/** `node setup/retention-year.ts` lives through a year of backups and writes what is left, and why, into docs/RETENTION.md. */
const DOCUMENT = join(import.meta.dirname, '../docs/RETENTION.md');
const BEGIN = '<!-- a year: begin (node setup/retention-year.ts writes these tables) -->';
const END = '<!-- a year: end -->';

const FROM = new Date('2026-01-01T00:00:00Z');
const UNTIL = new Date('2027-01-01T00:00:00Z');
const DATABASE = 'clinic';

const PLANS = [
  { name: 'nightly', schedule: '0 2 * * *', keep: '30d' },
  { name: 'weekly', schedule: '0 3 * * 0', keep: '12w' },
  { name: 'monthly', schedule: '0 4 1 * *', keep: '1y' },
  { name: 'archive', schedule: '0 5 1 1,4,7,10 *', keep: '6y' },
] as const;
const DRILLS = '0 6 1 * *';
const PRUNES = '0 7 * * *';

/** What people do to the newest set in that year. */
const DEEDS: { at: string; mark: Mark; kind?: SuspicionKind; of: string }[] = [
  { at: '2026-05-12T09:00:00Z', mark: 'hold', of: 'nightly' },
  { at: '2026-09-10T12:00:00Z', mark: 'suspect', kind: 'damage', of: 'nightly' },
  { at: '2026-10-12T12:00:00Z', mark: 'accepted', of: 'nightly' },
];

interface YearSet {
  plan: string;
  id: string;
  startedAt: Date;
  keepUntil: Date;
  marks: SetMark[];
  releasedAt?: Date;
}

interface Event {
  at: Date;
  happen: (at: Date) => void;
}

/** A year of backups, verifies, drills and prunes, in the order of time. */
export class Year {
  readonly sets: YearSet[] = [];
  readonly #rules: Omit<RetentionRules, 'now'> = {
    keeps: new Map(PLANS.map(({ name, keep }) => [name, keepOf(keep)])),
    undrilled: new Set(),
  };

  constructor() {
    for (const { at, happen } of this.#events()) happen(at);
  }

  /** Sets that were there at a moment. */
  thereAt(at: Date): YearSet[] {
    return this.sets.filter(
      ({ startedAt, releasedAt }) =>
        startedAt < at && (releasedAt === undefined || releasedAt >= at),
    );
  }

  /** Why each set that is left is left. */
  reasons(): Map<YearSet, ReasonCode[]> {
    return new Map(
      this.#decide(UNTIL).map(({ set, reasons }) => [
        this.#find(set.id),
        reasons.map(({ code }) => code),
      ]),
    );
  }

  #events(): Event[] {
    const backups = PLANS.flatMap((plan) =>
      every(plan.schedule).map((at) => ({ at, happen: () => this.#backUp(plan.name, at) })),
    );
    const drills = every(DRILLS).map((at) => ({
      at,
      happen: () => this.#mark(undefined, { mark: 'proven', at }),
    }));
    const prunes = every(PRUNES).map((at) => ({ at, happen: () => this.#prune(at) }));
    const deeds = DEEDS.map(({ at, of, ...mark }) => ({
      at: new Date(at),
      happen: (when: Date) => this.#mark(of, { ...mark, at: when }),
    }));
    return [...backups, ...drills, ...prunes, ...deeds].sort(
      (one, other) => one.at.getTime() - other.at.getTime(),
    );
  }

  #backUp(plan: string, at: Date): void {
    const keep = this.#rules.keeps.get(plan)?.for ?? 0;
    const id = backupId(at, String(this.sets.length).padStart(4, '0'));
    const checked = { mark: 'checked', at: new Date(at.getTime() + 600_000) } as const;
    this.sets.push({
      plan,
      id,
      startedAt: at,
      keepUntil: new Date(at.getTime() + keep * 1000),
      marks: [checked],
    });
  }

  /** An accepted suspicion is that of the set that has one; anything else is about the newest set. */
  #mark(plan: string | undefined, mark: SetMark): void {
    const candidates = this.thereAt(mark.at).filter(
      (set) => plan === undefined || set.plan === plan,
    );
    const isSuspect = (set: YearSet) => set.marks.some((one) => one.mark === 'suspect');
    const newest =
      mark.mark === 'accepted' ? candidates.find(isSuspect) : candidates.sort(byId).at(-1);
    newest?.marks.push(mark);
  }

  #prune(at: Date): void {
    for (const { set, action } of this.#decide(at))
      if (action === 'release') this.#find(set.id).releasedAt = at;
  }

  #decide(now: Date) {
    return decideRetention(this.thereAt(now).map(retentionSet), { ...this.#rules, now });
  }

  #find(id: string): YearSet {
    const found = this.sets.find((set) => set.id === id);
    if (found === undefined) throw new Error(`there is no ${id}`);
    return found;
  }
}

/** The document with fresh tables. @throws Error when it has not the two marks. */
export function withYear(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/RETENTION.md needs the lines ${BEGIN} and ${END}`);
  const year = new Year();
  return `${document.slice(0, begin)}${BEGIN}\n\n${renderPlans(year)}\n\n${renderMonths(year)}\n\n${document.slice(end)}`;
}

function renderPlans(year: Year): string {
  const reasons = year.reasons();
  const rows = PLANS.map(({ name, schedule, keep }) => {
    const taken = year.sets.filter(({ plan }) => plan === name);
    const left = taken.filter(({ releasedAt }) => releasedAt === undefined);
    const why = countsOf(left.flatMap((set) => reasons.get(set) ?? []));
    return [
      `\`${name}\``,
      `\`${schedule}\``,
      keep,
      taken.length,
      taken.length - left.length,
      left.length,
      dayOf(left[0]?.startedAt),
      why,
    ];
  });
  return table(
    ['plan', 'schedule', 'keep', 'taken', 'released', 'left', 'oldest left', 'kept because'],
    rows,
  );
}

function renderMonths(year: Year): string {
  const rows = Array.from({ length: 12 }, (_, month) => {
    const [begin, end] = [
      new Date(Date.UTC(2026, month, 1)),
      new Date(Date.UTC(2026, month + 1, 1)),
    ];
    const there = year.thereAt(end);
    const released = year.sets.filter(
      ({ releasedAt }) => releasedAt !== undefined && releasedAt >= begin && releasedAt < end,
    ).length;
    return [
      dayOf(begin).slice(0, 7),
      ...PLANS.map(({ name }) => there.filter(({ plan }) => plan === name).length),
      there.length,
      released,
    ];
  });
  return table(['at the end of', ...PLANS.map(({ name }) => name), 'sets', 'released in it'], rows);
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function countsOf(codes: readonly ReasonCode[]): string {
  const names = [...new Set(codes)];
  return names
    .map((name) => `\`${name}\` ${codes.filter((code) => code === name).length}`)
    .join(', ');
}

function dayOf(time: Date | undefined): string {
  return time?.toISOString().slice(0, 10) ?? '';
}

function every(schedule: string): Date[] {
  const times: Date[] = [];
  for (const at of runsAfter(schedule, { timezone: 'UTC', from: new Date(FROM.getTime() - 1) })) {
    if (at >= UNTIL) break;
    times.push(at);
  }
  return times;
}

function byId(one: YearSet, other: YearSet): number {
  return one.id < other.id ? -1 : 1;
}

/** As a listing of the store would show it. */
function retentionSet({ plan, id, startedAt, keepUntil, marks }: YearSet): RetentionSet {
  const address = { plan, database: DATABASE, id };
  const names = ['manifest.json', ...marks.map(({ mark, at, kind }) => markName(mark, at, kind))];
  const [entry] = catalogOf(names.map((name) => objectKey(address, name)));
  if (entry === undefined) throw new Error(`${id} is not a set`);
  const terms = {
    kind: 'logical',
    startedAt,
    keepUntil,
    keepAtLeast: 1,
    previous: null,
    scope: WHOLE,
  } as const;
  return { ...entry, terms, problem: undefined, isIntact: true };
}

function keepOf(duration: string): Keep {
  const seconds = parseDuration(duration);
  if (seconds === undefined) throw new Error(`"${duration}" is not a duration`);
  return { for: seconds, atLeast: 1 };
}

if (import.meta.main) await writeFile(DOCUMENT, withYear(await readFile(DOCUMENT, 'utf8')));
