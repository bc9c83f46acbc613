import type { Finding } from './finding.ts';
import { encodeName } from './key.ts';

/** What an alert is about, in one word that stays the same from run to run: `check/<plan>/<database>/<repository>/<verdict>` or `run/<operation>/<plan>/<database>`. */
export type AlertKey = string;

/** Stands for what a key leaves open; no encoded name has it. */
const ANY = '*';

const segment = (name: string | null) => (name === null ? ANY : encodeName(name));

export function checkKey({ plan, database, repository, verdict }: Pick<Finding, 'plan' | 'database' | 'repository' | 'verdict'>): AlertKey {
  return ['check', segment(plan), segment(database), segment(repository), verdict].join('/');
}

/** The repository that a key of `check` is about, encoded; undefined for keys of runs. */
export function repositoryIn(key: AlertKey): string | undefined {
  const [kind, , , repository] = key.split('/');
  return kind === 'check' ? repository : undefined;
}

/** A run, as far as its command knew what it was about. */
export interface RunSubject {
  operation: string;
  plan: string | null;
  database: string | null;
}

export function runKey({ operation, plan, database }: RunSubject): AlertKey {
  return ['run', operation, segment(plan), segment(database)].join('/');
}

/** Whether a good run of `subject` is a good run of what `key` names: what one of them leaves open fits. */
export function isRunOf(key: AlertKey, { operation, plan, database }: RunSubject): boolean {
  const [kind, ofOperation, ...names] = key.split('/');
  if (kind !== 'run' || ofOperation !== operation) return false;
  return [plan, database].every((name, index) => [ANY, segment(name)].includes(names[index] ?? ANY));
}
