import { type HiddenPlace, mayKeep } from './repository/hidden-place.ts';
import { type Reason, releasedBefore, showTime } from './retention/reason.ts';
import type { RetentionSet, RetentionTerms } from './retention-set.ts';
import { canStandIn } from './set/evaluate-marks.ts';
import { standsInFor } from './set-scope.ts';

export type { Reason, ReasonCode } from './retention/reason.ts';

export interface Keep {
  /** Seconds. */
  for: number;
  /** Younger proven sets that must exist before one is released. */
  atLeast: number;
}

/** What today's config says. */
export interface RetentionRules {
  /** By plan; a plan that is no longer in the config has none, and the manifest alone decides. */
  keeps: ReadonlyMap<string, Keep>;
  /** Databases whose drills are disabled: there a CHECKED set counts as a PROVEN one. */
  undrilled: ReadonlySet<string>;
  /** Parts of the repository that can not be read: they may hold what keeps other sets. */
  hidden?: readonly HiddenPlace[];
  /** Plans whose sets the store would remove; that is any plan unless given. */
  named?: ReadonlySet<string> | undefined;
  now: Date;
}

export interface RetentionDecision<T extends RetentionSet = RetentionSet> {
  set: T;
  action: 'keep' | 'release';
  /** Of a set that is kept everything that keeps it; of one that is released everything that lets it go. */
  reasons: Reason[];
  /** The younger sets on which a release rests. */
  successors: RetentionSet[];
}

/**
 * Which sets of one repository stay, oldest first. Each set is decided after every younger one, and only sets that stay count for
 * an older one, so that no two sets release each other.
 */
export function decideRetention<T extends RetentionSet>(
  sets: readonly T[],
  rules: RetentionRules,
): RetentionDecision<T>[] {
  const pass = new RetentionPass(sets, rules);
  const youngestFirst = [...sets].sort((one, other) => (one.id < other.id ? 1 : -1));
  return youngestFirst.map((set) => pass.decide(set)).reverse();
}

class RetentionPass {
  readonly #rules: RetentionRules;
  readonly #freezing: RetentionSet[];
  readonly #unreadable: RetentionSet[];
  /** Proven sets that stay, by what they may stand in for, youngest first. */
  readonly #proofs = new Map<string, RetentionSet[]>();
  /** Servers that those came from, by database and kind. */
  readonly #servers = new Map<string, Set<string>>();
  /** Which younger set needs a set, by database and id. */
  readonly #needs = new Map<string, string>();

  constructor(sets: readonly RetentionSet[], rules: RetentionRules) {
    this.#rules = rules;
    const there = sets
      .filter(({ isReleased }) => !isReleased)
      .sort((one, other) => (one.id < other.id ? -1 : 1));
    this.#freezing = there.filter(({ isFreezing }) => isFreezing);
    this.#unreadable = there.filter(({ terms }) => terms === undefined);
    for (const set of there) if ((set.terms?.previous ?? '') > set.id) this.#need(set);
  }

