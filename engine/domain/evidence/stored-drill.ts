import { z } from 'zod';
import type { DrillReport } from '../drill-report.ts';
import { parseDocument } from '../set/parse-document.ts';

const time = z.iso.datetime();
const text = z.string();

const storedDrillSchema = z.looseObject({
  schemaVersion: z.literal(1),
  tester: text,
  host: text,
  backup: z.looseObject({
    ...{ id: text, plan: text, database: text, startedAt: text, repository: text },
    storedBytes: z.number(),
  }),
  serverVersion: text,
  startedAt: time,
  completedAt: time,
  restoreSeconds: z.number().nonnegative(),
  durationSeconds: z.number().nonnegative(),
  tables: z.array(
    z.looseObject({
      ...{ schema: text, name: text, isEqual: z.boolean() },
      expected: z.number(),
      found: z.number().optional(),
    }),
  ),
  checks: z.array(z.looseObject({ name: text, passed: z.boolean(), detail: text })),
  exceptions: z
    .array(z.looseObject({ type: text, schema: text, name: text, lacks: text }))
    .default([]),
  result: text,
  rehearsal: z.literal(true).optional(),
  server: text.optional(),
  notes: z.array(text).default([]),
});

/** Undefined where the bytes are no report of a drill. */
export function parseStoredDrill(content: Uint8Array): DrillReport | undefined {
  const document = parseDocument(content);
  if ('fault' in document) return undefined;
  const parsed = storedDrillSchema.safeParse(document.value);
  return parsed.success ? (parsed.data as unknown as DrillReport) : undefined;
}
