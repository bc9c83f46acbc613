import { z } from 'zod';
import {
  isWhole,
  type Manifest,
  plaintextBytes,
  previousOf,
  rowsOf,
  storedBytes,
} from '../manifest.ts';
import type { PlanWish } from '../plan-wish.ts';
import { scopeOf, scopeOfSet, standsInFor } from '../set-scope.ts';

const count = z.number().nonnegative();
const list = z.array(z.string()).readonly();
const names = z.object({ all: list, roots: list });

/**
 * What `check` and `prune` need of a manifest. It stands in the sealed mark `checked`, together with
 * the SHA-256 of the manifest (`manifest`), so that they need not read the manifest of each set.
 */
const summarySchema = z.looseObject({
  kind: z.enum(['logical', 'base', 'incremental']),
  startedAt: z.iso.datetime(),
  completedAt: z.iso.datetime(),
  keepUntil: z.iso.datetime(),
  keepAtLeast: count,
  previous: z.string().nullable().describe('Id of the set this one is incremental to.'),
  systemIdentifier: z.string(),
  address: z.string(),
  contents: z.enum(['all', 'schema', 'data']),
  isWhole: z.boolean(),
  scope: z.object({
    hasSchema: z.boolean(),
    hasRows: z.boolean(),
    only: names.nullable(),
    except: names,
  }),
  tables: count.describe('How many tables it has, partitions included.'),
  rows: count,
  largeObjects: count.nullable().describe('Null where the manifest does not count them.'),
  plaintextBytes: count,
  storedBytes: count,
  seconds: z.record(z.string(), z.number()),
  sizes: z.record(z.string(), count).describe('Bytes of each object by its name.'),
  manifestBytes: count.optional().describe('Of manifest.json; absent where nobody knew.'),
});

export type SetSummary = z.output<typeof summarySchema>;

/** @param manifestBytes of the object, as a listing shows it. */
export function summarize(manifest: Manifest, manifestBytes?: number): SetSummary {
  const { source, objects } = manifest;
  const { kind, startedAt, completedAt, keepUntil, keepAtLeast, seconds } = manifest;
  return {
    ...{ kind, startedAt, completedAt, keepUntil, keepAtLeast, seconds },
    previous: previousOf(manifest),
    systemIdentifier: source.systemIdentifier,
    address: source.address,
    contents: manifest.kind === 'logical' ? manifest.selection.contents : 'all',
    isWhole: isWhole(manifest),
    scope: scopeOfSet(manifest),
    tables: manifest.kind === 'logical' ? manifest.tables.length : 0,
    rows: rowsOf(manifest) ?? 0,
    largeObjects: manifest.kind === 'logical' ? (manifest.largeObjects ?? null) : null,
    plaintextBytes: plaintextBytes(manifest),
    storedBytes: storedBytes(manifest),
    sizes: Object.fromEntries(objects.map((object) => [object.key, object.storedBytes])),
    ...(manifestBytes === undefined ? {} : { manifestBytes }),
  };
}

/** The summary in the content of a mark `checked`; undefined where an older version wrote it. */
export function summaryIn(content: Readonly<Record<string, unknown>>): SetSummary | undefined {
  return summarySchema.safeParse(content.summary).data;
}

/** Whether the set holds nothing; nothing is said of older ones, which do not count large objects. */
export function isEmptySummary({ contents, rows, largeObjects }: SetSummary): boolean {
  return contents !== 'schema' && rows === 0 && largeObjects === 0;
}

/** Whether the summary says if a set holds what a plan asks for: it names no tables. */
export function isJudgedBySummary(wish: PlanWish | undefined): boolean {
  return wish?.tables === undefined && (wish?.excludeTables ?? []).length === 0;
}

/** The same as `fulfils` of its manifest, for a wish that `isJudgedBySummary`. */
export function summaryFulfils({ scope }: SetSummary, { contents }: PlanWish): boolean {
  const selection = { contents, tables: null, excludedTables: [] };
  return standsInFor(scope, scopeOf({ selection, tables: [] }));
}
