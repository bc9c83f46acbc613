import { z } from 'zod';
import type { PolicyStatement } from '../../domain/repository/store-settings.ts';

const texts = z.union([z.string(), z.boolean(), z.number()]).transform(String).pipe(z.string());
const some = z.union([texts.transform((one) => [one]), z.array(texts)]);
const statementSchema = z.looseObject({
  Sid: z.string().optional(),
  Effect: z.string(),
  Principal: z.union([some, z.record(z.string(), some)]).optional(),
  Action: some.default([]),
  Resource: some.default([]),
  Condition: z.record(z.string(), z.record(z.string(), some)).default({}),
});
const policySchema = z.looseObject({
  Statement: z.union([statementSchema.transform((one) => [one]), z.array(statementSchema)]),
});

/** The statements of a bucket's policy (IAM User Guide, "Grammar of the IAM JSON policy language"). */
export function parsePolicy(text = '{"Statement":[]}'): PolicyStatement[] {
  return policySchema.parse(JSON.parse(text)).Statement.map((statement) => ({
    sid: statement.Sid ?? null,
    effect: statement.Effect,
    principals: Array.isArray(statement.Principal)
      ? statement.Principal
      : Object.values(statement.Principal ?? {}).flat(),
    actions: statement.Action,
    resources: statement.Resource,
    conditions: statement.Condition,
  }));
}
