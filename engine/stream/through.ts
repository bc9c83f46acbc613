import type { Duplex } from 'node:stream';

/** What a transform makes of a source. Fails as the source failed, else as the transform did; a consumer that leaves early ends both. */
export async function* through(
  source: AsyncIterable<Uint8Array>,
  transform: Duplex,
): AsyncGenerator<Uint8Array> {
  const failure: { first?: unknown } = {};
  // The Encryption SDK's streams may fail once more after everybody has left.
  transform.on('error', () => undefined);
  const feeding = feed(source, transform).catch((error: unknown) => {
    failure.first ??= error;
    transform.destroy(error as Error);
  });
  try {
    yield* transform as AsyncIterable<Uint8Array>;
    await feeding;
  } catch (error) {
    throw failure.first ?? error;
  } finally {
    transform.destroy();
  }
  if (failure.first !== undefined) throw failure.first;
}

/**
 * Writes the source with one chunk in work and one waiting, and ends the transform only when it has taken the last one: node:zlib
 * flushes a chunk that it meets while it is ending as the end of a zstd frame, then writes a second, empty frame behind it, and
 * its own decompressor fails on that where a chunk happens to end inside the second frame's header (Node 24.21). Empty chunks
 * would do the same.
 */
async function feed(source: AsyncIterable<Uint8Array>, transform: Duplex): Promise<void> {
  let previous: Promise<void> = Promise.resolve();
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    const current = write(transform, chunk);
    current.catch(() => undefined);
    await previous;
    previous = current;
  }
  await previous;
  transform.end();
}

function write(transform: Duplex, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    transform.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
