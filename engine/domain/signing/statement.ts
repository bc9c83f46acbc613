import { z } from 'zod';
import { parseDocument } from '../set/parse-document.ts';

export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

/** A file, named by its SHA-256 in hexadecimal. */
export interface StatementSubject {
  name: string;
  digest: { sha256: string };
}

/** An in-toto statement, version 1 (https://github.com/in-toto/attestation/blob/v1.0/spec/v1/statement.md). */
export interface Statement {
  _type: typeof STATEMENT_TYPE;
  subject: StatementSubject[];
  /** A URI that names the meaning of the predicate. */
  predicateType: string;
  predicate: Record<string, unknown>;
}

const statementSchema = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z
    .array(
      z.looseObject({
        name: z.string(),
        digest: z.looseObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
      }),
    )
    .min(1),
  predicateType: z.string(),
  predicate: z.record(z.string(), z.unknown()),
});

export function makeStatement(said: Omit<Statement, '_type'>): Statement {
  return { _type: STATEMENT_TYPE, ...said };
}

/** Undefined where the bytes are no in-toto statement of version 1. */
export function parseStatement(payload: Uint8Array): Statement | undefined {
  const document = parseDocument(payload);
  if ('fault' in document) return undefined;
  const parsed = statementSchema.safeParse(document.value);
  return parsed.success ? (parsed.data as Statement) : undefined;
}
