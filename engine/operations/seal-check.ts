import { setPrefix } from '../domain/key.ts';
import type { CatalogEntry } from '../domain/set-state.ts';
import { isHoldfastError } from '../errors.ts';
import { withManifest } from './catalog.ts';
import type { Context } from './context.ts';
import { putMark } from './marks.ts';
import { openEntry } from './opened-set.ts';

const OF_THE_MANIFEST: ReadonlySet<string> = new Set(['MANIFEST_ALTERED', 'MANIFEST_INVALID', 'OBJECT_MISSING']);

type SealContext = Pick<Context, 'project' | 'repository' | 'keyring' | 'keys' | 'clock'>;

/** Opens the seals on which a release rests, each once, as far as their keys are at hand. */
export class SealCheck {
  readonly #context: SealContext;
  readonly #findings = new Map<string, string | undefined>();

  constructor(context: SealContext) {
    this.#context = context;
  }

  /** What is wrong with the first of them that was altered, which is SUSPECT from now on; undefined when nothing is. */
  async problemOf(entries: readonly CatalogEntry[]): Promise<string | undefined> {
    for (const entry of entries) {
      const prefix = setPrefix(entry);
      if (!this.#findings.has(prefix)) this.#findings.set(prefix, await this.#open(entry));
      const finding = this.#findings.get(prefix);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  async #open(entry: CatalogEntry): Promise<string | undefined> {
    try {
      await openEntry(this.#context, await withManifest(entry, this.#context.repository));
      return undefined;
    } catch (error) {
      if (isHoldfastError(error, 'KEY_MISMATCH')) return undefined;
      if (!isHoldfastError(error) || !OF_THE_MANIFEST.has(error.code)) throw error;
      if (error.code === 'MANIFEST_ALTERED')
        await putMark(this.#context, entry, { mark: 'suspect', content: { code: error.code, reason: error.message } });
      return error.message;
    }
  }
}
