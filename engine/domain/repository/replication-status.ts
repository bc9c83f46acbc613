/**
 * Of an object of the vault (Amazon S3 User Guide, "Getting replication status information"): `PENDING` until it was copied everywhere,
 * also while a destination is away; `FAILED` where S3 may not copy it, and then it "can't retry replication". Copies are `REPLICA`.
 */
export const REPLICATION_STATUSES = ['PENDING', 'COMPLETED', 'FAILED', 'REPLICA'] as const;
export type ReplicationStatus = (typeof REPLICATION_STATUSES)[number];
