import { ENV } from '../../contract.ts';
import { optionWords } from '../text/repeat-options.ts';
import type { BucketFacts, DatabaseFacts, RunbookFacts } from './facts.ts';
import { shellLine } from './shell-words.ts';

/** What is to be typed: one line, but for a file that is written. */
export interface Command {
  line: string;
  language: 'bash' | 'sql';
  /** The arguments of `holdfast`; null for other programs. */
  holdfast: readonly string[] | null;
}

/** A command of this installation, with the options that find its config. */
export function holdfast({ config }: RunbookFacts, ...words: string[]): Command {
  const options = optionWords({
    config: config.path ?? undefined,
    envFile: config.envFile ?? undefined,
  });
  return holdfastWith([...options, ...words]);
}

export function holdfastWith(words: readonly string[]): Command {
  return { line: shellLine(['holdfast', ...words]), language: 'bash', holdfast: words };
}

/** Any other program. */
export function shell(...words: string[]): Command {
  return line(shellLine(words));
}

/** A line that is for bash as it stands. */
export function line(text: string): Command {
  return { line: text, language: 'bash', holdfast: null };
}

/** A statement for `psql`. */
export function sql(text: string): Command {
  return { line: text, language: 'sql', holdfast: null };
}

/** Where a name may begin with a hyphen, it stands behind `--`. */
export function positional(word: string): string[] {
  return word.startsWith('-') ? ['--', word] : [word];
}

/** How the newest set of a database is named that may be relied on. */
export function bestSet({ name, plans, isDrilled, isOnly, measured }: DatabaseFacts): string {
  const word = isDrilled ? 'latest-proven' : 'latest';
  if (name.includes('/')) return measured.newest?.id ?? 'ID';
  const [whole] = plans.filter(({ isWhole }) => isWhole);
  const [first] = plans;
  if (whole === undefined && first !== undefined && !first.name.includes('/'))
    return `${name}/${first.name}/${word}`;
  return isOnly ? word : `${name}/${word}`;
}

/** The name of the database on its server, or a word to fill in. */
export function realName({ realName: known }: DatabaseFacts): string {
  return known ?? 'DATABASE';
}

interface RestoreOptions {
  set?: string;
  words: readonly string[];
}

/** A restore where the database is reached from: a task of the stack, or this machine. */
export function restoreInPlace(
  facts: RunbookFacts,
  database: DatabaseFacts,
  { set = bestSet(database), words }: RestoreOptions,
): Command {
  const remote = database.isInStack ? ['remote'] : [];
  const to = ['--to', database.name, ...words];
  return holdfast(facts, ...remote, 'restore', ...setThen(set, to));
}

/** A set and options; a set whose name begins with a hyphen stands last. */
export function setThen(set: string, options: readonly string[]): string[] {
  return set.startsWith('-') ? [...options, '--', set] : [set, ...options];
}

/** Where a restore goes when the server is new: an administrator's login there. */
export function newServerUrl(database: DatabaseFacts): string {
  const name = encodeURIComponent(realName(database));
  const port = database.port ?? 5432;
  return `postgresql://postgres@NEWHOST${port === 5432 ? '' : `:${port}`}/${name}`;
}

/** The sets of a stack are encrypted for its own key, which the config of this machine need not name. */
export function needsStackKey({ stack, keys }: RunbookFacts): boolean {
  return stack !== null && keys.kms === null;
}

/** Lets commands on this machine open the sets of the vault, too. */
export function stackKey(facts: RunbookFacts): Command[] {
  const { stack } = facts;
  if (stack === null || !needsStackKey(facts)) return [];
  return [
    shell('export', `${ENV.kmsKey}=${stack.keyAlias}`),
    shell('export', `AWS_REGION=${stack.region}`),
  ];
}

/** Options of `aws` that lead to a bucket. */
export function awsOptions({ region, endpoint, profile }: BucketFacts): string[] {
  return [
    ...(region === null ? [] : ['--region', region]),
    ...(endpoint === null ? [] : ['--endpoint-url', endpoint]),
    ...(profile === null ? [] : ['--profile', profile]),
  ];
}
