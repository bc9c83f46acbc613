import { HoldfastError } from '../errors.ts';

/** Bound into every message as additional authenticated data, in clear: an object of one set never opens as one of another. */
export interface MessageContext {
  project: string;
  database: string;
  backup: string;
  object: string;
}

/** @throws HoldfastError OBJECT_DAMAGED when the message was made for another place. */
export function assertSameContext(
  found: Readonly<Record<string, string>>,
  wanted: MessageContext,
): void {
  for (const [name, value] of Object.entries(wanted)) {
    if (found[name] === value) continue;
    throw new HoldfastError({
      code: 'OBJECT_DAMAGED',
      message: `${wanted.object} of ${wanted.backup} was made for another place: its ${name} is "${found[name] ?? ''}"`,
      hint: 'The object was swapped or moved. Take this set from another copy of the repository.',
    });
  }
}
