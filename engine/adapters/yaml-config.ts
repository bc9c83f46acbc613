import { readFile } from 'node:fs/promises';
import { type Document, parseDocument } from 'yaml';
import { parseConfig } from '../config/parse-config.ts';
import type { Config } from '../config/schema.ts';
import { HoldfastError } from '../errors.ts';

/** @throws HoldfastError CONFIG_NOT_FOUND, CONFIG_INVALID. */
export async function readYamlConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HoldfastError({
      code: 'CONFIG_NOT_FOUND',
      message: `there is no config file at ${path}`,
      hint: '`holdfast init` writes one.',
      cause,
    });
  });
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake !== undefined) {
    const [line] = mistake.message.split('\n');
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `${path} is not YAML: ${line}`,
      hint: 'Check the indentation at that place.',
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
