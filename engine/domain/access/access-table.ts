import { OUR_READERS } from './disclosing.ts';
import { type Places, type TouchedSet, touchedBy } from './touched-set.ts';
import { callerOf, type TrailRecord } from './trail-record.ts';

/** All calls of one caller on one set from one address that ended alike. */
export interface Access {
  principal: string;
  /** Name of the role's session; of a reader it is the id of the set. */
  session: string | null;
  /** One of the roles that have to read. */
  isOurs: boolean;
  /** `s3:GetObject`, `kms:Decrypt` and so on. */
  action: string;
  /** Null where the calls do not say which. */
  set: TouchedSet | null;
  from: string | null;
  region: string;
  /** Why the calls were refused; null where they were not. */
  error: string | null;
  calls: number;
  /** ISO 8601, UTC. */
  first: string;
  last: string;
}

export interface AccessTableOptions {
  places: Places;
  account: string;
  from: Date;
  /** The first moment after the period. */
  to: Date;
}

/** What was read in a period, one record of CloudTrail after the other; as large as the answer, and the id of each event that counted. */
export class AccessTable {
  /** Records that a file had again: CloudTrail delivers at least once. */
  duplicates = 0;
  readonly #options: AccessTableOptions;
  readonly #rows = new Map<string, Access>();
  readonly #seen = new Set<string>();
  readonly #others = new Map<string, number>();

  constructor(options: AccessTableOptions) {
    this.#options = options;
  }

  add(record: TrailRecord): void {
    const { places, account, from, to } = this.#options;
    const touched = touchedBy(record, places);
    if (touched === undefined) return;
    const at = new Date(record.eventTime);
    if (at < from || at >= to) return;
    if (record.recipientAccountId && record.recipientAccountId !== account) {
      const { recipientAccountId: other } = record;
      this.#others.set(other, (this.#others.get(other) ?? 0) + 1);
      return;
    }
    if (this.#seen.has(record.eventID)) {
      this.duplicates++;
      return;
    }
    this.#seen.add(record.eventID);
    const { principal, session } = callerOf(record);
    this.#count({
      principal,
      session,
      isOurs: this.#isOurs(principal, touched.action),
      action: touched.action,
      set: touched.set,
      from: record.sourceIPAddress ?? null,
      region: record.awsRegion,
      error: record.errorCode ?? null,
      calls: 1,
      first: record.eventTime,
      last: record.eventTime,
    });
  }

  /** In the order of their first call. A key says no plan: it is that of the set whose objects were read. */
  accesses(): Access[] {
    const plans = new Map<string, string>();
    for (const { set } of this.#rows.values())
      if (set !== null && set.plan !== null) plans.set(nameOf(set), set.plan);
    const joined = [...this.#rows.values()].map((row) => {
      const { set } = row;
      return set === null ? row : { ...row, set: { ...set, plan: plans.get(nameOf(set)) ?? null } };
    });
    return joined.sort((one, other) => (one.first < other.first ? -1 : 1));
  }

  /** Calls that other accounts' trails recorded; they are not counted. */
  otherAccounts(): { account: string; calls: number }[] {
    return [...this.#others].map(([account, calls]) => ({ account, calls }));
  }

  #count(row: Access): void {
    const { principal, session, action, set, from, region, error } = row;
    const key = JSON.stringify([principal, session, action, set, from, region, error]);
    const known = this.#rows.get(key);
    if (known === undefined) this.#rows.set(key, row);
    else {
      known.calls++;
      if (row.first < known.first) known.first = row.first;
      if (row.last > known.last) known.last = row.last;
    }
  }

  #isOurs(principal: string, action: string): boolean {
    const { account, places } = this.#options;
    const readers: readonly string[] = action.startsWith('kms:')
      ? OUR_READERS.key
      : OUR_READERS.objects;
    const [, role] = /^arn:[^:]+:iam::(\d{12}:role\/.+)$/.exec(principal) ?? [];
    const stem = `${account}:role/holdfast-${places.project.toLowerCase()}`;
    return readers.some((reader) => role === `${stem}-${reader}`);
  }
}

function nameOf({ database, id }: TouchedSet): string {
  return JSON.stringify([database, id]);
}
