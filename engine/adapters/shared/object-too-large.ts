import { HoldfastError } from '../../errors.ts';

export interface LargeObject {
  key: string;
  location: string;
  /** That were seen; there may be more. */
  bytes: number;
  limitBytes: number;
}

/** A small object that is not small: nobody but an attacker wrote it, and it is not read into memory. */
export function objectTooLarge({ key, location, bytes, limitBytes }: LargeObject): HoldfastError {
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `${key} in ${location} has at least ${bytes} bytes; Holdfast reads ${limitBytes} at most`,
    hint: 'Find out who put it there. Use an older set or another copy of the repository.',
  });
}
