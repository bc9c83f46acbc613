import { z } from 'zod';
import { parseDocument } from '../set/parse-document.ts';

/**
 * A DSSE envelope, version 1.0 (https://github.com/secure-systems-lab/dsse/blob/v1.0.0/envelope.md): what was signed, as
 * base64, and signatures over its pre-authentication encoding. Tools of others read and verify it.
 */
export const envelopeSchema = z.looseObject({
  payloadType: z.string(),
  payload: z.base64(),
  signatures: z
    .array(z.looseObject({ keyid: z.string().optional(), sig: z.base64().min(1) }))
    .min(1)
    .max(16),
});

export type SignedEnvelope = z.output<typeof envelopeSchema>;

/** Undefined where the bytes are no DSSE envelope. */
export function parseEnvelope(content: Uint8Array): SignedEnvelope | undefined {
  const document = parseDocument(content);
  if ('fault' in document) return undefined;
  const parsed = envelopeSchema.safeParse(document.value);
  return parsed.success ? parsed.data : undefined;
}

/**
 * What a signature covers: PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body, lengths in bytes as ASCII
 * decimals (https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md).
 */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = new TextEncoder().encode(payloadType);
  const head = new TextEncoder().encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const whole = new Uint8Array(head.length + payload.length);
  whole.set(head);
  whole.set(payload, head.length);
  return whole;
}
