import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from 'yaml';
import { parseConfig } from '../config/parse-config.ts';
import type { Config } from '../config/schema.ts';
import { HoldfastError } from '../errors.ts';
import { readSmallFile, UnreadableFile } from '../files/read-small-file.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws HoldfastError CONFIG_NOT_FOUND, CONFIG_INVALID. */
export async function readYamlConfig(path: string): Promise<Config> {
  const lineCounter = new LineCounter();
  const document = parseDocument(await readText(path), { lineCounter });
  // An unknown tag is a warning of the parser, and its value would be read without it.
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake !== undefined) {
    const [line = ''] = mistake.message.split('\n');
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `${path} is not valid YAML: ${line.replace(/:$/, '')}`,
      hint: 'Check the indentation there (spaces only, the same number for settings of one level), and that no value has a tag (!name).',
    });
  }
  const locate = (at: readonly PropertyKey[]) => {
    const offset = offsetOf(document, at);
    return offset === undefined ? undefined : `${path}:${lineCounter.linePos(offset).line}`;
  };
  return parseConfig(valuesOf(document, path), { origin: path, locate });
}

async function readText(path: string): Promise<string> {
  try {
    return UTF8.decode(await readSmallFile(path));
  } catch (cause) {
    if (cause instanceof TypeError)
      throw new HoldfastError({
        code: 'CONFIG_INVALID',
        message: `${path} is not UTF-8`,
        hint: 'Save it as UTF-8: letters that can not be read would become part of names.',
        cause,
      });
    if (!(cause instanceof UnreadableFile)) throw cause;
    if (cause.isAbsent)
      throw new HoldfastError({
        code: 'CONFIG_NOT_FOUND',
        message: `there is no config file at ${path}`,
        hint: 'Check the path; `holdfast init` writes a new config file.',
        cause,
      });
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `the config file ${path} can not be read: ${cause.message}`,
      hint: 'Name the file itself, and check that this user may read it.',
      cause,
    });
  }
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

/** Where a setting stands, or the nearest one above it that stands in the file. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const part of path) {
    const at = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(at) ? at.items.find(({ key }) => nameOf(key) === String(part)) : undefined;
    node = isSeq(at) ? at.items[Number(part)] : pair?.value;
    const found = startOf(pair?.key ?? node);
    if (found === undefined) break;
    offset = found;
  }
  return offset;
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
