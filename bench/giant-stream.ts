import { VOLUME_BYTES } from '../engine/contract.ts';
import { MAX_PARTS, partBytes } from '../engine/domain/part-plan.ts';
import { cutIntoVolumes } from '../engine/stream/volumes.ts';

const GIB = 1024 ** 3;
const STREAM_BYTES = Number(process.argv[2] ?? 400) * GIB;
/** Parts in memory at a time: one that fills and two that travel. */
const PARTS_IN_MEMORY = 3;

/** `node bench/giant-stream.ts [GiB]`: a made-up compressed stream through volumes and the part plan, with the memory that a real upload holds. */
async function main(): Promise<void> {
  const beganAt = Date.now();
  const volumes: { bytes: number; parts: number }[] = [];
  let peak = 0;
  for await (const volume of cutIntoVolumes(stream(), { volumeBytes: VOLUME_BYTES })) {
    volumes.push(
      await upload(volume, () => {
        peak = Math.max(peak, process.memoryUsage.rss());
      }),
    );
  }
  const total = volumes.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const [index, { bytes, parts }] of volumes.entries())
    say(
      `volume ${index + 1}: ${(bytes / GIB).toFixed(1)} GiB in ${parts} parts (S3 takes ${MAX_PARTS})`,
    );
  say(
    `${(total / GIB).toFixed(1)} GiB in ${((Date.now() - beganAt) / 1000).toFixed(0)} s, peak memory ${(peak / 1e6).toFixed(0)} MB`,
  );
  if (total !== STREAM_BYTES || volumes.some(({ parts }) => parts > MAX_PARTS))
    process.exitCode = 1;
}

async function* stream(): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(256 * 1024, 'x');
  for (let sent = 0; sent < STREAM_BYTES; sent += chunk.length)
    yield chunk.subarray(0, Math.min(chunk.length, STREAM_BYTES - sent));
}

async function upload(
  volume: AsyncIterable<Uint8Array>,
  onPart: () => void,
): Promise<{ bytes: number; parts: number }> {
  const buffers = Array.from({ length: PARTS_IN_MEMORY }, () =>
    Buffer.allocUnsafeSlow(partBytes(MAX_PARTS)),
  );
  const state = { bytes: 0, parts: 0, filled: 0 };
  for await (const chunk of volume) {
    for (let offset = 0; offset < chunk.length; ) {
      const room = partBytes(state.parts + 1) - state.filled;
      const piece = chunk.subarray(offset, offset + room);
      buffers[state.parts % PARTS_IN_MEMORY]?.set(piece, state.filled);
      offset += piece.length;
      state.filled += piece.length;
      state.bytes += piece.length;
      if (state.filled < partBytes(state.parts + 1)) continue;
      state.parts += 1;
      state.filled = 0;
      onPart();
    }
  }
  return { bytes: state.bytes, parts: state.parts + (state.filled > 0 ? 1 : 0) };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
