import type { SmokeInstallation } from './installation.ts';
import type { Seen } from './rehearse.ts';

/** What is looked at, after everything ran. */
export interface Smoke extends SmokeInstallation {
  seen: Seen;
}

export interface Proof {
  /** How a row of docs/NOT-YET-PROVEN.md begins, or what is looked at beyond them. */
  about: string;
  /** Why a local AWS can't show it. */
  notLocal?: string;
  /** What of the row stays open. */
  leaves?: string;
  /** @returns what was seen. @throws Skip, or Error where it is not as it should be. */
  look: (smoke: Smoke) => Promise<string> | string;
}

/** Nothing is wrong, and nothing was proven. */
export class Skip extends Error {}

export type Outcome = 'proven' | 'in part' | 'not proven' | 'skipped';

export interface Proven {
  about: string;
  outcome: Outcome;
  why: string;
}

/** @throws the reason of the signal, where there is one: what was broken off says nothing. */
export async function tryProof(
  { about, notLocal, leaves, look }: Proof,
  smoke: Smoke,
): Promise<Proven> {
  smoke.patience.signal?.throwIfAborted();
  if (smoke.settings.isLocal && notLocal !== undefined)
    return { about, outcome: 'skipped', why: `the local AWS: ${notLocal}` };
  try {
    const seen = await look(smoke);
    return leaves === undefined
      ? { about, outcome: 'proven', why: seen }
      : { about, outcome: 'in part', why: `${seen}; open: ${leaves}` };
  } catch (error) {
    smoke.patience.signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return { about, outcome: error instanceof Skip ? 'skipped' : 'not proven', why };
  }
}

/** @throws Error `complaint`. */
export function assert(isSo: boolean, complaint: string): asserts isSo {
  if (!isSo) throw new Error(complaint);
}

/** Of an operation that has to be refused as AccessDenied. @throws Error when it is done, or fails otherwise. */
export async function assertRefused(what: string, work: () => Promise<unknown>): Promise<void> {
  const code = await work().then(
    () => undefined,
    (error: Error) => error.name,
  );
  assert(
    code === 'AccessDenied' || code === 'AccessDeniedException',
    code === undefined
      ? `${what} was not refused`
      : `${what} failed with ${code}, not with AccessDenied`,
  );
}
