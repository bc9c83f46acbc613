/** Speeds of a thaw, in the words of S3 (RestoreObject, "Tier"). */
export const THAW_TIERS = ['Expedited', 'Standard', 'Bulk'] as const;
export type ThawTier = (typeof THAW_TIERS)[number];

export interface ThawEstimate {
  /** For people: `3-5 hours`. */
  time: string;
  /** US dollars for the retrieval, without the copy that lies readable meanwhile. */
  dollars: number;
}

interface Price {
  time: string;
  dollarsPerGb: number;
}

/**
 * List prices of us-east-1 and times as AWS states them (Amazon S3 pricing, "Requests & data retrievals"; S3 User Guide, "Archive
 * retrieval options"). Other regions cost up to twice as much, so it is said as an estimate.
 */
const PRICES: Record<string, Partial<Record<ThawTier, Price>>> = {
  GLACIER: {
    Expedited: { time: '1-5 minutes', dollarsPerGb: 0.03 },
    Standard: { time: '3-5 hours', dollarsPerGb: 0.01 },
    Bulk: { time: '5-12 hours', dollarsPerGb: 0 },
  },
  DEEP_ARCHIVE: {
    Standard: { time: '12 hours', dollarsPerGb: 0.02 },
    Bulk: { time: '48 hours', dollarsPerGb: 0.0025 },
  },
  INTELLIGENT_TIERING: {
    Standard: { time: '3-12 hours', dollarsPerGb: 0 },
    Bulk: { time: '5-48 hours', dollarsPerGb: 0 },
  },
};

/** What a thaw takes; undefined where the class has no such tier, or none that we know. */
export function estimateThaw(
  bytes: number,
  { storageClass, tier }: { storageClass: string; tier: ThawTier },
): ThawEstimate | undefined {
  const price = PRICES[storageClass]?.[tier];
  return price === undefined
    ? undefined
    : { time: price.time, dollars: (bytes / 1e9) * price.dollarsPerGb };
}

/** The tiers of a class, the fastest first. */
export function tiersOf(storageClass: string): ThawTier[] {
  return Object.keys(PRICES[storageClass] ?? {}) as ThawTier[];
}
