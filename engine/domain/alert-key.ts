import type { Finding } from './finding.ts';
import { decodeName, encodeName } from './key.ts';

/**
 * What an alert is about, in one word that stays the same from run to run: `check/<plan>/<database>/<repository>/<verdict>`,
 * `run/<operation>/<plan>/<database>`, and of the stack `topic/<severity>`, `rds/<database>` and `access/<principal>/<database>`.
 */
export type AlertKey = string;

/** Stands for what a key leaves open; no encoded name has it. */
const ANY = '*';

const segment = (name: string | null) => (name === null ? ANY : encodeName(name));

export function checkKey({
  plan,
  database,
  repository,
  verdict,
}: Pick<Finding, 'plan' | 'database' | 'repository' | 'verdict'>): AlertKey {
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
  return [plan, database].every((name, index) =>
    [ANY, segment(name)].includes(names[index] ?? ANY),
  );
}

/** A topic of the stack. */
export function topicKey(topic: string): AlertKey {
  return `topic/${encodeName(topic)}`;
}

/** What RDS itself keeps of a database. */
export function rdsKey(database: string): AlertKey {
  return `rds/${encodeName(database)}`;
}

/** Of reads by somebody who is none of ours. */
export function accessKey({
  principal,
  database,
}: {
  principal: string;
  database: string | null;
}): AlertKey {
  return ['access', encodeName(principal), segment(database)].join('/');
}

/** The plan and the database that a key names. */
export function namesIn(key: AlertKey): { plan: string | undefined; database: string | undefined } {
  const [kind, first, second, third] = key.split('/');
  const [plan, database] = placesIn(kind, [first, second, third]);
  const nameOf = (text: string | undefined) =>
    text === undefined || text === ANY ? undefined : decodeName(text);
  return { plan: nameOf(plan), database: kind === 'topic' ? undefined : nameOf(database) };
}

function placesIn(
  kind: string | undefined,
  [first, second, third]: (string | undefined)[],
): [string | undefined, string | undefined] {
  if (kind === 'check') return [first, second];
  if (kind === 'run') return [second, third];
  return [undefined, kind === 'access' ? second : first];
}
