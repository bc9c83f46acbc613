import type { Transform } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';

const CHUNK_BYTES = 256 * 1024;

/** zstd with a content checksum (RFC 8878). The level is chosen by measurement: docs/decisions/0006-compression-level.md. */
export function compress(): Transform {
  return createZstdCompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
  });
}

export function decompress(): Transform {
  return createZstdDecompress({ chunkSize: CHUNK_BYTES });
}