  decide<T extends RetentionSet>(set: T): RetentionDecision<T> {
    if (set.isReleased && !set.isHeld && isNamed(set, this.#rules) && this.#fitsRelease(set))
      return {
        set,
        action: 'release',
        reasons: [releasedBefore(set)],
        successors: set.isReleaseComplete ? [] : this.#younger(set),
      };
    const kept = this.#whatKeeps(set);
    if (kept.length > 0) {
      this.#stays(set);
      return { set, action: 'keep', reasons: kept, successors: [] };
    }
    const successors = this.#younger(set);
    return { set, action: 'release', reasons: this.#whatReleases(set, successors), successors };
  }

  /**
   * A genuine mark may lie beside the same set in another repository, where nothing succeeds it: a release that has not gone
   * to its end needs what every release needs.
   */
  #fitsRelease(set: RetentionSet): boolean {
    const { terms } = set;
    if (terms === undefined || set.isReleaseComplete) return true;
    return terms.keepUntil <= this.#rules.now && this.#tooFewProven(set, terms) === undefined;
  }

  #whatKeeps(set: RetentionSet): Reason[] {
    const { terms } = set;
    return [
      !isNamed(set, this.#rules) && {
        code: 'unnamed' as const,
        text: `neither plans nor aws.formerPlans names plan "${set.plan}"`,
      },
      terms === undefined && {
        code: set.isAltered === true ? ('altered' as const) : ('unreadable' as const),
        text: set.problem ?? 'its manifest can not be read',
      },
      this.#hidden(set),
      set.isHeld && { code: 'held' as const, text: 'held' },
      this.#frozen(set),
      this.#needed(set),
      terms !== undefined && this.#withinKeep(set, terms),
      terms !== undefined && this.#tooFewProven(set, terms),
    ].filter((reason) => reason !== false && reason !== undefined);
  }

  /**
   * A suspicion may mean that rows were lost since the set before it, so nothing that is as old or older is released until
   * somebody has looked. Every suspicion that nobody accepted freezes, not only the oldest: one damaged set of long ago must
   * not switch the freeze off.
   */
  #frozen({ id, database, terms }: RetentionSet): Reason | undefined {
    const isSameKind = (suspect: RetentionSet) =>
      suspect.terms === undefined || suspect.terms.kind === terms?.kind;
    const suspect = this.#freezing.find(
      (one) => one.database === database && one.id >= id && isSameKind(one),
    );
    if (suspect === undefined) return undefined;
    const text = suspect.id === id ? 'SUSPECT' : `older than ${suspect.id}, which is SUSPECT`;
    return { code: 'frozen', text: `${text} and not accepted` };
  }

  #hidden(set: RetentionSet): Reason | undefined {
    const place = this.#rules.hidden?.find((one) => mayKeep(one, set));
    if (place === undefined) return undefined;
    const text = `${place.prefix} can not be read (${place.why}) and may hold a set that keeps this one`;
    return { code: 'hidden', text };
  }

  /** A set whose manifest can't be read may be an incremental one, so what it could be based on stays. */
  #needed({ id, database, terms }: RetentionSet): Reason | undefined {
    const needing = this.#needs.get(`${database}/${id}`);
    if (needing !== undefined) return { code: 'needed', text: `${needing} of its chain needs it` };
    if (terms === undefined || terms.kind === 'logical') return undefined;
    const unreadable = this.#unreadable.find((one) => one.database === database && one.id > id);
    return (
      unreadable && { code: 'needed', text: `${unreadable.id}, which can not be read, may need it` }
    );
  }

  #withinKeep(set: RetentionSet, terms: RetentionTerms): Reason | undefined {
    const until = this.#keepUntil(set, terms);
    if (until <= this.#rules.now) return undefined;
    const lengthened =
      until > terms.keepUntil
        ? ` by today's config; its manifest says ${showTime(terms.keepUntil)}`
        : '';
    return { code: 'within-keep', text: `kept until ${showTime(until)}${lengthened}` };
  }

  #tooFewProven(set: RetentionSet, terms: RetentionTerms): Reason | undefined {
    const wanted = this.#atLeast(set, terms);
    const found = this.#younger(set).length;
    if (found >= wanted) return undefined;
    const states = this.#rules.undrilled.has(set.database) ? 'CHECKED or PROVEN' : 'PROVEN';
    return {
      code: 'too-few-proven',
      text: `younger ${states} sets that hold as much: ${found} of ${wanted}${this.#ofOthers(set, terms)}`,
    };
  }

  #ofOthers({ database }: RetentionSet, terms: RetentionTerms): string {
    const servers = this.#servers.get(`${database}/${terms.kind}`) ?? new Set();
    const hasOthers = servers.size > (servers.has(terms.server) ? 1 : 0);
    return hasOthers ? '; those of another server do not count' : '';
  }

  #whatReleases(set: RetentionSet, successors: readonly RetentionSet[]): Reason[] {
    const until = set.terms === undefined ? '' : showTime(this.#keepUntil(set, set.terms));
    const names = successors.map(({ id, state }) => `${id} is ${state}`).join(', ');
    return [
      { code: 'keep-passed', text: `kept until ${until}, which has passed` },
      { code: 'succeeded', text: `${names} and younger` },
    ];
  }

  /** As many proven ones as are wanted, the youngest first, or as many as there are. */
  #younger(set: RetentionSet): RetentionSet[] {
    const { database, terms } = set;
    if (terms === undefined) return [];
    const found: RetentionSet[] = [];
    for (const proof of this.#proofs.get(placeOf(database, terms)) ?? []) {
      if (found.length === this.#atLeast(set, terms)) break;
      if (proof.terms !== undefined && standsInFor(proof.terms.scope, terms.scope))
        found.push(proof);
    }
    return found;
  }

  #stays(set: RetentionSet): void {
    const { database, terms } = set;
    if (terms === undefined) return;
    this.#need(set);
    if (!this.#counts(set, terms)) return;
    const place = placeOf(database, terms);
    const proofs = this.#proofs.get(place) ?? [];
    proofs.push(set);
    this.#proofs.set(place, proofs);
    const servers = this.#servers.get(`${database}/${terms.kind}`) ?? new Set();
    this.#servers.set(`${database}/${terms.kind}`, servers.add(terms.server));
  }

  #need({ database, id, terms }: RetentionSet): void {
    if (terms !== undefined && terms.previous !== null)
      this.#needs.set(`${database}/${terms.previous}`, id);
  }

  /** A set from the future would be younger than all others for ever; one that lost an object since its drill is no proof of anything. */
  #counts(set: RetentionSet, { startedAt }: RetentionTerms): boolean {
    if (set.isReleased || !set.isIntact || startedAt > this.#rules.now) return false;
    return canStandIn(set, { isDrilled: !this.#rules.undrilled.has(set.database) });
  }

  /** A shorter config does not shorten it. */
  #keepUntil({ plan }: RetentionSet, { startedAt, keepUntil }: RetentionTerms): Date {
    const seconds = this.#rules.keeps.get(plan)?.for ?? 0;
    return new Date(Math.max(keepUntil.getTime(), startedAt.getTime() + seconds * 1000));
  }

  #atLeast({ plan }: RetentionSet, { keepAtLeast }: RetentionTerms): number {
    return Math.max(1, keepAtLeast, this.#rules.keeps.get(plan)?.atLeast ?? 0);
  }
}

/** A set says nothing about the rows of another server's database, though it has the same name. */
function placeOf(database: string, { kind, server }: RetentionTerms): string {
  return JSON.stringify([database, kind, server]);
}

/** Whether the store would remove what is below the prefix of its plan. */
export function isNamed(
  { plan }: { plan: string },
  { named }: Pick<RetentionRules, 'named'>,
): boolean {
  return named?.has(plan) ?? true;
}
