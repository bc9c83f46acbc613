import type { z } from 'zod';
import { HoldfastError } from '../errors.ts';
import { closestWord } from './closest-word.ts';
import { type Config, configSchema } from './schema.ts';

/**
 * The config with its defaults filled in.
 * @throws HoldfastError CONFIG_INVALID that names every mistake at once, each with its path.
 */
export function parseConfig(input: unknown, { origin }: { origin: string }): Config {
  const result = configSchema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const mistakes = result.error.issues.flatMap(describeIssue);
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${origin} has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
    hint: 'holdfast.example.yaml explains every setting.',
  });
}

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${pathOf([...issue.path, key])}: there is no such setting`);
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) => `${pathOf(issue.path)}: ${inner.message}`);
  if (issue.code === 'invalid_union') return describeUnion(issue);
  if (issue.path.length > 0 && /received undefined$/.test(issue.message))
    return [`${pathOf(issue.path)}: is missing`];
  if (issue.code === 'invalid_value') return [describeChoice(issue)];
  return [`${pathOf(issue.path)}: ${lowerFirst(issue.message)}`];
}

/** A value that is not one of those that a setting may have. */
function describeChoice(issue: Extract<Issue, { code: 'invalid_value' }>): string {
  const wrong = `${pathOf(issue.path)}: ${lowerFirst(issue.message)}`;
  const { input, values } = issue;
  const meant = typeof input === 'string' ? closestWord(input, values.map(String)) : undefined;
  return meant === undefined ? wrong : `${wrong}; did you mean ${meant}?`;
}

function describeUnion(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  const branches = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
  );
  const closest = branches[0] ?? issue.errors[0] ?? [];
  if (closest.length === 0) return [`${pathOf(issue.path)}: ${lowerFirst(issue.message)}`];
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
