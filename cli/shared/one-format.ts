import { HoldfastError } from '../../engine/errors.ts';
import type { Invocation } from '../invocation.ts';

/** `--json` and `--format` name the same thing. @throws HoldfastError USAGE. */
export function assertOneFormat({ options: { json, format } }: Invocation): void {
  if (!json || format === undefined || format === 'json') return;
  throw new HoldfastError({
    code: 'USAGE',
    message: `--json and --format ${format} exclude each other`,
    hint: 'Leave out one of the two.',
  });
}
