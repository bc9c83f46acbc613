import { z } from 'zod';
import type { KeyName } from '../key-name.ts';
import type { MarkBody } from '../set/mark-body.ts';

const count = z.int().nonnegative().nullable();

/** What becomes of a set when retention removes it: the certificate of its disposal. */
export const disposalSchema = z.looseObject({
  /** What the set was encrypted for; null where its manifest could not be read. */
  keys: z.array(z.looseObject({ type: z.string(), id: z.string() })).nullable(),
  objects: count,
  bytes: count,
  /** SHA-256 of what the seal of the manifest covers, in hexadecimal. */
  manifest: z.string().nullable(),
  releasedAt: z.iso.datetime().nullable(),
  /** Login name, or the IAM principal. */
  releasedBy: z.string().nullable(),
  why: z.string(),
  /** When no version of any object was left. */
  goneAt: z.iso.datetime(),
});

export type Disposal = z.output<typeof disposalSchema>;

/** What the first `released` mark of a set says for the certificate. */
export interface Release {
  keys: KeyName[] | null;
  objects: number;
  bytes: number;
}

const releasedSchema = z.looseObject({
  at: z.iso.datetime(),
  manifest: z.string().nullable(),
  why: z.string(),
  by: z.looseObject({ name: z.string() }),
});

/** Marks of older versions do not say these. */
const contentSchema = disposalSchema.pick({ keys: true, objects: true, bytes: true });

/** The certificate of a set of which nothing is left, from the mark that released it. */
export function disposalOf(
  released: MarkBody | undefined,
  { goneAt, why }: { goneAt: Date; why: string },
): Disposal {
  const said = releasedSchema.safeParse(released).data;
  const content = contentSchema.safeParse(released).data;
  return {
    keys: content?.keys ?? null,
    objects: content?.objects ?? null,
    bytes: content?.bytes ?? null,
    manifest: said?.manifest ?? null,
    releasedAt: said?.at ?? null,
    releasedBy: said?.by.name ?? null,
    why: said?.why ?? why,
    goneAt: goneAt.toISOString(),
  };
}
