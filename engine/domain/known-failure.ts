import { HoldfastError, isHoldfastError } from '../errors.ts';

/** Any failure as one of ours. A fault of Holdfast itself tells its place, which helps whoever mends it: its message may hold anything. */
export function knownFailure(error: unknown): HoldfastError {
  if (isHoldfastError(error)) return error;
  return new HoldfastError({
    code: 'INTERNAL',
    message: `a fault of Holdfast itself (${error instanceof Error ? error.name : typeof error}) ${placeOf(error)}`,
    hint: 'Please report it with this line; it holds no data of yours.',
    cause: error,
  });
}

function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const frames = (error.stack ?? '').split('\n').slice(1, 4);
  return frames.map((line) => line.trim()).join(' ');
}

/** The line that a failure ends with, as docs/SCRIPTING.md promises it. */
export function failureLine({ code, message, hint, retryable }: HoldfastError, exitStatus: number) {
  return { type: 'error', code, message, hint: hint ?? null, retryable, exitStatus } as const;
}
