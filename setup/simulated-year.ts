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

const FROM = new Date('2026-01-01T00:00:00Z');
const UNTIL = new Date('2027-01-01T00:00:00Z');
const DATABASE = 'clinic';

/** The plans of the year. */
export const PLANS = [
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

export interface YearSet {
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
    server: '7300000000000000001',
  } as const;
  return { ...entry, terms, problem: undefined, isIntact: true };
}

function keepOf(duration: string): Keep {
  const seconds = parseDuration(duration);
  if (seconds === undefined) throw new Error(`"${duration}" is not a duration`);
  return { for: seconds, atLeast: 1 };
}
