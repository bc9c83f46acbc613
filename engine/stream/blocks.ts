/** How many blocks may be in use at a time: one in work and one waiting behind it (see `through`), and the one that is being filled. */
const BLOCKS = 3;

/**
 * Gathers small chunks into blocks of `bytes`: a program writes a few kilobytes at a time, and each trip through a transform costs
 * the same for few bytes as for many. The blocks are used again: a consumer has done with one when it asks for the next but one.
 * New ones for each would make the garbage collector the largest cost of a backup.
 */
export async function* inBlocks(
  source: AsyncIterable<Uint8Array>,
  { bytes }: { bytes: number },
): AsyncGenerator<Uint8Array> {
  const blocks = Array.from({ length: BLOCKS }, () => Buffer.allocUnsafeSlow(bytes));
  let current = 0;
  let length = 0;
  for await (const chunk of source) {
    for (let offset = 0; offset < chunk.length; ) {
      const block = blocks[current % BLOCKS] as Buffer;
      const taken = Math.min(bytes - length, chunk.length - offset);
      block.set(chunk.subarray(offset, offset + taken), length);
      offset += taken;
      length += taken;
      if (length < bytes) continue;
      yield block;
      current += 1;
      length = 0;
    }
  }
  if (length > 0) yield (blocks[current % BLOCKS] as Buffer).subarray(0, length);
}
