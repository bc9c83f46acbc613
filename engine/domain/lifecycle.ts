const DAY_MS = 86_400_000;

/** One rule of a bucket's lifecycle configuration; what it does not name it does not do. */
export interface LifecycleRule {
  id: string;
  isEnabled: boolean;
  /** Everything when it is empty. */
  prefix: string;
  /** All of them must be there, with these values. */
  tags: Readonly<Record<string, string>>;
  /** Objects of more bytes than that. */
  largerThan: number;
  expirationDays?: number;
  noncurrentDays?: number;
  removesLoneMarkers?: boolean;
  transitions: readonly { days: number; storageClass: string }[];
}

/** One version of an object, or a delete marker. */
export interface ObjectVersion {
  key: string;
  isMarker: boolean;
  bytes: number;
  createdAt: Date;
  tags: Record<string, string>;
  storageClass: string;
  lockedUntil: Date | null;
  /** Since when another one hides it. */
  noncurrentSince: Date | null;
}

export interface NewVersion {
  key: string;
  bytes: number;
  at: Date;
  lockedUntil?: Date | null;
}

/**
 * The versions of a bucket, and what S3 makes of them by its lifecycle rules (S3 User Guide, "Managing the lifecycle of objects"): an age
 * counts from the midnight (UTC) after it is reached, a lock outlasts every rule, and what a rule hides can be brought back until
 * another removes it.
 */
export class VersionedBucket {
  /** By key, the oldest first; the last one is current. */
  readonly #keys = new Map<string, ObjectVersion[]>();

  put({ key, bytes, at, lockedUntil = null }: NewVersion): void {
    const version = {
      key,
      bytes,
      createdAt: at,
      lockedUntil,
      isMarker: false,
      tags: {},
      storageClass: 'STANDARD',
      noncurrentSince: null,
    };
    this.#add(version, at);
  }

  /** The versions that a listing shows. */
  *current(): Generator<ObjectVersion> {
    for (const versions of this.#keys.values()) {
      const last = versions.at(-1);
      if (last !== undefined && !last.isMarker) yield last;
    }
  }

  currentOf(key: string): ObjectVersion | undefined {
    const last = this.#keys.get(key)?.at(-1);
    return last?.isMarker ? undefined : last;
  }

  /** Hidden ones too, but no markers. */
  *versions(): Generator<ObjectVersion> {
    for (const versions of this.#keys.values()) yield* versions.filter(({ isMarker }) => !isMarker);
  }

  /** What the rules do at one moment; S3 looks once a day. Returns the versions that are gone for good. */
  live(rules: readonly LifecycleRule[], now: Date): ObjectVersion[] {
    const removed: ObjectVersion[] = [];
    const enabled = rules.filter(({ isEnabled }) => isEnabled);
    for (const [key, versions] of this.#keys) {
      removed.push(...this.#removeNoncurrent(key, versions, { rules: enabled, now }));
      const left = this.#keys.get(key) ?? [];
      moveToColderClass(left, { rules: enabled, now });
      this.#hideExpired(left, { rules: enabled, now });
    }
    return removed;
  }

  #removeNoncurrent(
    key: string,
    versions: readonly ObjectVersion[],
    { rules, now }: Moment,
  ): ObjectVersion[] {
    const [goes, stays] = partition(versions, (version) => isRemoved(version, { rules, now }));
    const isLoneMarker = stays.length === 1 && stays[0]?.isMarker === true;
    const isSwept =
      isLoneMarker &&
      rules.some((rule) => rule.removesLoneMarkers === true && key.startsWith(rule.prefix));
    if (stays.length === 0 || isSwept) this.#keys.delete(key);
    else this.#keys.set(key, stays);
    return goes.filter(({ isMarker }) => !isMarker);
  }

  /** Expiration of a current version in a versioned bucket is a delete marker. */
  #hideExpired(versions: readonly ObjectVersion[], { rules, now }: Moment): void {
    const current = versions.at(-1);
    if (current === undefined || current.isMarker) return;
    const expires = ({ expirationDays }: LifecycleRule) =>
      isOver(current.createdAt, expirationDays, now);
    if (!rules.some((rule) => selects(rule, current) && expires(rule))) return;
    const marker = {
      key: current.key,
      bytes: 0,
      createdAt: now,
      lockedUntil: null,
      isMarker: true,
    };
    this.#add({ ...marker, tags: {}, storageClass: 'STANDARD', noncurrentSince: null }, now);
  }

  #add(version: ObjectVersion, at: Date): void {
    const versions = this.#keys.get(version.key) ?? [];
    const hidden = versions.at(-1);
    if (hidden !== undefined) hidden.noncurrentSince = at;
    this.#keys.set(version.key, [...versions, version]);
  }
}

interface Moment {
  rules: readonly LifecycleRule[];
  now: Date;
}

function isRemoved(version: ObjectVersion, { rules, now }: Moment): boolean {
  const { noncurrentSince, lockedUntil } = version;
  if (noncurrentSince === null || (lockedUntil !== null && lockedUntil > now)) return false;
  return rules.some(
    (rule) => selects(rule, version) && isOver(noncurrentSince, rule.noncurrentDays, now),
  );
}

function moveToColderClass(versions: readonly ObjectVersion[], { rules, now }: Moment): void {
  const current = versions.at(-1);
  if (current === undefined || current.isMarker) return;
  for (const rule of rules.filter((one) => selects(one, current)))
    for (const { days, storageClass } of rule.transitions)
      if (isOver(current.createdAt, days, now)) current.storageClass = storageClass;
}

function selects({ prefix, tags, largerThan }: LifecycleRule, version: ObjectVersion): boolean {
  if (!version.key.startsWith(prefix) || version.bytes <= largerThan) return false;
  return Object.entries(tags).every(([key, value]) => version.tags[key] === value);
}

/** Whether so many days are over, up to the midnight that follows. */
function isOver(since: Date, days: number | undefined, now: Date): boolean {
  if (days === undefined) return false;
  return now.getTime() >= Math.ceil((since.getTime() + days * DAY_MS) / DAY_MS) * DAY_MS;
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
