import { setPrefix } from '../domain/key.ts';
import type { Reason } from '../domain/retention.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import { withManifest } from './catalog.ts';
import type { Context } from './context.ts';
import { putSuspicion } from './marks.ts';
import { openEntry } from './opened-set.ts';

const OF_THE_MANIFEST: ReadonlySet<string> = new Set([
  'MANIFEST_ALTERED',
  'MANIFEST_INVALID',
  'OBJECT_MISSING',
]);

type SealContext = Pick<Context, 'project' | 'repository' | 'keyring' | 'keys' | 'clock'>;

/** What opening one seal tells. `foreign` names only keys that are not at hand. */
type Finding = { seal: 'genuine' | 'foreign' } | { seal: 'altered'; problem: string };

export interface Release {
  set: CatalogEntry;
  /** The sets on which it rests. */
  successors: readonly CatalogEntry[];
}

/** Opens the seals on which releases rest, each once, as far as their keys are at hand. */
export class SealCheck {
  readonly #context: SealContext;
  readonly #findings = new Map<string, Finding>();

  constructor(context: SealContext) {
    this.#context = context;
  }

  /**
   * What speaks against a release: a manifest that was altered, which is SUSPECT from now on, or a set that is genuine and would go
   * by the word of one that anybody could have written. A set that doesn't open itself goes by what the others say.
   */
  async problemOf({ set, successors }: Release): Promise<Reason | undefined> {
    const own = await this.#findingOf(set);
    if (own.seal === 'altered') return { code: 'altered', text: own.problem };
    for (const successor of successors) {
      const finding = await this.#findingOf(successor);
      if (finding.seal === 'altered') return { code: 'altered', text: finding.problem };
      if (finding.seal === 'foreign' && own.seal === 'genuine')
        return {
          code: 'foreign',
          text: `${successor.id}, on which the release of ${set.id} would rest, opens with no key at hand`,
        };
    }
    return undefined;
  }

  async #findingOf(entry: CatalogEntry): Promise<Finding> {
    const prefix = setPrefix(entry);
    const finding = this.#findings.get(prefix) ?? (await this.#open(entry));
    this.#findings.set(prefix, finding);
    return finding;
  }

  async #open(entry: CatalogEntry): Promise<Finding> {
    try {
      await openEntry(this.#context, await withManifest(entry, this.#context.repository));
      return { seal: 'genuine' };
    } catch (error) {
      if (isHoldfastError(error, 'KEY_MISMATCH')) return { seal: 'foreign' };
      if (!isHoldfastError(error) || !OF_THE_MANIFEST.has(error.code)) throw error;
      if (error.code === 'MANIFEST_ALTERED')
        await putSuspicion(this.#context, entry, {
          kind: 'damage',
          content: { operation: 'prune', code: error.code, reason: error.message },
        });
      return { seal: 'altered', problem: error.message };
    }
  }
}
