import { PREFIX } from '../../contract.ts';

/** An object of a few bytes in every repository, on which requests are tried. */
export const PROBE = {
  key: `${PREFIX.keys}/store-probe.json`,
  bytes: Buffer.from(
    '{"purpose":"an object of this key is there; a second one must be refused"}\n',
  ),
} as const;
