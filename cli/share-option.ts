import { InvalidArgumentError } from 'commander';
import type { Share } from '../engine/domain/verify/choose-rotation.ts';
import { HoldfastError } from '../engine/errors.ts';

/** Each set once in a month, where the rotation runs daily. */
export const DEFAULT_SHARE: Share = { parts: 1, of: 30 };

/** `1/30`, `2/7`, `1/1`. */
export function parseShare(text: string): Share {
  const [, parts, of] = /^([1-9]\d{0,4})\/([1-9]\d{0,4})$/.exec(text) ?? [];
  const share = { parts: Number(parts), of: Number(of) };
  if (share.parts <= share.of) return share;
  throw new InvalidArgumentError('It must be a fraction of at most 1, such as 1/30.');
}

/** @throws HoldfastError USAGE. */
export function assertSetOrRotation(
  set: string | undefined,
  { rotate, share }: Record<string, unknown>,
): void {
  const isRotation = rotate === true;
  if (isRotation !== (set !== undefined) && (isRotation || share === undefined)) return;
  const message = isRotation
    ? `verify takes a set or --rotate, not both: ${set}`
    : share === undefined
      ? 'verify needs the name of a set, or --rotate'
      : '--share is only for --rotate';
  throw new HoldfastError({
    code: 'USAGE',
    message,
    hint: 'Use `holdfast verify latest` for one set, or `holdfast verify --rotate` for those whose turn it is.',
  });
}
