import { InvalidArgumentError } from 'commander';

/** A whole number above zero. */
export function whole(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
