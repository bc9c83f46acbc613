import type { z } from 'zod';

type Schema = z.core.$ZodType;

/** Names of the settings that a schema has at a path; of every alternative where there are several. */
export function settingsAt(schema: Schema, path: readonly PropertyKey[]): string[] {
  return [...new Set(schemasAt(schema, path).flatMap(namesOf))];
}

function schemasAt(schema: Schema, [first, ...rest]: readonly PropertyKey[]): Schema[] {
  const here = plainSchemas(schema);
  if (first === undefined) return here;
  return here.flatMap((one) => memberOf(one, first).flatMap((member) => schemasAt(member, rest)));
}

/** Without what stands around it: defaults, transformations, alternatives. */
function plainSchemas(schema: Schema): Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'pipe') return [...plainSchemas(def.in), ...plainSchemas(def.out)];
  if (def.type === 'union') return def.options.flatMap(plainSchemas);
  if ('innerType' in def) return plainSchemas(def.innerType);
  return [schema];
}

function memberOf(schema: Schema, name: PropertyKey): Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'record') return [def.valueType];
  if (def.type === 'array') return [def.element];
  if (def.type !== 'object') return [];
  const member = Object.hasOwn(def.shape, name) ? def.shape[String(name)] : undefined;
  return member === undefined ? [] : [member];
}

function namesOf(schema: Schema): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'object' ? Object.keys(def.shape) : [];
}
