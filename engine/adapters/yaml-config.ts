import { readFile } from 'node:fs/promises';
import { type Document, parseDocument } from 'yaml';
import { parseConfig } from '../config/parse-config.ts';
import type { Config } from '../config/schema.ts';
import { HoldfastError } from '../errors.ts';

/** @throws HoldfastError CONFIG_NOT_FOUND, CONFIG_INVALID. */
export async function readYamlConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const [line = ''] = mistake.message.split('\n');
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `${path} is not valid YAML: ${line.replace(/:$/, '')}`,
      hint: 'Check the indentation there: spaces only, the same number for settings of one level.',
    });
  }
  return parseConfig(valuesOf(document, path), { origin: path });
}

/** An alias without its anchor, or one of too many, is found only here. */
function valuesOf(document: Document.Parsed, path: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    const reason =
      cause instanceof Error ? cause.message.split('\n')[0] : 'its values can not be read';
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `${path} is not YAML: ${reason}`,
      hint: 'Check the aliases (*name) and anchors (&name).',
      cause,
    });
  }
}

function unreadable(path: string, cause: unknown): HoldfastError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return new HoldfastError({
    code: 'CONFIG_NOT_FOUND',
    message: isMissing
      ? `there is no config file at ${path}`
      : `the config file ${path} can not be read (${(cause as NodeJS.ErrnoException).code})`,
    hint: isMissing
      ? 'Check the path; `holdfast init` writes a new config file.'
      : 'Name the file itself, and check that this user may read it.',
    cause,
  });
}
