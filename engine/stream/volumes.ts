/**
 * Cuts one stream of bytes into volumes of at most `volumeBytes`. Each volume must be read to its end before the next is asked for.
 * A stream without a byte is one empty volume; one that ends on the border has no empty volume behind it.
 */
export async function* cutIntoVolumes(
  source: AsyncIterable<Uint8Array>,
  { volumeBytes }: { volumeBytes: number },
): AsyncGenerator<AsyncIterable<Uint8Array>> {
  const chunks = source[Symbol.asyncIterator]();
  let pending = await nextChunk(chunks);
  do {
    yield takeVolume();
    pending ??= await nextChunk(chunks);
  } while (pending !== undefined);

  async function* takeVolume(): AsyncGenerator<Uint8Array> {
    let room = volumeBytes;
    while (room > 0) {
      const chunk = pending ?? (await nextChunk(chunks));
      pending = undefined;
      if (chunk === undefined) return;
      if (chunk.length > room) pending = chunk.subarray(room);
      const taken = chunk.subarray(0, room);
      room -= taken.length;
      yield taken;
    }
  }
}

/** The next chunk that holds a byte; undefined at the end. */
async function nextChunk(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) return undefined;
    if (value.length > 0) return value;
  }
}
