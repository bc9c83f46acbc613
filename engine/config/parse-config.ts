import type { z } from 'zod';
import { HoldfastError } from '../errors.ts';
import { closestWord } from './closest-word.ts';
import { settingsAt } from './known-settings.ts';
import { type Config, configSchema } from './schema.ts';
import { withoutInherited } from './without-inherited.ts';

export interface ParseConfigOptions {
  /** The file, or what else it came from. */
  origin: string;
  /** Where a path stands in the file, as `FILE:LINE`; undefined where that is not known. */
  locate?: (path: readonly PropertyKey[]) => string | undefined;
}

/**
 * The config with its defaults filled in.
 * @throws HoldfastError CONFIG_INVALID that names every mistake at once, each with its path and its line.
 */
export function parseConfig(
  input: unknown,
  { origin, locate = () => undefined }: ParseConfigOptions,
): Config {
  const result = configSchema.safeParse(input, { reportInput: true });
  const mistakes = [
    ...unusableNames(input),
    ...(result.success ? [] : result.error.issues.flatMap(describeIssue)),
  ];
  if (result.success && mistakes.length === 0) return withOwnNames(result.data);
  const lines = mistakes.map(({ path, text }) => {
    const place = locate(path);
    return `  ${place === undefined ? '' : `${place}: `}${pathOf(path)}: ${text}`;
  });
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${origin} has ${lines.length === 1 ? 'a mistake' : `${lines.length} mistakes`}:\n${lines.join('\n')}`,
    hint: 'holdfast.example.yaml explains every setting.',
  });
}

/** Nothing is found under a name that every object inherits (`constructor`) unless the config has it. */
export function withOwnNames<T extends Pick<Config, 'databases' | 'plans' | 'repositories'>>(
  config: T,
): T {
  const { databases, plans, repositories } = config;
  return {
    ...config,
    databases: withoutInherited(databases),
    plans: withoutInherited(plans),
    repositories: withoutInherited(repositories),
    ...('snapshotPlans' in config
      ? { snapshotPlans: withoutInherited(config.snapshotPlans as object) }
      : {}),
  };
}

interface Mistake {
  path: readonly PropertyKey[];
  text: string;
}

/** The schema passes over this one name, and what stands under it would be missing without a word. */
function unusableNames(value: unknown, path: readonly PropertyKey[] = []): Mistake[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    ...(name === '__proto__'
      ? [{ path: [...path, name], text: 'nothing can have this name' }]
      : []),
    ...unusableNames(member, [...path, name]),
  ]);
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue): Mistake[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys
      .filter((key) => key !== '__proto__')
      .map((key) => ({ path: [...path, key], text: describeUnknown(key, path) }));
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) => ({ path, text: inner.message }));
  if (issue.code === 'invalid_union') return describeUnion(issue);
  if (path.length > 0 && /received undefined$/.test(issue.message))
    return [{ path, text: 'is missing' }];
  if (issue.code === 'invalid_value') return [{ path, text: describeChoice(issue) }];
  return [{ path, text: lowerFirst(issue.message) }];
}

function describeUnknown(key: string, path: readonly PropertyKey[]): string {
  const known = settingsAt(configSchema, path);
  // Of another kind of plan it may be one.
  const meant = known.includes(key) ? undefined : closestWord(key, known);
  return `there is no such setting${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** A value that is not one of those that a setting may have. */
function describeChoice(issue: Extract<Issue, { code: 'invalid_value' }>): string {
  const wrong = lowerFirst(issue.message);
  const { input, values } = issue;
  const meant = typeof input === 'string' ? closestWord(input, values.map(String)) : undefined;
  return meant === undefined ? wrong : `${wrong}; did you mean ${meant}?`;
}

function describeUnion(issue: Extract<Issue, { code: 'invalid_union' }>): Mistake[] {
  const branches = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
  );
  const closest = branches[0] ?? issue.errors[0] ?? [];
  if (closest.length === 0) return [{ path: issue.path, text: lowerFirst(issue.message) }];
  return closest.flatMap((inner) =>
    describeIssue({ ...inner, path: [...issue.path, ...inner.path] }),
  );
}

function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return '(top level)';
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

function lowerFirst(text: string): string {
  return text
    .replace(/^Invalid input: /, '')
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
