import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { configSchema } from '../engine/config/schema.ts';
import { withLibpqParameters } from './libpq-reference.ts';

/** `node setup/config-reference.ts` writes the table of all settings into docs/CONFIG.md, from the schema that reads them. */
const DOCUMENT = join(import.meta.dirname, '../docs/CONFIG.md');
const BEGIN = '<!-- settings: begin (node setup/config-reference.ts writes this table) -->';
const END = '<!-- settings: end -->';

type Schema = z.core.JSONSchema.JSONSchema;

export interface Setting {
  /** Names that the reader chooses are `NAME`: `databases.NAME.url`. */
  path: string;
  type: string;
  /** `required`, a value as YAML has it, or nothing. */
  default: string;
  description: string;
}

/** Every setting, in the order of the schema. */
export function listSettings(): Setting[] {
  const root = z.toJSONSchema(configSchema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema: { _zod }, jsonSchema }) => {
      const { def } = _zod as unknown as { def: { type: string; defaultValue?: unknown } };
      if (def.type === 'pipe') jsonSchema.format = 'duration';
      if (def.type === 'default') jsonSchema.default = def.defaultValue;
    },
  });
  return settingsBelow('', root as Schema);
}

/** The table between the two marks of the document. */
export function renderSettings(settings: readonly Setting[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\n/g, ' ');
  const code = (text: string) => (text === '' || text === 'required' ? text : `\`${text}\``);
  const rows = settings.map(({ path, type, default: value, description }) =>
    [`\`${path}\``, cell(type), code(cell(value)), cell(description)].join(' | '),
  );
  return ['setting | type | default | meaning', '--- | --- | --- | ---', ...rows]
    .map((row) => `| ${row} |`)
    .join('\n');
}

/** The document with a fresh table. @throws Error when it has not the two marks. */
export function withSettings(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/CONFIG.md needs the lines ${BEGIN} and ${END}`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${renderSettings(listSettings())}\n\n${document.slice(end)}`;
}

function settingsBelow(path: string, schema: Schema): Setting[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const isRequired = schema.required?.includes(name) ?? false;
    return describeSetting(path === '' ? name : `${path}.${name}`, {
      schema: child as Schema,
      isRequired,
    });
  });
  const named =
    typeof schema.additionalProperties === 'object'
      ? settingsBelow(`${path}.NAME`, schema.additionalProperties)
      : [];
  const inList = schema.type === 'array' ? settingsBelow(`${path}[]`, schema.items as Schema) : [];
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((branch) =>
    settingsBelow(path, branch as Schema),
  );
  return [...own, ...named, ...inList, ...merged(alternatives)];
}

/** What more than one alternative has stands once, in the words of the first, with the types of all. */
function merged(settings: readonly Setting[]): Setting[] {
  return [...Map.groupBy(settings, ({ path }) => path).values()].map((same) => ({
    ...(same[0] as Setting),
    type: [...new Set(same.map(({ type }) => type))].join(' or '),
  }));
}

function describeSetting(
  path: string,
  { schema, isRequired }: { schema: Schema; isRequired: boolean },
): Setting[] {
  const { description = '' } = schema;
  const value = isRequired
    ? 'required'
    : schema.default === undefined
      ? ''
      : yamlOf(schema.default);
  return [
    { path, type: typeOf(schema), default: value, description },
    ...settingsBelow(path, schema),
  ];
}

function yamlOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function typeOf(schema: Schema): string {
  if (schema.anyOf !== undefined)
    return schema.anyOf.map((branch) => typeOf(branch as Schema)).join(' or ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.format === 'duration') return 'duration';
  if (schema.type === 'array') return `list of ${plural(typeOf(schema.items as Schema))}`;
  if (schema.type === 'object')
    return typeof schema.additionalProperties === 'object' ? 'map by name' : 'map';
  if (schema.type === 'integer')
    return schema.maximum === Number.MAX_SAFE_INTEGER
      ? `integer from ${schema.minimum}`
      : rangeOf(schema);
  return schema.type === 'string' ? 'text' : String(schema.type);
}

function rangeOf({ minimum, maximum }: Schema): string {
  return `integer from ${minimum} to ${maximum}`;
}

function plural(type: string): string {
  return type === 'text' ? 'texts' : `${type}s`;
}

if (import.meta.main) {
  const document = await readFile(DOCUMENT, 'utf8');
  await writeFile(DOCUMENT, withLibpqParameters(withSettings(document)));
}
