import type { TocEntry } from '../archive-toc.ts';
import { showTable } from '../table-name.ts';
import { addedConstraint, alteredTable } from './altered-table.ts';

/** Types whose tag names another object, with the type of it: `TABLE users`. */
const ABOUT_ANOTHER = new Set(['ACL', 'COMMENT', 'SECURITY LABEL', 'DEFAULT ACL']);
/** Types whose tag has more than a name: `slugify(text)`. */
const WITH_ARGUMENTS = /\(.*\)$/s;

/**
 * An entry for people: type, schema and name, and the table that it belongs to. No row is in a table
 * of contents, so this may stand in errors and logs. Line breaks and other control characters of
 * names are shown as spaces.
 */
export function describeEntry(entry: TocEntry): string {
  return describe(entry).replace(/\p{Cc}/gu, ' ');
}

function describe(entry: TocEntry): string {
  const { type, schema, tag } = entry;
  if (ABOUT_ANOTHER.has(type))
    return `${type} of ${tag}${schema === '' ? '' : ` in schema ${schema}`}`;
  const table = alteredTable(entry);
  const name = table === undefined ? undefined : nameBeside(entry, table.name);
  if (table !== undefined && name !== undefined)
    return `${type} ${name} of table ${showTable(table)}`;
  if (schema === '') return `${type} ${tag}`;
  return WITH_ARGUMENTS.test(tag)
    ? `${type} ${schema}.${tag}`
    : `${type} ${showTable({ schema, name: tag })}`;
}

/** The own name of what belongs to a table. */
function nameBeside(entry: TocEntry, table: string): string | undefined {
  const constraint = addedConstraint(entry);
  if (constraint !== undefined) return constraint;
  return entry.tag.startsWith(`${table} `) ? entry.tag.slice(table.length + 1) : undefined;
}
