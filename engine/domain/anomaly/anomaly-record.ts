import { z } from 'zod';
import { ANOMALY_CODES, type Anomaly, MEASURES, type MeasureName } from './anomaly.ts';

const measureSchema = z.looseObject({
  measure: z.enum(MEASURES),
  table: z.looseObject({ schema: z.string(), name: z.string() }).nullable(),
});

const anomalySchema = measureSchema.extend({
  code: z.enum(ANOMALY_CODES),
  severity: z.enum(['critical', 'warning']),
  value: z.number(),
  median: z.number(),
  sets: z.number(),
});

/** The anomalies that a mark names under `anomalies`; what this version does not know is left out. */
export function anomaliesIn(content: Readonly<Record<string, unknown>>): Anomaly[] {
  return listIn(content.anomalies).flatMap((one) => anomalySchema.safeParse(one).data ?? []);
}

/** The measures that an acceptance names under `accepts`. */
export function acceptedIn(content: Readonly<Record<string, unknown>>): MeasureName[] {
  return listIn(content.accepts).flatMap((one) => {
    const parsed = measureSchema.safeParse(one).data;
    return parsed === undefined ? [] : [measureNameOf(parsed)];
  });
}

/** Each measure once. */
export function measuresOf(anomalies: readonly MeasureName[]): MeasureName[] {
  const named = anomalies.map((one) => [JSON.stringify(measureNameOf(one)), one] as const);
  return [...new Map(named).values()].map(measureNameOf);
}

function measureNameOf({ measure, table }: MeasureName): MeasureName {
  return { measure, table: table === null ? null : { schema: table.schema, name: table.name } };
}

function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
