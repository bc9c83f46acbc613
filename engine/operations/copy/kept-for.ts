import type { UnsealedManifest } from '../../domain/manifest.ts';

/** As a backup of this plan would be kept there today, and never shorter than the set was promised to be. */
export function keptFor(
  manifest: UnsealedManifest,
  keep: { for: number; atLeast: number },
): UnsealedManifest {
  const today = Date.parse(manifest.startedAt) + keep.for * 1000;
  const keepUntil = new Date(Math.max(today, Date.parse(manifest.keepUntil))).toISOString();
  return { ...manifest, keepUntil, keepAtLeast: Math.max(keep.atLeast, manifest.keepAtLeast) };
}
