import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HoldfastError } from '../errors.ts';
import type { Context } from './context.ts';

/** Writes an export to where it goes, and ends that. @returns the bytes that were written. @throws HoldfastError INTERRUPTED, DISK_FULL. */
export async function writeOut(
  source: AsyncIterable<Uint8Array>,
  output: Writable,
  { signal }: Pick<Context, 'signal'>,
): Promise<number> {
  const meter = { bytes: 0 };
  await pipeline(source, count(meter), output, { signal }).catch((error: unknown) => {
    throw outputFailure(error);
  });
  return meter.bytes;
}

function count(meter: { bytes: number }) {
  return async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      meter.bytes += chunk.length;
      yield chunk;
    }
  };
}

function outputFailure(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EPIPE') return cutOff(error);
  return code === 'ENOSPC' || code === 'EDQUOT' ? diskFull(error) : error;
}

function diskFull(cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'DISK_FULL',
    message: 'no space is left where the export is written',
    hint: 'An export is not compressed: make room for what the database itself takes, or send it through a pipe.',
    cause,
  });
}

/** Recorded as a failure, because what was read until then was read. */
function cutOff(cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'INTERRUPTED',
    message: 'whoever read the export stopped reading before its end',
    hint: 'What was written is not whole. Look at the program behind the pipe, and run it again.',
    cause,
  });
}
